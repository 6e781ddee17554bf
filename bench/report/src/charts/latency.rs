use plotters::prelude::*;
use portcullis_bench::Failure;

use super::{SIZE, failed};
use crate::{page::shown, report::Report};

/// A bar for everybody, on a scale of powers of ten.
pub(super) fn chart(report: &Report) -> Result<String, Failure> {
    let mut bars: Vec<(&str, f64)> = report
        .latency
        .iter()
        .map(|(name, &time)| (name.as_str(), time))
        .collect();
    bars.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE).map_err(failed)?;
        let longest = bars.first().map_or(1.0, |bar| bar.1);
        let mut chart = ChartBuilder::on(&area)
            .caption("a whole request with a known token, µs", ("sans-serif", 20))
            .margin(16)
            .margin_right(72)
            .x_label_area_size(32)
            .y_label_area_size(230)
            .build_cartesian_2d((0.1..longest * 1.5).log_scale(), 0.0..bars.len() as f64)
            .map_err(failed)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .y_labels(0)
            .x_label_formatter(&|time| shown(*time))
            .draw()
            .map_err(failed)?;
        for (row, &(name, time)) in bars.iter().enumerate() {
            let (low, high) = (row as f64 + 0.2, row as f64 + 0.8);
            let color = match name {
                "portcullis" => RGBColor(0, 110, 90),
                "bare" | "no-op" => RGBColor(170, 170, 170),
                _ => RGBColor(90, 120, 170),
            };
            let bar = Rectangle::new([(0.1, low), (time, high)], color.filled());
            chart.draw_series([bar]).map_err(failed)?;
            let (_, y) = chart.backend_coord(&(0.1, row as f64 + 0.5));
            let (end, _) = chart.backend_coord(&(time, 0.0));
            let font = ("sans-serif", 15).into_font();
            area.draw(&Text::new(name.to_owned(), (24, y - 7), font.clone()))
                .map_err(failed)?;
            area.draw(&Text::new(shown(time), (end + 6, y - 7), font))
                .map_err(failed)?;
        }
        area.present().map_err(failed)?;
    }
    Ok(svg)
}

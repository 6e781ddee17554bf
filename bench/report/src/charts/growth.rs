use plotters::prelude::*;
use portcullis_bench::Failure;

use super::{SIZE, explain, failed};
use crate::{page::shown, report::Report};

/// A whole request, by how many of something there are.
pub(super) fn chart(report: &Report) -> Result<String, Failure> {
    let size = report.constants.get("tokens and revocations in growth");
    let many = size.copied().unwrap_or(1e6);
    let time = |case: &str| report.growth.get(case).copied();
    let line = |points: &[(f64, &str)]| -> Vec<(f64, f64)> {
        let points = points.iter();
        points
            .filter_map(|&(count, case)| Some((count, time(case)?)))
            .collect()
    };
    let lines = [
        (
            "tokens, 1 revocation",
            RGBColor(90, 120, 170),
            line(&[
                (1.0, "1 token, 1 revocation"),
                (1e3, "1,000 tokens, 1 revocation"),
                (many, "many tokens, 1 revocation"),
            ]),
        ),
        (
            "tokens, a million revocations",
            RGBColor(0, 110, 90),
            line(&[
                (1.0, "1 token, many revocations"),
                (many, "many tokens, many revocations"),
            ]),
        ),
        (
            "issuers, 1,000 tokens",
            RGBColor(190, 120, 30),
            line(&[
                (1.0, "1 issuers"),
                (10.0, "10 issuers"),
                (100.0, "100 issuers"),
            ]),
        ),
    ];
    let highest = report.growth.values().copied().fold(1.0, f64::max);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE).map_err(failed)?;
        let mut chart = ChartBuilder::on(&area)
            .caption("a whole request, ns", ("sans-serif", 20))
            .margin(16)
            .margin_right(40)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d((1.0..many).log_scale(), 0.0..highest * 1.25)
            .map_err(failed)?;
        chart
            .configure_mesh()
            .x_desc("how many there are")
            .x_label_formatter(&|count| shown(*count))
            .y_label_formatter(&|time| shown(*time))
            .draw()
            .map_err(failed)?;
        for (name, color, points) in lines {
            chart
                .draw_series(LineSeries::new(points, color.stroke_width(2)).point_size(4))
                .map_err(failed)?
                .label(name)
                .legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2))
                });
        }
        explain(&mut chart, SeriesLabelPosition::LowerRight)?;
        area.present().map_err(failed)?;
    }
    Ok(svg)
}

use plotters::prelude::*;

use super::{
    faults::{Drawn, Part},
    report::Resources,
    samples::Samples,
};
use crate::SuiteError;

const SIZE: (u32, u32) = (860, 620);

/// What the told replica holds over time, and what was broken meanwhile.
pub(super) fn draw(samples: &Samples, faults: &[Drawn]) -> Result<String, SuiteError> {
    let taken = samples.all();
    let line = |of: fn(&Resources) -> f64| -> Vec<(f64, f64)> {
        let points = taken
            .iter()
            .map(|(at, resources)| (at / 60.0, of(resources)));
        points.collect()
    };
    let panels = [
        ("memory in use, MiB", line(|it| it.memory as f64 / 1024.0)),
        ("open descriptors", line(|it| it.descriptors as f64)),
        ("tasks of tokio", line(|it| it.tasks as f64)),
    ];
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE).map_err(failed)?;
        let title = "a replica under load; shaded: Keycloak, Redis or the other replica is killed";
        let root = root.titled(title, ("sans-serif", 20)).map_err(failed)?;
        let areas = root.split_evenly((3, 1));
        for (area, (name, points)) in areas.iter().zip(&panels) {
            panel(area, name, points, faults).map_err(failed)?;
        }
        root.present().map_err(failed)?;
    }
    Ok(svg)
}

type Drawing<T> = Result<T, Box<dyn std::error::Error>>;

fn panel(
    area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    name: &str,
    points: &[(f64, f64)],
    faults: &[Drawn],
) -> Drawing<()> {
    let end = points.last().map_or(1.0, |(at, _)| *at);
    let highest = points.iter().map(|(_, value)| *value).fold(1.0, f64::max) * 1.2;
    let describe = |error: &dyn std::error::Error| error.to_string();
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .margin_right(32)
        .x_label_area_size(36)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..end, 0.0..highest)
        .map_err(|error| describe(&error))?;
    let broken = faults.iter().filter(|(part, ..)| *part != Part::Keys);
    let shades = broken.map(|(part, from, until)| {
        let color = match part {
            Part::Keycloak => RGBColor(190, 120, 30),
            Part::Redis => RGBColor(160, 40, 40),
            Part::Mortal | Part::Keys => RGBColor(90, 120, 170),
        };
        let corners = [(from / 60.0, 0.0), ((until / 60.0).min(end), highest)];
        Rectangle::new(corners, color.mix(0.3).filled())
    });
    chart
        .draw_series(shades)
        .map_err(|error| describe(&error))?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_desc("minutes")
        .y_desc(name)
        .y_labels(5)
        .y_label_formatter(&|value| format!("{value:.0}"))
        .draw()
        .map_err(|error| describe(&error))?;
    let color = RGBColor(0, 110, 90);
    chart
        .draw_series(LineSeries::new(points.to_vec(), color.stroke_width(2)))
        .map_err(|error| describe(&error))?;
    Ok(())
}

fn failed(error: impl std::fmt::Display) -> SuiteError {
    SuiteError::Program {
        program: "the chart".to_owned(),
        problem: error.to_string(),
        tail: String::new(),
    }
}

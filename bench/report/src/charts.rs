mod gap;
mod growth;
mod latency;

use std::fs;

use plotters::{
    coord::ranged1d::Ranged,
    prelude::{Cartesian2d, ChartContext, RGBColor, SVGBackend, SeriesLabelPosition, WHITE},
};
use portcullis_bench::Failure;

use crate::{report::Report, repository};

/// The charts by the names of their files.
pub(crate) fn all(report: &Report) -> Result<[(&'static str, String); 3], Failure> {
    Ok([
        ("latency.svg", latency::chart(report)?),
        ("revocation-gap.svg", gap::chart(told()?)?),
        ("growth.svg", growth::chart(report)?),
    ])
}

/// How long a notice takes to several replicas, in seconds: the p99 that the suite against a real
/// Keycloak has measured, from the page that shows it.
fn told() -> Result<f64, Failure> {
    let page = fs::read_to_string(repository().join("docs/revocation.md"))?;
    let row = page
        .lines()
        .find(|line| line.starts_with("| **told**, three instances"));
    let p99 = row.and_then(|row| row.split_once("p99 ")?.1.split_once(" ms"));
    let (milliseconds, _) = p99.ok_or("revocation.md does not say how long a notice takes")?;
    Ok(milliseconds.parse::<f64>()? / 1000.0)
}

const SIZE: (u32, u32) = (860, 460);

/// Says which of what was drawn is which.
fn explain<'a, X: Ranged, Y: Ranged>(
    chart: &mut ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>,
    position: SeriesLabelPosition,
) -> Result<(), Failure> {
    chart
        .configure_series_labels()
        .position(position)
        .background_style(WHITE)
        .border_style(RGBColor(200, 200, 200))
        .draw()
        .map_err(failed)
}

/// What went wrong in drawing has no life of its own.
fn failed(error: impl std::error::Error) -> Failure {
    error.to_string().into()
}

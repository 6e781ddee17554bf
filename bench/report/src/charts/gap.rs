use plotters::prelude::*;
use portcullis_bench::Failure;
use portcullis_bench_scaling::{Asking, Fleet, estimate};

use super::{SIZE, explain, failed};
use crate::{
    page::shown,
    scaling::{EVERY, LIFE},
};

/// Windows and lives of answers, in seconds.
const WINDOWS: [f64; 9] = [1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0];

/// Where "none" stands on a scale that has no zero.
const NONE: (f64, f64) = (0.1, 0.001);

/// The longest that an ended session is served, against what that costs. `told` is what a notice
/// takes to every replica.
pub(super) fn chart(told: f64) -> Result<String, Failure> {
    let fleet = Fleet {
        replicas: 10,
        requests_per_second: 1000.0,
        tokens: (1000.0 * EVERY) as u32,
        life: LIFE,
    };
    let line = |asking: fn(f64) -> Asking| -> Vec<(f64, f64)> {
        let points = WINDOWS.map(|window| {
            let estimate = estimate(&fleet, asking(window));
            (estimate.calls, estimate.worst_gap)
        });
        points.to_vec()
    };
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE).map_err(failed)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(
                "how long an ended session is served, 10 replicas, 1,000 requests/s",
                ("sans-serif", 20),
            )
            .margin(16)
            .margin_right(40)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(
                (NONE.0..2000.0_f64).log_scale(),
                (NONE.1..1000.0_f64).log_scale(),
            )
            .map_err(failed)?;
        chart
            .configure_mesh()
            .x_desc("calls per second to the authorization server; none at the left edge")
            .y_desc("seconds at the most; none at the bottom")
            .x_label_formatter(&|calls| none_or(*calls, NONE.0))
            .y_label_formatter(&|gap| none_or(*gap, NONE.1))
            .draw()
            .map_err(failed)?;
        for (name, color, points) in [
            (
                "answers kept, or rechecks, each replica for itself",
                RGBColor(90, 120, 170),
                line(Asking::EachReplica),
            ),
            (
                "the same, shared over Redis",
                RGBColor(190, 120, 30),
                line(Asking::Shared),
            ),
        ] {
            let series = LineSeries::new(points.clone(), color.stroke_width(2)).point_size(3);
            chart
                .draw_series(series)
                .map_err(failed)?
                .label(name)
                .legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2))
                });
        }
        for (name, color, point) in [
            (
                "RequireActive",
                RGBColor(160, 40, 40),
                (fleet.requests_per_second, NONE.1),
            ),
            ("local alone", RGBColor(120, 120, 120), (NONE.0, LIFE)),
            ("told by the server", RGBColor(0, 110, 90), (NONE.0, told)),
        ] {
            let mark = Circle::new(point, 6, color.filled());
            chart
                .draw_series([mark])
                .map_err(failed)?
                .label(name)
                .legend(move |(x, y)| Circle::new((x + 9, y), 5, color.filled()));
        }
        explain(&mut chart, SeriesLabelPosition::MiddleMiddle)?;
        area.present().map_err(failed)?;
    }
    Ok(svg)
}

fn none_or(figure: f64, none: f64) -> String {
    if figure <= none * 1.01 {
        "none".to_owned()
    } else {
        shown(figure)
    }
}

use portcullis_bench_scaling::{Asking, Fleet, estimate};

use crate::{
    page::{markdown, shown},
    report::Report,
    scaling::{EVERY, KEPT, LIFE, WINDOW},
};

/// What stands in `docs/local-or-introspection.md`.
pub(crate) fn blocks(report: &Report) -> [(&'static str, String); 2] {
    [
        ("choice-latency", latency(report)),
        ("choice-scale", scale()),
    ]
}

/// What each way adds to a request.
fn latency(report: &Report) -> String {
    let figure = |id| report.figure(id).map_or(f64::NAN, |figure| figure.value);
    let row = |what: &str, microseconds: f64| vec![what.to_owned(), shown(microseconds)];
    let rows = [
        row(
            "verified here, a token that was seen before",
            figure("known-token"),
        ),
        row(
            "verified here, seen for the first time (RS256)",
            figure("first-sight-rs256"),
        ),
        row(
            "asked, and the answer was kept",
            figure("introspection-hit"),
        ),
        row("asked live, all of it", figure("require-active")),
        row(
            "of which a bare call to that server",
            report
                .figure("require-active")
                .map_or(f64::NAN, |figure| figure.limit),
        ),
    ];
    let table = markdown(&["what is added to a request", "µs"], &rows);
    format!(
        "{table}\n\nMeasured on {} on {} ({} threads); [what it costs](performance.md) has the \
         whole run, with the peers beside it.",
        report.date, report.machine.processor, report.machine.cores
    )
}

/// What the server is asked, by the model that `docs/scaling.md` tells of.
fn scale() -> String {
    let fleet = Fleet {
        replicas: 10,
        requests_per_second: 1e3,
        tokens: (1e3 * EVERY) as u32,
        life: LIFE,
    };
    let ways = [
        ("verified here, told or not", Asking::Never),
        ("rechecked every 10 s", Asking::EachReplica(WINDOW)),
        ("rechecked, over a shared store", Asking::Shared(WINDOW)),
        ("asked, answers kept 30 s", Asking::EachReplica(KEPT)),
        ("asked, over a shared store", Asking::Shared(KEPT)),
        ("asked live", Asking::Always),
    ];
    let rows: Vec<Vec<String>> = ways
        .into_iter()
        .map(|(way, asking)| vec![way.to_owned(), shown(estimate(&fleet, asking).calls)])
        .collect();
    let heading = [
        "ten replicas, a thousand requests per second",
        "calls per second to the server",
    ];
    markdown(&heading, &rows)
}

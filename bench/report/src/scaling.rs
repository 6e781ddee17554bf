use portcullis_bench_scaling::{Asking, Cost, Fleet, estimate};

use crate::{
    page::{markdown, shown},
    report::Report,
};

/// How long a token lives: Keycloak's five minutes.
pub(crate) const LIFE: f64 = 300.0;

/// How often a token in use comes: every ten seconds.
pub(crate) const EVERY: f64 = 10.0;

/// How long answers of the server are kept unless set.
pub(crate) const KEPT: f64 = 30.0;

/// The window of rechecks unless set.
pub(crate) const WINDOW: f64 = 10.0;

/// The share of sessions that end before their tokens, per second: each user logs out once an hour.
const ENDS: f64 = 1.0 / 3600.0;

/// For how long what is over is remembered: the longest life of a token unless set.
const REMEMBERED: f64 = 3600.0;

/// What stands in `docs/scaling.md`.
pub(crate) fn blocks(report: &Report) -> [(&'static str, String); 4] {
    [
        ("constants", constants(report)),
        ("calls", calls()),
        ("gap", gap()),
        ("work-and-memory", work_and_memory(report)),
    ]
}

fn constant(report: &Report, name: &str) -> f64 {
    report.constants.get(name).copied().unwrap_or_default()
}

fn constants(report: &Report) -> String {
    let of = |name| shown(constant(report, name));
    format!(
        "Measured on {}: a known token costs {} µs, one that a replica sees first {} µs; it occupies {} \
         bytes there, and something that is over {} bytes.",
        report.date,
        of("known token, µs"),
        of("first sight, µs"),
        of("bytes per token"),
        of("bytes per revocation"),
    )
}

/// So many replicas at so many requests per second.
pub(crate) fn fleets() -> Vec<Fleet> {
    let sizes = [
        (10, 1e3),
        (10, 1e4),
        (100, 1e4),
        (100, 1e5),
        (1_000, 1e5),
        (1_000, 1e6),
        (10_000, 1e6),
    ];
    let fleet = |(replicas, requests_per_second): (u32, f64)| Fleet {
        replicas,
        requests_per_second,
        tokens: (requests_per_second * EVERY) as u32,
        life: LIFE,
    };
    sizes.into_iter().map(fleet).collect()
}

/// The ways of asking, where the server tells nothing.
const WAYS: [(&str, Asking); 6] = [
    ("local", Asking::Never),
    ("introspection", Asking::EachReplica(KEPT)),
    ("introspection, shared", Asking::Shared(KEPT)),
    ("rechecks", Asking::EachReplica(WINDOW)),
    ("rechecks, shared", Asking::Shared(WINDOW)),
    ("`RequireActive`", Asking::Always),
];

/// A row for each fleet, a column for each way.
fn by_way(cell: impl Fn(&Fleet, &Cost) -> String) -> String {
    let rows: Vec<Vec<String>> = fleets()
        .iter()
        .map(|fleet| {
            let fleet_itself = [f64::from(fleet.replicas), fleet.requests_per_second].map(shown);
            let ways = WAYS.map(|(_, asking)| cell(fleet, &estimate(fleet, asking)));
            fleet_itself.into_iter().chain(ways).collect()
        })
        .collect();
    let names = WAYS.map(|(name, _)| name);
    let heading = ["replicas", "requests/s"].into_iter().chain(names);
    markdown(&heading.collect::<Vec<_>>(), &rows)
}

fn calls() -> String {
    by_way(|fleet, estimate| {
        let of_replica = estimate.calls / f64::from(fleet.replicas);
        format!("{} ({})", shown(estimate.calls), shown(of_replica))
    })
}

fn gap() -> String {
    by_way(|_, estimate| {
        format!(
            "{} / {}",
            shown(estimate.mean_gap),
            shown(estimate.worst_gap)
        )
    })
}

fn work_and_memory(report: &Report) -> String {
    let (known, first) = (
        constant(report, "known token, µs"),
        constant(report, "first sight, µs"),
    );
    let bytes = constant(report, "bytes per token");
    let entry = constant(report, "bytes per revocation");
    let rows: Vec<Vec<String>> = fleets()
        .iter()
        .map(|fleet| {
            let estimate = estimate(fleet, Asking::Never);
            let share = estimate.first_sights;
            let cost = share * first + (1.0 - share) * known;
            let replicas = f64::from(fleet.replicas);
            let over = f64::from(fleet.tokens) * ENDS * REMEMBERED;
            vec![
                shown(replicas),
                shown(fleet.requests_per_second),
                shown(share * 100.0),
                shown(cost),
                shown(cost * fleet.requests_per_second / replicas / 1e4),
                shown(estimate.tokens_per_replica),
                shown(estimate.tokens_per_replica * bytes / 1048576.0),
                shown(over * entry / 1048576.0),
            ]
        })
        .collect();
    markdown(
        &[
            "replicas",
            "requests/s",
            "seen first, %",
            "µs of a request",
            "% of a core, of a replica",
            "tokens of a replica",
            "MiB for them",
            "MiB for what is over",
        ],
        &rows,
    )
}

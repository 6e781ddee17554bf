use std::collections::BTreeMap;

use crate::{
    page::{markdown, shown},
    report::{Figure, Report},
};

/// The figures and their ratios, for those who sit before a terminal.
#[must_use]
pub fn table(report: &Report) -> String {
    let rows = rows(report);
    let heading = HEADING.map(str::to_owned).to_vec();
    let lines: Vec<&Vec<String>> = std::iter::once(&heading).chain(&rows).collect();
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEADING.len()).map(width).collect();
    let lines = lines.iter().map(|line| {
        let cells = line.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

const HEADING: [&str; 8] = [
    "figure",
    "unit",
    "value",
    "limit",
    "× limit",
    "best peer",
    "× ours",
    "goal",
];

fn rows(report: &Report) -> Vec<Vec<String>> {
    report.figures.iter().map(row).collect()
}

fn row(figure: &Figure) -> Vec<String> {
    let ratio = |a: f64, b: f64| {
        if b.abs() < 1e-9 {
            "–".to_owned()
        } else {
            shown(a / b)
        }
    };
    let peer = figure.peer.as_deref().zip(figure.peer_value);
    vec![
        format!("{} {}", if figure.met { "✓" } else { "✗" }, figure.id),
        figure.unit.clone(),
        shown(figure.value),
        shown(figure.limit),
        ratio(figure.value, figure.limit),
        peer.map_or("–".into(), |(peer, value)| {
            format!("{peer} {}", shown(value))
        }),
        peer.map_or("–".into(), |(_, value)| ratio(value, figure.value)),
        figure.goal.clone(),
    ]
}

/// What stands in `docs/performance.md`.
pub(crate) fn blocks(report: &Report) -> [(&'static str, String); 6] {
    [
        ("machine", machine(report)),
        ("figures", markdown(&HEADING, &rows(report))),
        ("latency", latency(report)),
        ("throughput", throughput(report)),
        ("growth", growth(report)),
        ("instructions", instructions(report)),
    ]
}

fn machine(report: &Report) -> String {
    let machine = &report.machine;
    format!(
        "Taken on {} on {} ({} threads, {} GiB), {}, {}.",
        report.date,
        machine.processor,
        machine.cores,
        machine.memory,
        machine.system,
        machine.rustc
    )
}

/// Cases by what they take, the quickest first, each against the same one.
fn by_time(
    cases: &BTreeMap<String, f64>,
    against: f64,
    called: impl Fn(&String) -> String,
) -> Vec<Vec<String>> {
    let mut cases: Vec<_> = cases.iter().collect();
    cases.sort_by(|a, b| a.1.total_cmp(b.1));
    let row =
        |(name, &time): (&String, &f64)| vec![called(name), shown(time), shown(time / against)];
    cases.into_iter().map(row).collect()
}

fn latency(report: &Report) -> String {
    let ours = report
        .latency
        .get("portcullis")
        .copied()
        .unwrap_or(f64::NAN);
    let rows = by_time(&report.latency, ours, String::clone);
    let table = markdown(&["a whole request, a known token", "µs", "× ours"], &rows);
    let versions = report.versions.iter();
    let versions: Vec<String> = versions
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    let table = format!("{table}\n\nVersions: {}.", versions.join(" · "));
    let failures = report.failures.iter();
    let failures: Vec<String> = failures
        .map(|(peer, why)| format!("\n\n`{peer}` could not be measured: {why}."))
        .collect();
    table + &failures.concat()
}

fn throughput(report: &Report) -> String {
    let rows: Vec<Vec<String>> = report
        .throughput
        .iter()
        .map(|(way, share)| vec![way.clone(), shown(*share)])
        .collect();
    markdown(
        &[
            "before the route",
            "of the bare route's requests per second",
        ],
        &rows,
    )
}

fn growth(report: &Report) -> String {
    let size = report.constants.get("tokens and revocations in growth");
    let many = shown(size.copied().unwrap_or_default());
    let one = report
        .growth
        .get("1 token, 1 revocation")
        .copied()
        .unwrap_or(f64::NAN);
    let rows = by_time(&report.growth, one, |name| name.replace("many", &many));
    let constant = |name: &str| shown(report.constants.get(name).copied().unwrap_or_default());
    format!(
        "{}\n\nThe look into the set of what is over takes {} ns among one entry and {} ns among {many}.",
        markdown(
            &["a whole request", "ns", "× one token, one revocation"],
            &rows
        ),
        constant("look-up among 1 revocation, ns"),
        constant("look-up among many revocations, ns"),
    )
}

fn instructions(report: &Report) -> String {
    let rows: Vec<Vec<String>> = report
        .instructions
        .iter()
        .map(|(case, count)| vec![format!("`{case}`"), shown(*count as f64)])
        .collect();
    markdown(&["case", "instructions"], &rows)
}

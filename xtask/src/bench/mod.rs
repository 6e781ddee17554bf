//! What a request costs: instructions by callgrind, time by criterion, side by side.

mod measured;
mod runner;

use std::time::SystemTime;

use self::measured::{Group, Measured};
use crate::{
    Verdict,
    cargo::{cargo, target_dir},
    error::XtaskError,
    setup,
    table::Table,
    watch::watch,
};

const GROUPS: [Group; 2] = [
    Group {
        name: "request",
        counted: "requests",
        base: "bare",
    },
    Group {
        name: "look_up",
        counted: "revocations",
        base: "a_thousand",
    },
];

/// `cargo xtask bench`.
pub(crate) fn all() -> Result<Verdict, XtaskError> {
    setup::valgrind()?;
    let runner = runner::ready()?;
    let started = SystemTime::now();

    let bench = |name| {
        let mut command = cargo("bench");
        command.args(["--manifest-path", "bench/Cargo.toml", "--bench", name]);
        command
    };
    let mut instructions = bench("instructions");
    instructions.env("GUNGRAUN_RUNNER", runner);
    instructions.env("GUNGRAUN_SAVE_SUMMARY", "json");
    let counted = watch(&mut instructions, |_| {})?;
    let timed = watch(&mut bench("wall_time"), |_| {})?;

    let mut is_complete = counted.is_success() && timed.is_success();
    for group in GROUPS {
        let cases = measured::since(started, &target_dir(), group)?;
        println!("\n{}", table(group, &cases).text());
        is_complete &= !cases.is_empty();
    }
    println!("\nInstructions are what to compare between commits; times differ with the machine.");
    Ok(Verdict::good_if(is_complete))
}

fn table(group: Group, cases: &[Measured]) -> Table {
    let base = cases.iter().find(|case| case.name == group.base);
    let base_instructions = base.and_then(|base| base.instructions);
    let base_nanoseconds = base.and_then(|base| base.nanoseconds);
    let over_base = format!("over {}", group.base);
    let mut table = Table::headed([
        group.name,
        "instructions",
        &over_base,
        "ratio",
        "time",
        "ratio",
    ]);
    for case in cases {
        table.row([
            case.name.clone(),
            shown(case.instructions, |count| format!("{count:.0}")),
            shown(difference(case.instructions, base_instructions), |more| {
                format!("{more:+.0}")
            }),
            shown(ratio(case.instructions, base_instructions), |it| {
                format!("{it:.2}")
            }),
            shown(case.nanoseconds, |time| format!("{time:.1} ns")),
            shown(ratio(case.nanoseconds, base_nanoseconds), |it| {
                format!("{it:.2}")
            }),
        ]);
    }
    table
}

fn shown(figure: Option<f64>, write: impl FnOnce(f64) -> String) -> String {
    figure.map_or_else(|| "-".to_owned(), write)
}

fn difference(figure: Option<f64>, base: Option<f64>) -> Option<f64> {
    Some(figure? - base?)
}

fn ratio(figure: Option<f64>, base: Option<f64>) -> Option<f64> {
    Some(figure? / base?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_held_against_the_bare_one() {
        let case = |name: &str, instructions, nanoseconds| Measured {
            name: name.to_owned(),
            instructions,
            nanoseconds,
        };
        let text = table(
            GROUPS[0],
            &[
                case("bare", Some(400.0), Some(30.0)),
                case("known_token", Some(4000.0), None),
            ],
        )
        .text();
        let words = |line: &str| {
            line.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let rows: Vec<Vec<String>> = text.lines().skip(2).map(words).collect();
        assert_eq!(rows[0], ["bare", "400", "+0", "1.00", "30.0", "ns", "1.00"]);
        assert_eq!(rows[1], ["known_token", "4000", "+3600", "10.00", "-", "-"]);
    }
}

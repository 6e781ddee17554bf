//! What the library is made of, and what it is to those who build on it: licenses and sources, each set of
//! features, the oldest Rust and the oldest dependencies that are promised, the types of others in the public
//! API, the bill of materials, a release on trial, and whether it could be published as it is.

mod bill_of_materials;
mod checks;
mod compatibility;
mod copy;
pub(crate) mod deny;
mod oldest_rust;
mod outcome;
mod packages;
mod release;

use std::time::Instant;

use clap::builder::PossibleValuesParser;
use serde::{Deserialize, Serialize};

use self::{
    checks::{ALL, Check},
    outcome::Outcome,
};
use crate::{
    Verdict,
    error::XtaskError,
    reports::{Made, keep, last, today},
};

const NAME: &str = "supply-chain";
const COMMAND: &str = "cargo xtask proof supply-chain";

/// What `cargo xtask proof supply-chain` is asked for.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Extent {
    /// These checks only; of the others the report keeps what it says.
    #[arg(value_name = "CHECK", value_parser = PossibleValuesParser::new(ALL.map(|check| check.id)))]
    checks: Vec<String>,
    /// The revision that the public API is held against; unless set, the last release.
    #[arg(long, value_name = "REVISION")]
    baseline: Option<String>,
}

impl Extent {
    fn baseline(&self) -> Option<&str> {
        self.baseline.as_deref()
    }
}

/// What became of each check when it was last made.
#[derive(Debug, Serialize, Deserialize)]
struct Report {
    is_good: bool,
    /// Checks that could not be made here, or not yet.
    not_run: usize,
    seconds: u64,
    checks: Vec<Line>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    check: String,
    date: String,
    outcome: String,
    seconds: u64,
}

/// `cargo xtask proof supply-chain`. What is bad does not stop the others.
pub(super) fn run(extent: &Extent) -> Result<Verdict, XtaskError> {
    let is_wanted =
        |check: &Check| extent.checks.is_empty() || extent.checks.iter().any(|id| id == check.id);
    let made: Vec<_> = ALL
        .iter()
        .filter(|check| is_wanted(check))
        .map(|check| line(check, extent))
        .collect();
    let is_good = made.iter().all(|line| !line.is_bad());
    let before = last::<Report>(NAME)?.map(|report| report.checks);
    keep(
        NAME,
        &Made::by(COMMAND),
        &Report::of(&made, &before.unwrap_or_default()),
    )?;
    Ok(Verdict::good_if(is_good))
}

/// Makes a check.
fn line(Check { name, run, .. }: &Check, extent: &Extent) -> Line {
    println!("\n--- {name}");
    let started = Instant::now();
    let outcome = run(extent);
    let line = Line {
        check: (*name).to_owned(),
        date: today(),
        outcome: outcome
            .unwrap_or_else(|error| Outcome::Bad(error.to_string()))
            .to_string(),
        seconds: started.elapsed().as_secs(),
    };
    println!("{name}: {} ({} s)", line.outcome, line.seconds);
    line
}

impl Line {
    fn is_bad(&self) -> bool {
        self.outcome.starts_with(outcome::BAD)
    }

    fn is_not_run(&self) -> bool {
        self.outcome.starts_with(outcome::NOT_RUN)
    }
}

impl Report {
    /// Of each check what was made of it now, or else before.
    fn of(made: &[Line], before: &[Line]) -> Self {
        let found = |name: &str| {
            made.iter()
                .chain(before)
                .find(|line| line.check == name)
                .cloned()
        };
        let never = |name: &str| Line {
            check: name.to_owned(),
            date: String::new(),
            outcome: Outcome::NotRun("never yet".into()).to_string(),
            seconds: 0,
        };
        let checks: Vec<_> = ALL
            .iter()
            .map(|check| found(check.name).unwrap_or_else(|| never(check.name)))
            .collect();
        Self {
            is_good: checks.iter().all(|line| !line.is_bad()),
            not_run: checks.iter().filter(|line| line.is_not_run()).count(),
            seconds: checks.iter().map(|line| line.seconds).sum(),
            checks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(name: &str, outcome: &Outcome) -> Line {
        Line {
            check: name.to_owned(),
            date: "2000-01-01".to_owned(),
            outcome: outcome.to_string(),
            seconds: 2,
        }
    }

    #[test]
    fn a_check_counts_as_it_was_last_made_and_is_not_run_before() {
        let [first, second, ..] = ALL.map(|check| check.name);
        let before = [
            made(first, &Outcome::Bad("a type".into())),
            made(second, &Outcome::GOOD),
            made("one that was given up", &Outcome::Bad("it".into())),
        ];
        let report = Report::of(&[], &before);
        assert_eq!(
            (report.is_good, report.not_run, report.seconds),
            (false, ALL.len() - 2, 4)
        );
        let again = Report::of(&[made(first, &Outcome::Good("3 of 3".into()))], &before);
        assert_eq!((again.is_good, again.not_run), (true, ALL.len() - 2));
        assert_eq!(again.checks[0].outcome, "good: 3 of 3");
    }

    #[test]
    fn an_error_is_bad() {
        let (id, name) = ("x", "x");
        let run = |_: &Extent| Err(XtaskError::NoSuchSection('x'));
        assert!(line(&Check { id, name, run }, &Extent::default()).is_bad());
    }
}

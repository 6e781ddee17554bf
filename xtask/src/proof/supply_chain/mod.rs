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
    cargo::is_ci,
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
#[derive(Debug, Serialize)]
struct Report {
    /// Every check was made, and none is bad.
    is_good: bool,
    bad: usize,
    /// Checks that could not be made here, or not yet.
    not_run: usize,
    /// Their names.
    left: String,
    seconds: u64,
    checks: Vec<Line>,
}

/// What a new report takes from the one before.
#[derive(Debug, Deserialize)]
struct Before {
    checks: Vec<Line>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    check: String,
    date: String,
    outcome: String,
    seconds: u64,
}

/// `cargo xtask proof supply-chain`. What is bad does not stop the others; what could not be made is a failure
/// only in CI.
pub(super) fn run(extent: &Extent) -> Result<Verdict, XtaskError> {
    let is_wanted =
        |check: &Check| extent.checks.is_empty() || extent.checks.iter().any(|id| id == check.id);
    let made: Vec<_> = ALL
        .iter()
        .filter(|check| is_wanted(check))
        .map(|check| line(check, extent))
        .collect();
    let before = last::<Before>(NAME)?.map(|report| report.checks);
    keep(
        NAME,
        &Made::by(COMMAND),
        &Report::of(&made, &before.unwrap_or_default()),
    )?;
    Ok(verdict(&made, is_ci()))
}

fn verdict(made: &[Line], is_ci: bool) -> Verdict {
    let fails = |line: &Line| line.is_bad() || is_ci && line.is_not_run();
    Verdict::good_if(!made.iter().any(fails))
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
        let bad = checks.iter().filter(|line| line.is_bad()).count();
        let left: Vec<_> = checks
            .iter()
            .filter(|line| line.is_not_run())
            .map(|line| &*line.check)
            .collect();
        Self {
            is_good: bad == 0 && left.is_empty(),
            bad,
            not_run: left.len(),
            left: left.join("; "),
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
            (report.bad, report.not_run, report.seconds),
            (1, ALL.len() - 2, 4)
        );
        let again = Report::of(&[made(first, &Outcome::Good("3 of 3".into()))], &before);
        assert_eq!((again.bad, again.not_run), (0, ALL.len() - 2));
        assert_eq!(again.checks[0].outcome, "good: 3 of 3");
    }

    #[test]
    fn only_what_was_all_made_and_is_all_good_is_good() {
        let good = ALL.map(|check| made(check.name, &Outcome::GOOD));
        let all = Report::of(&good, &[]);
        assert_eq!((all.is_good, &*all.left), (true, ""));
        let [first, second, ..] = ALL.map(|check| check.name);
        let not_here = [first, second].map(|name| made(name, &Outcome::NotRun("no".into())));
        let some = Report::of(&not_here, &good);
        assert_eq!((some.is_good, some.bad, some.not_run), (false, 0, 2));
        assert_eq!(some.left, format!("{first}; {second}"));
        let bad = Report::of(&[made(first, &Outcome::Bad("it".into()))], &good);
        assert_eq!((bad.is_good, bad.bad, bad.not_run), (false, 1, 0));
        assert!(!Report::of(&good[1..], &[]).is_good);
    }

    #[test]
    fn what_could_not_be_made_fails_in_ci_alone_and_what_is_bad_everywhere() {
        let [good, bad, not_run] = [
            Outcome::GOOD,
            Outcome::Bad("it".into()),
            Outcome::NotRun("no".into()),
        ]
        .map(|outcome| made("x", &outcome));
        let verdicts = |lines: &[Line]| [false, true].map(|is_ci| verdict(lines, is_ci));
        let lines = [good, not_run, bad];
        assert_eq!(verdicts(&lines[..1]), [Verdict::Good, Verdict::Good]);
        assert_eq!(verdicts(&lines[..2]), [Verdict::Good, Verdict::Bad]);
        assert_eq!(verdicts(&lines), [Verdict::Bad, Verdict::Bad]);
    }

    #[test]
    fn an_error_is_bad() {
        let (id, name) = ("x", "x");
        let run = |_: &Extent| Err(XtaskError::NoSuchSection('x'));
        assert!(line(&Check { id, name, run }, &Extent::default()).is_bad());
    }
}

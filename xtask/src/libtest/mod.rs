//! What test binaries print.

mod failure;
mod heard;

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

pub(crate) use self::{
    failure::Failure,
    heard::{Heard, LastWords},
};

/// How many tests did what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// What became of one test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed,
    Ignored,
}

/// A line a test binary prints, as far as anybody here cares.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// `test path::to::name ... ok`
    Test { name: &'a str, outcome: Outcome },
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; …`
    Summary(Tally),
}

impl<'a> Line<'a> {
    pub(crate) fn parse(line: &'a str) -> Option<Self> {
        let rest = line.strip_prefix("test ")?;
        match rest.strip_prefix("result: ") {
            Some(summary) => tally(summary).map(Self::Summary),
            None => test(rest),
        }
    }
}

fn tally(summary: &str) -> Option<Tally> {
    let (_, counts) = summary.split_once(". ")?;
    let mut tally = Tally::default();
    for count in counts.split("; ") {
        let Some((number, word)) = count.split_once(' ') else {
            continue;
        };
        let number = number.parse();
        match word {
            "passed" => tally.passed = number.ok()?,
            "failed" => tally.failed = number.ok()?,
            "ignored" => tally.skipped = number.ok()?,
            _ => {}
        }
    }
    Some(tally)
}

fn test(rest: &str) -> Option<Line<'_>> {
    let (name, outcome) = rest.rsplit_once(" ... ")?;
    let outcome = match outcome.split([' ', ',']).next()? {
        "ok" => Outcome::Passed,
        "FAILED" => Outcome::Failed,
        "ignored" => Outcome::Ignored,
        _ => return None,
    };
    let name = name.strip_suffix(" - should panic").unwrap_or(name);
    Some(Line::Test { name, outcome })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_counted() {
        let line = "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; \
                    3 filtered out; finished in 0.02s";
        let tally = Tally {
            passed: 12,
            failed: 2,
            skipped: 1,
        };
        assert_eq!(Line::parse(line), Some(Line::Summary(tally)));
    }

    #[test]
    fn each_outcome_of_a_test_is_known() {
        let lines = [
            ("test b::b9_two_lines ... ok", Outcome::Passed),
            ("test b::b9_two_lines ... FAILED", Outcome::Failed),
            ("test b::b9_two_lines ... ignored", Outcome::Ignored),
            (
                "test b::b9_two_lines ... ignored, needs a server",
                Outcome::Ignored,
            ),
            (
                "test b::b9_two_lines - should panic ... ok",
                Outcome::Passed,
            ),
            ("test b::b9_two_lines ... ok <0.001s>", Outcome::Passed),
        ];
        for (line, outcome) in lines {
            let name = "b::b9_two_lines";
            assert_eq!(
                Line::parse(line),
                Some(Line::Test { name, outcome }),
                "{line}"
            );
        }
    }

    #[test]
    fn other_output_is_nobodys_test() {
        for line in [
            "running 3 tests",
            "test",
            "test b9 has been running for over 60 seconds",
            "   Compiling portcullis v0.1.0",
            "test result: whatever",
            "a test ... ok",
        ] {
            assert_eq!(Line::parse(line), None, "{line}");
        }
    }
}

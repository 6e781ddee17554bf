use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::run::{Fuzzer, Run};
use crate::{cargo::workspace_root, error::XtaskError, files::read_json};

/// What all runs of all targets have come to.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    by_target: BTreeMap<String, Tally>,
    runs: u64,
}

/// What the runs of one target have come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    target: String,
    executions: u64,
    seconds: u64,
    /// After the last run.
    corpus: u64,
    /// How many runs have ended because something was found.
    failures: u64,
}

/// As it stands in the report.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Figures {
    executions: u64,
    failures: u64,
    seconds: u64,
    /// How often a target was run.
    runs: u64,
    sanitizer: String,
    toolchain: String,
    targets: Vec<Tally>,
}

impl Tallies {
    /// Those that the last report ends with.
    pub(super) fn of_last_report() -> Result<Self, XtaskError> {
        let path = workspace_root().join("reports").join("fuzz.json");
        Ok(Self::of(read_json(&path)?))
    }

    fn of(figures: Figures) -> Self {
        let tallies = figures.targets.into_iter();
        Self {
            by_target: tallies.map(|tally| (tally.target.clone(), tally)).collect(),
            runs: figures.runs,
        }
    }

    pub(super) fn add(&mut self, run: &Run) {
        self.runs += 1;
        let tally = self
            .by_target
            .entry(run.target.clone())
            .or_insert_with(|| Tally {
                target: run.target.clone(),
                executions: 0,
                seconds: 0,
                corpus: 0,
                failures: 0,
            });
        tally.executions += run.executions;
        tally.seconds += run.seconds;
        tally.corpus = run.corpus;
        tally.failures += u64::from(!run.is_good());
    }

    pub(super) fn figures(&self, fuzzer: &Fuzzer) -> Figures {
        self.figures_by(&fuzzer.toolchain)
    }

    fn figures_by(&self, toolchain: &str) -> Figures {
        let sum = |figure: fn(&Tally) -> u64| self.by_target.values().map(figure).sum();
        Figures {
            executions: sum(|tally| tally.executions),
            failures: sum(|tally| tally.failures),
            seconds: sum(|tally| tally.seconds),
            runs: self.runs,
            sanitizer: "none".to_owned(),
            toolchain: toolchain.to_owned(),
            targets: self.by_target.values().cloned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(target: &str, executions: u64, is_finished: bool) -> Run {
        Run {
            target: target.to_owned(),
            executions,
            seconds: 10,
            corpus: executions,
            is_finished,
        }
    }

    #[test]
    fn runs_are_added_to_those_of_the_last_report() {
        let mut tallies = Tallies::default();
        tallies.add(&run("a", 5, true));
        let mut tallies = Tallies::of(tallies.figures_by("x"));
        tallies.add(&run("a", 7, true));
        tallies.add(&run("b", 1, false));
        let figures = tallies.figures_by("y");
        assert_eq!((figures.executions, figures.failures), (13, 1));
        assert_eq!((figures.runs, figures.seconds), (3, 30));
        let of_each: Vec<_> = figures
            .targets
            .iter()
            .map(|tally| tally.executions)
            .collect();
        assert_eq!(of_each, [12, 1]);
        assert_eq!(figures.targets.first().map(|tally| tally.corpus), Some(7));
    }
}

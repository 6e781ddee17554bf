use std::{process::Command, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    cargo::shown,
    error::XtaskError,
    libtest::{Line, Tally},
    watch::watch,
};

/// One suite and what has come of it so far.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Suite {
    #[serde(skip)]
    pub(super) name: &'static str,
    pub(super) tally: Tally,
    pub(super) took: Duration,
    /// What went wrong, beyond tests that say so themselves, and what is worth a line.
    pub(super) notes: Vec<String>,
    /// Set when the suite could not run for want of something on this machine.
    pub(super) wanting: Option<Wanting>,
}

/// Why a suite could not run, and what to install.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wanting {
    pub(super) why: String,
    pub(super) cure: Option<String>,
}

impl Suite {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    /// One more failure, that no test reports.
    pub(super) fn fail(&mut self, why: String) {
        self.tally.failed += 1;
        self.notes.push(why);
    }

    /// Runs tests and counts them. A run that ends badly without a failed test, because it did not
    /// build or because a test binary died, is a failure of its own.
    pub(super) fn tests(&mut self, command: &mut Command) -> Result<(), XtaskError> {
        let mut tally = Tally::default();
        let ending = watch(command, |line| {
            if let Some(Line::Summary(more)) = Line::parse(line) {
                tally += more;
            }
        })?;
        self.tally += tally;
        if !ending.is_success() && tally.failed == 0 {
            self.fail(format!("`{}` ended early: {ending}", shown(command)));
        }
        Ok(())
    }

    /// Runs a command that is a test in itself.
    pub(super) fn check(&mut self, command: &mut Command) -> Result<(), XtaskError> {
        if self.must(command)? {
            self.tally.passed += 1;
        }
        Ok(())
    }

    /// Runs a command that the tests stand on, and says whether it worked. Only its failure counts.
    pub(super) fn must(&mut self, command: &mut Command) -> Result<bool, XtaskError> {
        let ending = watch(command, |_| {})?;
        if !ending.is_success() {
            self.fail(format!("`{}` failed: {ending}", shown(command)));
        }
        Ok(ending.is_success())
    }

    /// The suite's outcome on one line.
    pub(super) fn in_short(&self) -> String {
        let Tally { passed, failed, .. } = self.tally;
        let took = elapsed(self.took);
        match &self.wanting {
            Some(wanting) => format!("{}: could not run: {} ({took})", self.name, wanting.why),
            None => format!("{}: {passed} passed, {failed} failed ({took})", self.name),
        }
    }
}

/// A duration for people: `3.4 s`, `2 min 05 s`.
pub(super) fn elapsed(took: Duration) -> String {
    if took < Duration::from_secs(60) {
        format!("{:.1} s", took.as_secs_f64())
    } else {
        format!("{} min {:02} s", took.as_secs() / 60, took.as_secs() % 60)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    const ONE_PASSED: &str = "echo 'test result: ok. 1 passed; 0 failed; 0 ignored; finished'";

    #[test]
    fn the_summaries_of_all_test_binaries_are_added() {
        let mut suite = Suite::new("some");
        suite
            .tests(&mut shell(&format!("{ONE_PASSED}; {ONE_PASSED}")))
            .unwrap();
        assert_eq!(suite.tally.passed, 2);
        assert_eq!(suite.tally.failed, 0);
    }

    #[test]
    fn a_run_that_dies_is_a_failure_though_no_test_says_so() {
        let mut suite = Suite::new("some");
        suite
            .tests(&mut shell(&format!("{ONE_PASSED}; exit 101")))
            .unwrap();
        assert_eq!((suite.tally.passed, suite.tally.failed), (1, 1));
        assert_eq!(suite.notes.len(), 1);
    }

    #[test]
    fn a_failed_test_is_counted_once() {
        let line = "echo 'test result: FAILED. 1 passed; 1 failed; 0 ignored'; exit 101";
        let mut suite = Suite::new("some");
        suite.tests(&mut shell(line)).unwrap();
        assert_eq!((suite.tally.passed, suite.tally.failed), (1, 1));
    }

    #[test]
    fn a_check_counts_as_one_test_and_a_must_only_when_it_fails() {
        let mut suite = Suite::new("some");
        suite.check(&mut shell("true")).unwrap();
        assert!(suite.must(&mut shell("true")).unwrap());
        assert_eq!((suite.tally.passed, suite.tally.failed), (1, 0));
        suite.check(&mut shell("false")).unwrap();
        assert!(!suite.must(&mut shell("false")).unwrap());
        assert_eq!((suite.tally.passed, suite.tally.failed), (1, 2));
    }

    #[test]
    fn durations_are_for_people() {
        assert_eq!(elapsed(Duration::from_millis(3420)), "3.4 s");
        assert_eq!(elapsed(Duration::from_secs(125)), "2 min 05 s");
    }
}

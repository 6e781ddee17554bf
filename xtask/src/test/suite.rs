use std::{process::Command, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    cargo::shown,
    error::XtaskError,
    libtest::{Failure, Heard, LastWords, Tally},
    watch::{Ending, watch_closely},
};

/// One suite and what has come of it so far.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Suite {
    #[serde(skip)]
    pub(super) name: &'static str,
    pub(super) tally: Tally,
    pub(super) took: Duration,
    /// What went wrong: the tests that failed, and what no test says.
    pub(super) failures: Vec<Failure>,
    /// What else is worth a line.
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

    /// One more failure, that no test reports. Below the first line of it may be how that came about.
    pub(super) fn fail(&mut self, why: &str) {
        let mut lines = why.lines().map(str::to_owned);
        let what = lines.next().unwrap_or_default();
        self.tally.failed += 1;
        self.failures.push(Failure::of(what, lines));
    }

    /// What is a test in itself, and passes where nothing is wrong.
    pub(super) fn passes_without(&mut self, faults: &[String]) {
        if faults.is_empty() {
            self.tally.passed += 1;
        }
        for fault in faults {
            self.fail(fault);
        }
    }

    /// Runs tests and counts them. A run that ends badly without a failed test, because it did not
    /// build or because a test binary died, is a failure of its own.
    pub(super) fn tests(&mut self, command: &mut Command) -> Result<(), XtaskError> {
        let mut heard = Heard::default();
        let ending = watch_closely(command, |said| {
            heard.line(said);
        })?;
        self.ended(&format!("`{}`", shown(command)), ending, heard);
        Ok(())
    }

    /// Counts tests that have run, and takes over why some have failed.
    pub(super) fn ended(&mut self, what: &str, ending: Ending, mut heard: Heard) {
        self.tally += heard.tally;
        self.failures.append(&mut heard.failures());
        if !ending.is_success() && heard.tally.failed == 0 {
            let what = format!("{what} ended early: {ending}");
            self.fail(&heard.last_words().below(&what));
        }
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
        let mut last_words = LastWords::default();
        let ending = watch_closely(command, |said| last_words.line(said))?;
        if !ending.is_success() {
            let what = format!("`{}` failed: {ending}", shown(command));
            self.fail(&last_words.below(&what));
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
        assert_eq!(suite.failures.len(), 1);
        assert!(
            suite.failures[0]
                .what
                .ends_with("ended early: exit status: 101")
        );
        assert!(suite.failures[0].said[0].contains("1 passed"));
    }

    #[test]
    fn a_failed_test_is_counted_once() {
        const LINES: &str = "---- one stdout ----\nError: gone\n\nfailures:\n    one\n\n\
                             test result: FAILED. 1 passed; 1 failed; 0 ignored";
        let mut suite = Suite::new("some");
        let script = format!("echo '{LINES}'; exit 101");
        suite.tests(&mut shell(&script)).unwrap();
        assert_eq!((suite.tally.passed, suite.tally.failed), (1, 1));
        let failure = Failure::of("one".into(), ["Error: gone".into()]);
        assert_eq!(suite.failures, [failure]);
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
        suite.passes_without(&[]);
        suite.passes_without(&["one".into(), "another\nand why".into()]);
        assert_eq!((suite.tally.passed, suite.tally.failed), (2, 4));
        assert_eq!(suite.failures[3].said, ["and why"]);
    }

    #[test]
    fn durations_are_for_people() {
        assert_eq!(elapsed(Duration::from_millis(3420)), "3.4 s");
        assert_eq!(elapsed(Duration::from_secs(125)), "2 min 05 s");
    }
}

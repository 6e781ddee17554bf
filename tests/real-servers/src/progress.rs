//! Lines for the person who waits. They are written to the stream itself, because the test
//! harness keeps what goes through the print macros until a test has failed.

use std::{
    env,
    future::Future,
    io::{self, Write},
    pin::pin,
    process::ExitCode,
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::{Suite, SuiteError};

/// Below this nobody wonders.
const PATIENCE: Duration = Duration::from_secs(1);
const REMINDER: Duration = Duration::from_secs(10);

impl Suite {
    /// Writes one line to stderr, at once.
    pub fn say(&self, line: &str) {
        // Nobody left to tell: nothing to be done about it.
        let _ = writeln!(io::stderr(), "{}: {line}", self.name());
    }

    /// Waits for `work`; once it has taken a second, says what is going on, and how long it took.
    pub async fn during<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let mut work = pin!(work);
        let mut wait = PATIENCE;
        loop {
            tokio::select! {
                biased;
                done = &mut work => {
                    if begun.elapsed() >= PATIENCE {
                        self.say(&format!("{what}: {:.1} s", begun.elapsed().as_secs_f64()));
                    }
                    return done;
                }
                () = sleep(wait) => {
                    if wait == PATIENCE {
                        self.say(&format!("{what} ..."));
                    } else {
                        self.say(&format!("{what} ... {} s so far", begun.elapsed().as_secs()));
                    }
                    wait = REMINDER;
                }
            }
        }
    }

    /// Says aloud that the suite does not run and why. Gives back the line when that is a failure,
    /// which it is with `CI=true`.
    ///
    /// # Errors
    /// With `CI=true`.
    pub fn skip(&self, reason: &str) -> Result<(), String> {
        let line = self.skipped(reason);
        if env::var("CI").as_deref() == Ok("true") {
            return Err(line);
        }
        // Past the harness, which keeps what a passing test prints to itself.
        let _ = writeln!(io::stdout(), "{line}");
        Ok(())
    }

    /// What a program that prepares the suite ends with, and says before. 0: the suite can run. 3:
    /// it cannot, for the reason on stdout. 1: it should have been possible and failed.
    #[must_use]
    pub fn readiness(&self, prepared: Result<String, SuiteError>) -> ExitCode {
        let (line, code) = match prepared {
            Ok(what) => (format!("ready: {what}"), 0),
            Err(SuiteError::Unavailable(reason)) => (self.skipped(&reason), 3),
            Err(error) => (format!("failed: {error}"), 1),
        };
        // The exit status says it as well.
        let _ = writeln!(io::stdout(), "{line}");
        ExitCode::from(code)
    }

    fn skipped(&self, reason: &str) -> String {
        format!("SKIPPED: {}: {reason}", self.name())
    }
}

//! What was measured, for people: a file for each measurement, and a line on the screen.

use std::{fs, time::Duration};

use portcullis_keycloak_suite::SUITE;

/// Times of the same event, over and over.
pub(crate) struct Times {
    what: &'static str,
    sorted: Vec<Duration>,
}

impl Times {
    pub(crate) fn of(what: &'static str, mut times: Vec<Duration>) -> Self {
        times.sort();
        Self {
            what,
            sorted: times,
        }
    }

    pub(crate) fn median(&self) -> Duration {
        self.sorted[self.sorted.len() / 2]
    }

    pub(crate) fn longest(&self) -> Duration {
        *self.sorted.last().unwrap()
    }

    fn p99(&self) -> Duration {
        let at = (self.sorted.len() * 99).div_ceil(100);
        self.sorted[at.saturating_sub(1)]
    }

    /// The figures on one line.
    pub(crate) fn line(&self) -> String {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        format!(
            "{}: {} times, median {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
            self.what,
            self.sorted.len(),
            milliseconds(self.median()),
            milliseconds(self.p99()),
            milliseconds(self.longest()),
        )
    }
}

/// Says it, and keeps it in `target/keycloak/report/`.
pub(crate) fn report(name: &str, lines: &[String]) {
    let dir = SUITE.dir().unwrap().join("report");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join(format!("{name}.txt")), lines.join("\n") + "\n").unwrap();
    for line in lines {
        SUITE.say(line);
    }
}

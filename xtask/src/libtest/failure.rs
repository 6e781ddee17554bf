use serde::{Deserialize, Serialize};

/// Something that went wrong, and what was said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// The test, or what else has failed.
    pub(crate) what: String,
    pub(crate) said: Vec<String>,
}

impl Failure {
    /// So many lines tell why, or nothing does.
    pub(crate) const LINES: usize = 30;
    /// A line may hold the body of a response, or a list of a thousand things.
    const CHARACTERS: usize = 400;

    /// With the first of these lines.
    pub(crate) fn of(what: String, said: impl IntoIterator<Item = String>) -> Self {
        let mut said = said.into_iter();
        let mut kept: Vec<_> = said.by_ref().take(Self::LINES).map(shortened).collect();
        let more = said.count();
        if more > 0 {
            kept.push(format!("[{more} more lines]"));
        }
        Self { what, said: kept }
    }
}

fn shortened(mut line: String) -> String {
    if let Some((end, _)) = line.char_indices().nth(Failure::CHARACTERS) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// What libtest repeats of a failed test below all tests.
#[derive(Debug)]
pub(super) struct Section {
    test: String,
    said: Vec<String>,
}

impl Section {
    /// The one that begins with this line: `---- path::to::name stdout ----`.
    pub(super) fn beginning(line: &str) -> Option<Self> {
        let test = line.strip_prefix("---- ")?.strip_suffix(" stdout ----")?;
        Some(Self {
            test: test.to_owned(),
            said: Vec::new(),
        })
    }

    /// Whether nothing after this line is about any test.
    pub(super) fn is_end(line: &str) -> bool {
        line == "failures:" || line.starts_with("test result: ")
    }

    pub(super) fn line(&mut self, line: &str) {
        self.said.push(line.to_owned());
    }

    /// The test with what it gave as its cause; without one, with what it said last.
    pub(super) fn failure(self) -> Failure {
        let Self { test, said } = self;
        let cause = said.iter().position(|line| is_cause(line));
        let said = told(said.into_iter().skip(cause.unwrap_or_default()));
        let all_but_the_last = match cause {
            Some(_) => 0,
            None => said.len().saturating_sub(Failure::LINES),
        };
        Failure::of(test, said.into_iter().skip(all_but_the_last))
    }
}

/// Whether a test says from here on why it has failed.
fn is_cause(line: &str) -> bool {
    let is_panic = line.starts_with("thread '") && line.contains(" panicked at ");
    is_panic || line.starts_with("Error: ") || line.starts_with("error")
}

/// The lines without those that are empty, and without the frames of a backtrace, each of which would take the
/// place of ten causes.
fn told(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut is_backtrace = false;
    lines
        .filter(|line| {
            if line.starts_with("stack backtrace:") {
                is_backtrace = true;
            } else if is_backtrace && !is_frame(line) {
                is_backtrace = false;
            }
            let is_advice = line.starts_with("note: run with `RUST_BACKTRACE=")
                || line.starts_with("note: Some details are omitted");
            !is_backtrace && !is_advice && !line.trim().is_empty()
        })
        .collect()
}

fn is_frame(line: &str) -> bool {
    let text = line.trim_start();
    let number = text.split(':').next().unwrap_or_default();
    text.starts_with("at ") || (!number.is_empty() && number.bytes().all(|it| it.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(said: &[&str]) -> Failure {
        let mut section = Section::beginning("---- some::test stdout ----").unwrap();
        for line in said {
            section.line(line);
        }
        section.failure()
    }

    #[test]
    fn what_came_before_the_cause_and_the_frames_are_left_out() {
        let failure = failure(&[
            "a log line",
            "thread 'some::test' (1) panicked at src/lib.rs:3:5:",
            "assertion `left == right` failed",
            "  left: 1",
            " right: 2",
            "stack backtrace:",
            "   0: __rustc::rust_begin_unwind",
            "             at /rustc/library/std/src/panicking.rs:1:2",
            "note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.",
            "",
            "thread 'other' (2) panicked at src/lib.rs:9:5:",
            "gone",
        ]);
        assert_eq!(failure.what, "some::test");
        assert_eq!(
            failure.said,
            [
                "thread 'some::test' (1) panicked at src/lib.rs:3:5:",
                "assertion `left == right` failed",
                "  left: 1",
                " right: 2",
                "thread 'other' (2) panicked at src/lib.rs:9:5:",
                "gone",
            ]
        );
    }

    #[test]
    fn a_test_without_a_cause_is_shown_with_what_it_said_last() {
        let lines: Vec<_> = (0..100).map(|line| line.to_string()).collect();
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let failure = failure(&lines);
        assert_eq!(failure.said.len(), Failure::LINES);
        assert_eq!(failure.said.last().unwrap(), "99");
    }

    #[test]
    fn a_long_cause_is_shown_from_its_beginning_and_says_that_it_is_longer() {
        let long = "ä".repeat(10_000);
        let mut lines = vec!["thread 'some::test' (1) panicked at src/lib.rs:3:5:", &long];
        lines.extend([" more"; 40]);
        let failure = failure(&lines);
        assert_eq!(failure.said.len(), Failure::LINES + 1);
        assert!(failure.said[0].contains("panicked"));
        assert_eq!(failure.said[1].chars().count(), Failure::CHARACTERS + 1);
        assert_eq!(failure.said[Failure::LINES], "[12 more lines]");
    }
}

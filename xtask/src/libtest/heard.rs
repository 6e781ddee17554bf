use std::{collections::VecDeque, mem};

use super::{
    Line, Outcome, Tally,
    failure::{Failure, Section},
};
use crate::watch::Said;

/// What a run of test binaries has said so far, as far as anybody here cares.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) tally: Tally,
    failures: Vec<Failure>,
    /// Those that have failed and not said why.
    unexplained: Vec<String>,
    section: Option<Section>,
    last_words: LastWords,
}

impl Heard {
    /// One more line. What it is, where it is libtest's own.
    pub(crate) fn line<'a>(&mut self, said: Said<'a>) -> Option<Line<'a>> {
        self.last_words.line(said);
        let Said::Out(text) = said else {
            return None;
        };
        self.explained(text);
        let line = Line::parse(text);
        match line {
            Some(Line::Summary(more)) => self.tally += more,
            Some(Line::Test {
                name,
                outcome: Outcome::Failed,
            }) => self.unexplained.push(name.to_owned()),
            _ => {}
        }
        line
    }

    /// Takes the explanations together that follow one another below the tests.
    fn explained(&mut self, text: &str) {
        let next = Section::beginning(text);
        if next.is_none() && !Section::is_end(text) {
            if let Some(section) = &mut self.section {
                section.line(text);
            }
            return;
        }
        if let Some(section) = mem::replace(&mut self.section, next) {
            let failure = section.failure();
            self.unexplained.retain(|name| *name != failure.what);
            self.failures.push(failure);
        }
    }

    /// The tests that have failed, each with its cause. They say it when all tests of their binary have ended; one
    /// that was ended before takes it along.
    pub(crate) fn failures(&mut self) -> Vec<Failure> {
        self.explained("failures:");
        let lost = |name| Failure::of(name, ["its binary ended before it said why".to_owned()]);
        self.failures.extend(self.unexplained.drain(..).map(lost));
        mem::take(&mut self.failures)
    }

    /// What was said last.
    pub(crate) fn last_words(self) -> LastWords {
        self.last_words
    }
}

/// The last lines that a program has said: those that tell why it came to a bad end.
#[derive(Debug, Default)]
pub(crate) struct LastWords(VecDeque<String>);

impl LastWords {
    pub(crate) fn line(&mut self, said: Said<'_>) {
        let (Said::Out(text) | Said::Err(text)) = said;
        if text.trim().is_empty() {
            return;
        }
        if self.0.len() == Failure::LINES {
            self.0.pop_front();
        }
        self.0.push_back(text.to_owned());
    }

    /// What they are about, and below it the lines.
    pub(crate) fn below(self, what: &str) -> String {
        let mut text = what.to_owned();
        for line in self.0 {
            text.push('\n');
            text.push_str(&line);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
running 3 tests
test one ... ok
test two::a ... FAILED
test three ... FAILED

failures:

---- two::a stdout ----
keycloak: 3 instances

thread 'two::a' (4711) panicked at tests/keycloak/two.rs:7:5:
assertion failed: it holds
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace

---- three stdout ----
Error: NotThere


failures:
    two::a
    three

test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s
";

    fn heard(output: &str) -> Heard {
        let mut heard = Heard::default();
        for text in output.lines() {
            heard.line(Said::Out(text));
        }
        heard
    }

    #[test]
    fn each_failed_test_is_known_with_its_cause() {
        let mut heard = heard(&OUTPUT.repeat(2));
        let failures = heard.failures();
        let named: Vec<_> = failures.iter().map(|failure| &*failure.what).collect();
        assert_eq!(named, ["two::a", "three", "two::a", "three"]);
        assert_eq!(
            failures[0].said,
            [
                "thread 'two::a' (4711) panicked at tests/keycloak/two.rs:7:5:",
                "assertion failed: it holds"
            ]
        );
        assert_eq!(failures[1].said, ["Error: NotThere"]);
        assert_eq!((heard.tally.passed, heard.tally.failed), (2, 4));
    }

    #[test]
    fn an_explanation_that_is_cut_off_is_kept() {
        let (said, _) = OUTPUT.split_once("assertion").unwrap();
        let failures = heard(said).failures();
        assert_eq!(failures.len(), 2);
        assert!(failures[0].said[0].contains("panicked"));
        assert_eq!(failures[1].what, "three");
        assert_eq!(failures[1].said, ["its binary ended before it said why"]);
    }

    #[test]
    fn what_was_said_last_is_known_wherever_it_was_said() {
        let mut heard = heard(&"well\n\n".repeat(100));
        heard.line(Said::Err("error: no such crate"));
        let text = heard.last_words().below("`cargo test` ended early");
        assert_eq!(text.lines().count(), 1 + Failure::LINES);
        assert!(text.starts_with("`cargo test` ended early\nwell\n"));
        assert!(text.ends_with("\nwell\nerror: no such crate"));
    }

    #[test]
    fn what_goes_to_standard_error_is_nobodys_test() {
        let mut heard = Heard::default();
        for text in OUTPUT.lines() {
            assert_eq!(heard.line(Said::Err(text)), None);
        }
        assert_eq!(heard.tally, Tally::default());
        assert_eq!(heard.failures(), []);
    }
}

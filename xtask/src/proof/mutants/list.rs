use std::{
    ops::Range,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

use crate::{error::XtaskError, files::malformed};

/// One change of the library in one place, as cargo-mutants describes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Mutant {
    /// `crates/a/src/b.rs:12:5: replace f -> u8 with 0`.
    pub(super) name: String,
    pub(super) file: PathBuf,
    pub(super) function: Option<Function>,
    /// What is replaced.
    pub(super) span: Span,
    pub(super) replacement: String,
    pub(super) genre: Genre,
}

/// The function that a mutant is in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Function {
    /// `-> Type`, or nothing.
    pub(super) return_type: String,
}

/// What is done to the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub(super) enum Genre {
    /// A function answers at once.
    FnValue,
    BinaryOperator,
    /// `!` or `-` is left out.
    UnaryOperator,
    /// An arm is left out.
    MatchArm,
    /// A guard is always, or never, true.
    MatchArmGuard,
    /// A field is left to the base of its struct expression.
    StructField,
}

/// From one place up to the other, which is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) struct Span {
    pub(super) start: Place,
    pub(super) end: Place,
}

/// A line and a character in it, both counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Mutant {
    /// Its name without the place, which moves with every edit.
    pub(super) fn name_anywhere(&self) -> String {
        without_place(&self.name)
    }

    /// Whether this is another answer of a function whose callers are not told the type of what it answers with: there
    /// is one such type, which another answer would not be of.
    pub(super) fn changes_a_hidden_type(&self) -> bool {
        let hidden = |function: &Function| function.return_type.contains("impl ");
        self.genre == Genre::FnValue && self.function.as_ref().is_some_and(hidden)
    }
}

impl Span {
    /// The bytes that this is of a text.
    pub(super) fn bytes(self, text: &str) -> Range<usize> {
        self.start.byte(text)..self.end.byte(text)
    }
}

impl Place {
    fn byte(self, text: &str) -> usize {
        let mut lines = text.split_inclusive('\n');
        let before: usize = lines.by_ref().take(self.line - 1).map(str::len).sum();
        let line = lines.next().unwrap_or_default();
        let place = line.char_indices().nth(self.column - 1);
        before + place.map_or(line.len(), |(byte, _)| byte)
    }
}

/// `a/b.rs:12:5: replace f` without the place.
pub(super) fn without_place(name: &str) -> String {
    let place = name.split_once(':').and_then(|(file, rest)| {
        let (_, what) = rest.split_once(": ")?;
        Some(format!("{file}: {what}"))
    });
    place.unwrap_or_else(|| name.to_owned())
}

/// All mutants that `list`, a command of cargo-mutants, knows.
pub(super) fn read(list: &mut Command) -> Result<Vec<Mutant>, XtaskError> {
    let output = list.args(["--list", "--json"]).output();
    let output = output.map_err(|source| XtaskError::Start {
        program: "cargo-mutants".into(),
        source,
    })?;
    let wrong = |reason: String| malformed(Path::new("the list of cargo-mutants"), reason);
    if !output.status.success() {
        return Err(wrong(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutant_is_known_without_its_line() {
        assert_eq!(
            without_place("crates/a/src/b.rs:12:5: replace f -> Option<u8> with Some(0)"),
            "crates/a/src/b.rs: replace f -> Option<u8> with Some(0)"
        );
    }

    #[test]
    fn a_span_is_counted_in_characters() {
        let place = |line, column| Place { line, column };
        let span = |start, end| Span { start, end };
        let text = "one\n\"é\" == b\nlast";
        let words = |start, end| text.get(span(start, end).bytes(text));
        assert_eq!(words(place(2, 5), place(2, 7)), Some("=="));
        assert_eq!(words(place(2, 9), place(3, 5)), Some("\nlast"));
    }
}

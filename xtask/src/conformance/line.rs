use std::{collections::BTreeMap, fmt, str::FromStr};

use crate::libtest::Outcome;

/// A section of the checklist: its letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Section(char);

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Section {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut letters = text.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) if letter.is_ascii_alphabetic() => {
                Ok(Self(letter.to_ascii_uppercase()))
            }
            _ => Err("a section is one letter"),
        }
    }
}

impl Section {
    pub(crate) fn letter(self) -> char {
        self.0
    }
}

/// The name of a line, such as `B9`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LineId {
    pub(crate) section: Section,
    number: u16,
}

impl fmt::Display for LineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.section, self.number)
    }
}

impl FromStr for LineId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "a line is named by a capital letter and a number";
        let mut rest = text.chars();
        let letter = rest.next().filter(char::is_ascii_uppercase).ok_or(wrong)?;
        let digits = rest.as_str();
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) || digits.starts_with('0') {
            return Err(wrong);
        }
        let number = digits.parse().map_err(|_| wrong)?;
        Ok(Self {
            section: Section(letter),
            number,
        })
    }
}

impl LineId {
    /// The line a test belongs to: `b::headers::b9_two_lines` to B9.
    fn of_test(path: &str) -> Option<Self> {
        let name = path.rsplit("::").next()?;
        let (id, words) = name.split_once('_')?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let is_lower = id.starts_with(|first: char| first.is_ascii_lowercase());
        if !is_lower || words.is_empty() || !words.bytes().all(is_name) {
            return None;
        }
        id.to_ascii_uppercase().parse().ok()
    }

    /// What the names of its tests begin with.
    pub(crate) fn test_prefix(self) -> String {
        format!("{self}_").to_ascii_lowercase()
    }
}

/// The tests that ran, by the line they belong to.
#[derive(Debug, Default)]
pub(crate) struct LineTests(BTreeMap<LineId, Vec<Outcome>>);

impl LineTests {
    /// An ignored test did not run, so it speaks for no line.
    pub(crate) fn add(&mut self, name: &str, outcome: Outcome) {
        if let (Some(id), true) = (LineId::of_test(name), outcome != Outcome::Ignored) {
            self.0.entry(id).or_default().push(outcome);
        }
    }

    /// Those of one section, or all: a filter of libtest's finds its text anywhere in a test's name.
    pub(crate) fn only(mut self, section: Option<Section>) -> Self {
        if let Some(section) = section {
            self.0.retain(|id, _| id.section == section);
        }
        self
    }

    /// Whether all tests of the line passed; `None` where there is none.
    pub(crate) fn passed(&self, id: LineId) -> Option<bool> {
        let outcomes = self.0.get(&id)?;
        Some(outcomes.iter().all(|&outcome| outcome == Outcome::Passed))
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = LineId> {
        self.0.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_belongs_to_the_line_its_name_begins_with() {
        for (path, id) in [
            ("b9_two_authorization_lines_are_refused", Some("B9")),
            ("b::headers::b9_two_lines", Some("B9")),
            ("e::e10_leader_leaves", Some("E10")),
            ("b9", None),
            ("b9_", None),
            ("b_9_two", None),
            ("B9_two", None),
            ("b09_two", None),
            ("ab9_two", None),
            ("tests/conformance/src/lib.rs - b9_two (line 3)", None),
        ] {
            let found = LineId::of_test(path).map(|id| id.to_string());
            assert_eq!(found.as_deref(), id, "{path}");
        }
    }

    #[test]
    fn tests_of_other_sections_are_left_out() {
        let mut tests = LineTests::default();
        tests.add("s::s1_a_list", Outcome::Passed);
        tests.add("rsa::h16_a_pkcs1_key", Outcome::Passed);
        let ids = |tests: LineTests| -> Vec<_> { tests.ids().map(|id| id.to_string()).collect() };
        assert_eq!(ids(tests.only(Some(Section('S')))), ["S1"]);
    }

    #[test]
    fn lines_stand_in_the_order_of_their_numbers() {
        let [nine, ten]: [LineId; 2] = ["B9", "B10"].map(|id| id.parse().unwrap());
        assert!(nine < ten);
    }

    #[test]
    fn a_section_is_one_letter_of_either_case() {
        assert_eq!("b".parse::<Section>().unwrap().to_string(), "B");
        for wrong in ["", "BB", "1"] {
            assert!(wrong.parse::<Section>().is_err(), "{wrong}");
        }
    }
}

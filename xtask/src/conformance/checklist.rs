use std::{collections::BTreeSet, path::Path};

use super::line::{LineId, Section};
use crate::{
    error::XtaskError,
    files::{malformed, read},
};

/// The lines the suite answers for.
#[derive(Debug)]
pub(crate) struct Checklist(BTreeSet<LineId>);

impl Checklist {
    pub(crate) fn read(path: &Path) -> Result<Self, XtaskError> {
        let text = read(path)?;
        Self::parse(&text).map_err(|reason| malformed(path, reason))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut ids = BTreeSet::new();
        let lines = text
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line.trim()));
        for (at, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            let (id, title) = line.split_once(' ').unwrap_or((line, ""));
            let id: LineId = id.parse().map_err(|error| format!("line {at}: {error}"))?;
            if title.is_empty() {
                return Err(format!("line {at}: {id} says nothing"));
            }
            if !ids.insert(id) {
                return Err(format!("line {at}: {id} stands there twice"));
            }
        }
        Ok(Self(ids))
    }

    /// One section of it, or all.
    pub(crate) fn only(mut self, section: Option<Section>) -> Result<Self, XtaskError> {
        let Some(section) = section else {
            return Ok(self);
        };
        self.0.retain(|id| id.section == section);
        if self.0.is_empty() {
            return Err(XtaskError::NoSuchSection(section.letter()));
        }
        Ok(self)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = LineId> {
        self.0.iter().copied()
    }

    pub(crate) fn has(&self, id: LineId) -> bool {
        self.0.contains(&id)
    }
}

#[cfg(test)]
impl Checklist {
    pub(super) fn of(text: &str) -> Self {
        Self::parse(text).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_empty_lines_are_passed_over() {
        let checklist = Checklist::of("# A. Credentials\n\nA1 first\nB10 second\n");
        let ids: Vec<String> = checklist.ids().map(|id| id.to_string()).collect();
        assert_eq!(ids, ["A1", "B10"]);
    }

    #[test]
    fn a_broken_line_is_named_by_its_number() {
        for (text, reason) in [
            ("A1 first\nA1 again", "line 2: A1 stands there twice"),
            ("A1", "line 1: A1 says nothing"),
            (
                "a1 first",
                "line 1: a line is named by a capital letter and a number",
            ),
        ] {
            assert_eq!(Checklist::parse(text).unwrap_err(), reason);
        }
    }

    #[test]
    fn an_unknown_section_is_an_error() {
        let checklist = Checklist::of("A1 first\nB1 second");
        let section = Some("Q".parse().unwrap());
        assert!(matches!(
            checklist.only(section),
            Err(XtaskError::NoSuchSection('Q'))
        ));
    }

    #[test]
    fn the_checklist_of_the_suite_is_well_formed() {
        let text = include_str!("../../../tests/conformance/checklist.txt");
        assert!(Checklist::of(text).ids().count() > 200);
    }
}

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;

use super::line::{LineId, Section};
use crate::{
    error::XtaskError,
    files::{malformed, read},
};

/// The lines that are not met, and why.
#[derive(Debug, Default)]
pub(crate) struct Deviations(BTreeMap<LineId, String>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    deviation: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    line: String,
    reason: String,
}

impl Deviations {
    pub(crate) fn read(path: &Path) -> Result<Self, XtaskError> {
        let text = read(path)?;
        Self::parse(&text).map_err(|reason| malformed(path, reason))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut reasons = BTreeMap::new();
        for Entry { line, reason } in file.deviation {
            let id: LineId = line.parse().map_err(|error| format!("`{line}`: {error}"))?;
            if reason.trim().is_empty() {
                return Err(format!("{id} has no reason"));
            }
            if reasons.insert(id, reason).is_some() {
                return Err(format!("{id} stands there twice"));
            }
        }
        Ok(Self(reasons))
    }

    /// Those of one section, or all.
    pub(crate) fn only(mut self, section: Option<Section>) -> Self {
        if let Some(section) = section {
            self.0.retain(|id, _| id.section == section);
        }
        self
    }

    pub(crate) fn reason(&self, id: LineId) -> Option<&str> {
        self.0.get(&id).map(String::as_str)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = LineId> {
        self.0.keys().copied()
    }
}

#[cfg(test)]
impl Deviations {
    pub(super) fn of(text: &str) -> Self {
        Self::parse(text).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_deviation_has_its_reason() {
        let deviations = Deviations::of("[[deviation]]\nline = \"I15\"\nreason = \"later\"\n");
        assert_eq!(deviations.reason("I15".parse().unwrap()), Some("later"));
        assert_eq!(deviations.reason("I1".parse().unwrap()), None);
    }

    #[test]
    fn a_file_of_comments_has_none() {
        assert_eq!(Deviations::of("# nothing yet\n").ids().count(), 0);
    }

    #[test]
    fn a_line_without_reason_or_twice_is_refused() {
        let entry = "[[deviation]]\nline = \"I15\"\nreason = \"later\"\n";
        assert!(Deviations::parse(&entry.replace("later", " ")).is_err());
        assert!(Deviations::parse(&entry.repeat(2)).is_err());
        assert!(Deviations::parse(&entry.replace("I15", "15")).is_err());
        assert!(Deviations::parse(&entry.replace("reason", "why")).is_err());
    }
}

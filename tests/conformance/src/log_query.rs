use tracing::Level;

use crate::{CapturedLog, LogLine};

impl CapturedLog {
    /// The lines of a level that have a text in them.
    #[must_use]
    pub fn matching(&self, level: Level, text: &str) -> Vec<LogLine> {
        let mut lines = self.lines();
        lines.retain(|line| line.level == level && line.text.contains(text));
        lines
    }

    /// The reason code of the last rejection, and how loudly it was logged.
    #[must_use]
    pub fn last_rejection(&self) -> Option<(String, Level)> {
        let lines = self.lines();
        let mut reasons = lines.iter().rev().filter_map(|line| {
            let (_, behind) = line.text.split_once("reason=")?;
            let (code, _) = behind.split_once(' ')?;
            Some((code.trim_matches('"').to_owned(), line.level))
        });
        reasons.next()
    }
}

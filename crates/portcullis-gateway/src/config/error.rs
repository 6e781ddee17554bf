use std::{
    fmt, io,
    path::{Path, PathBuf},
};

/// A file cannot be used: where, why, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFileError {
    file: Option<PathBuf>,
    line: Option<usize>,
    problem: String,
}

impl ConfigFileError {
    pub(super) fn new(line: Option<usize>, problem: impl Into<String>) -> Self {
        Self {
            file: None,
            line,
            problem: problem.into(),
        }
    }

    pub(crate) fn unread(error: &io::Error) -> Self {
        Self::new(None, format!("cannot be read: {error}"))
    }

    pub(super) fn no_text() -> Self {
        Self::new(None, "is no text (UTF-8)")
    }

    pub(crate) fn in_file(mut self, path: &Path) -> Self {
        self.file = Some(path.to_owned());
        self
    }

    /// The line, from 1 on, where there is one.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line
    }
}

/// `gateway.toml:12: …`
impl fmt::Display for ConfigFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{}:{line}: ", file.display())?,
            (Some(file), None) => write!(f, "{}: ", file.display())?,
            (None, Some(line)) => write!(f, "line {line}: ")?,
            (None, None) => {}
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for ConfigFileError {}

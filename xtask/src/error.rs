use std::{io, path::PathBuf};

use thiserror::Error;

/// Why a command of this repository could not do its work.
#[derive(Debug, Error)]
pub(crate) enum XtaskError {
    #[error("`{program}` did not start: {source}")]
    Start { program: String, source: io::Error },
    #[error("`{program}` was lost: {source}")]
    Lost { program: String, source: io::Error },
    #[error("{} cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} cannot be written: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{} is not what it should be: {reason}", path.display())]
    Malformed { path: PathBuf, reason: String },
    #[error("the checklist has no section {0}")]
    NoSuchSection(char),
    #[error("`examples/{name}` has no README with something to type; there is {}", known.join(", "))]
    NoSuchReadme { name: String, known: Vec<String> },
    #[error("{what} is needed; install it with `{cure}`")]
    Needed { what: &'static str, cure: String },
}

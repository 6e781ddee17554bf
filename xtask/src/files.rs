//! Files, and errors that name them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::error::XtaskError;

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String, XtaskError> {
    fs::read_to_string(path).map_err(unreadable(path))
}

/// What a file says in JSON.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, XtaskError> {
    serde_json::from_str(&read(path)?).map_err(|error| malformed(path, error.to_string()))
}

/// Writes a file, and makes the folder it is in where there is none.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), XtaskError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(unwritable(folder))?;
    }
    fs::write(path, text).map_err(unwritable(path))
}

/// A value as JSON for people, as a file has it.
pub(crate) fn json(path: &Path, value: &impl Serialize) -> Result<String, XtaskError> {
    let text = serde_json::to_string_pretty(value);
    text.map(|text| text + "\n")
        .map_err(|error| malformed(path, error.to_string()))
}

/// The error of a file or folder that cannot be read.
pub(crate) fn unreadable(path: &Path) -> impl Fn(io::Error) -> XtaskError + use<> {
    let path = PathBuf::from(path);
    move |source| XtaskError::Read {
        path: path.clone(),
        source,
    }
}

/// The error of a file or folder that cannot be written.
pub(crate) fn unwritable(path: &Path) -> impl Fn(io::Error) -> XtaskError + use<> {
    let path = PathBuf::from(path);
    move |source| XtaskError::Write {
        path: path.clone(),
        source,
    }
}

/// The error of a file that says something else than it should.
pub(crate) fn malformed(path: &Path, reason: String) -> XtaskError {
    XtaskError::Malformed {
        path: path.to_owned(),
        reason,
    }
}

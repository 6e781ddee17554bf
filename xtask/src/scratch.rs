use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
};

use crate::error::XtaskError;

/// A folder among the temporary ones that goes when it is no longer needed.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// One that nobody else has.
    pub(crate) fn new(name: &str) -> Result<Self, XtaskError> {
        Self::at(&format!("{name}-{}", process::id()))
    }

    /// One that has always the same path.
    pub(crate) fn at(name: &str) -> Result<Self, XtaskError> {
        let path = env::temp_dir().join(name);
        // What an earlier run has left.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).map_err(|source| XtaskError::Write {
            path: path.clone(),
            source,
        })?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is in nobody's way.
        let _ = fs::remove_dir_all(&self.0);
    }
}

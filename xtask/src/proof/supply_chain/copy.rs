//! A copy of what is in the repository, where a lock file may become another.

use std::{fs, path::PathBuf};

use crate::{
    cargo::{program, target_dir, workspace_root},
    error::XtaskError,
    files::unwritable,
};

/// Copies all files that git knows of to `target/proof/<name>`, in place of what was there.
pub(super) fn copied(name: &str) -> Result<PathBuf, XtaskError> {
    let to = target_dir().join("proof").join(name);
    if to.exists() {
        fs::remove_dir_all(&to).map_err(unwritable(&to))?;
    }
    let mut list = program("git");
    list.args(["ls-files", "-z"]);
    let output = list.output().map_err(|source| XtaskError::Start {
        program: "git".into(),
        source,
    })?;
    for name in String::from_utf8_lossy(&output.stdout).split_terminator('\0') {
        let (from, to) = (workspace_root().join(name), to.join(name));
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).map_err(unwritable(folder))?;
        }
        // What was removed and is not committed yet is no longer there.
        if from.is_file() {
            fs::copy(&from, &to).map_err(unwritable(&to))?;
        }
    }
    Ok(to)
}

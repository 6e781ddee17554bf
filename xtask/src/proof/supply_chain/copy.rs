//! A copy of what is in the repository, where a lock file may become another.

use std::{fs, path::PathBuf};

use crate::{
    cargo::{target_dir, workspace_root},
    error::XtaskError,
    files::unwritable,
    proof::repository::Files,
};

/// Copies all files that git knows of to `target/proof/<name>`, in place of what was there.
pub(super) fn copied(name: &str) -> Result<PathBuf, XtaskError> {
    let to = target_dir().join("proof").join(name);
    if to.exists() {
        fs::remove_dir_all(&to).map_err(unwritable(&to))?;
    }
    for name in Files::Tracked.names()? {
        let (from, to) = (workspace_root().join(&name), to.join(&name));
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).map_err(unwritable(folder))?;
        }
        fs::copy(&from, &to).map_err(unwritable(&to))?;
    }
    Ok(to)
}

//! Folders of text that become other folders.

use std::{fs, path::Path};

use crate::{
    error::XtaskError,
    files::{unreadable, unwritable, write},
};

/// Makes a folder of another, each file as `made` makes it of that file; where that gives nothing it is
/// left out. What was there before is gone.
pub(super) fn remake(
    from: &Path,
    to: &Path,
    made: &mut impl FnMut(&Path) -> Result<Option<String>, XtaskError>,
) -> Result<(), XtaskError> {
    if to.exists() {
        fs::remove_dir_all(to).map_err(unwritable(to))?;
    }
    fs::create_dir_all(to).map_err(unwritable(to))?;
    for entry in fs::read_dir(from).map_err(unreadable(from))? {
        let path = entry.map_err(unreadable(from))?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            remake(&path, &target, made)?;
        } else if let Some(text) = made(&path)? {
            write(&target, &text)?;
        }
    }
    Ok(())
}

//! Folders of text that become other folders.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::error::XtaskError;

/// Makes a folder of another, each file as `made` makes it of that file; where that gives nothing it is
/// left out. What was there before is gone.
pub(super) fn remake(
    from: &Path,
    to: &Path,
    made: &mut impl FnMut(&Path) -> Result<Option<String>, XtaskError>,
) -> Result<(), XtaskError> {
    if to.exists() {
        fs::remove_dir_all(to).map_err(failed(to))?;
    }
    fs::create_dir_all(to).map_err(failed(to))?;
    for entry in fs::read_dir(from).map_err(failed(from))? {
        let path = entry.map_err(failed(from))?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            remake(&path, &target, made)?;
        } else if let Some(text) = made(&path)? {
            write(&target, &text)?;
        }
    }
    Ok(())
}

pub(super) fn read(path: &Path) -> Result<String, XtaskError> {
    fs::read_to_string(path).map_err(|source| XtaskError::Read {
        path: path.to_owned(),
        source,
    })
}

/// Writes a file, and makes the folder it is in where there is none.
pub(super) fn write(path: &Path, text: &str) -> Result<(), XtaskError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed(folder))?;
    }
    fs::write(path, text).map_err(failed(path))
}

fn failed(path: &Path) -> impl Fn(io::Error) -> XtaskError {
    let path = PathBuf::from(path);
    move |source| XtaskError::Write {
        path: path.clone(),
        source,
    }
}

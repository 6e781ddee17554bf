//! What is in the repository.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    cargo::{program, workspace_root},
    error::XtaskError,
};

/// Which files count.
#[derive(Debug, Clone, Copy)]
pub(super) enum Files {
    /// Those that git knows of.
    Tracked,
    /// Those that it would add as well.
    TrackedOrNew,
}

impl Files {
    /// Their names below the root. What was removed and is not committed yet is no longer there.
    pub(super) fn names(self) -> Result<BTreeSet<PathBuf>, XtaskError> {
        let mut list = program("git");
        list.args(["ls-files", "-z"]);
        if let Self::TrackedOrNew = self {
            list.args(["--cached", "--others", "--exclude-standard"]);
        }
        let text = said(&mut list)?;
        let names = text.split_terminator('\0').map(PathBuf::from);
        Ok(names
            .filter(|name| workspace_root().join(name).is_file())
            .collect())
    }
}

/// The names that git has for what these files say.
pub(super) fn sources<'a>(
    files: impl Iterator<Item = &'a Path>,
) -> Result<BTreeMap<String, String>, XtaskError> {
    let files: BTreeSet<_> = files.collect();
    let mut hash = program("git");
    let names = said(hash.args(["hash-object", "--"]).args(&files))?;
    let files = files.iter().map(|file| file.to_string_lossy().into_owned());
    Ok(files.zip(names.lines().map(str::to_owned)).collect())
}

/// The same of all files below this folder.
pub(super) fn sources_below(folder: &Path) -> Result<BTreeMap<String, String>, XtaskError> {
    let files = Files::TrackedOrNew.names()?;
    sources(
        files
            .iter()
            .map(PathBuf::as_path)
            .filter(|file| file.starts_with(folder)),
    )
}

/// The commit that is checked out, in short.
pub(super) fn commit() -> Result<String, XtaskError> {
    said(program("git").args(["rev-parse", "--short", "HEAD"])).map(|name| name.trim().to_owned())
}

fn said(git: &mut Command) -> Result<String, XtaskError> {
    let output = git.output().map_err(|source| XtaskError::Start {
        program: "git".into(),
        source,
    })?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tracked_is_there_and_nothing_that_was_built() {
        let [tracked, all] = [Files::Tracked, Files::TrackedOrNew].map(|it| it.names().unwrap());
        assert!(tracked.contains(Path::new("xtask/Cargo.toml")));
        assert!(tracked.is_subset(&all));
        assert!(!all.iter().any(|name| name.starts_with("target")));
    }

    #[test]
    fn a_source_has_the_name_that_git_gives_it() {
        let file = Path::new("LICENSE-MIT");
        let sources = sources([file].into_iter()).unwrap();
        let name = said(program("git").args(["rev-parse", "HEAD:LICENSE-MIT"])).unwrap();
        assert_eq!(
            sources.get("LICENSE-MIT").map(String::as_str),
            Some(name.trim())
        );
        assert!(commit().unwrap().len() >= 7);
    }
}

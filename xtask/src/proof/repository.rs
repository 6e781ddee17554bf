//! What is in the repository.

use std::{collections::BTreeSet, path::PathBuf};

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
        let output = list.output().map_err(|source| XtaskError::Start {
            program: "git".into(),
            source,
        })?;
        let text = String::from_utf8_lossy(&output.stdout);
        let names = text.split_terminator('\0').map(PathBuf::from);
        Ok(names
            .filter(|name| workspace_root().join(name).is_file())
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_is_tracked_is_there_and_nothing_that_was_built() {
        let [tracked, all] = [Files::Tracked, Files::TrackedOrNew].map(|it| it.names().unwrap());
        assert!(tracked.contains(Path::new("xtask/Cargo.toml")));
        assert!(tracked.is_subset(&all));
        assert!(!all.iter().any(|name| name.starts_with("target")));
    }
}

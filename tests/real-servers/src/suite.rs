//! Where a suite keeps things: under the workspace's `target/`, never in the source tree.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
};

use crate::SuiteError;

/// How many run directories (logs) are kept.
const KEPT_RUNS: usize = 10;

/// A suite against a real server.
#[derive(Debug, Clone, Copy)]
pub struct Suite {
    name: &'static str,
}

impl Suite {
    /// The suite against the server of this name, which is also the name of its folder.
    #[must_use]
    pub const fn named(name: &'static str) -> Self {
        Self { name }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// `target/NAME`, absolute and without `..`.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn dir(&self) -> Result<PathBuf, SuiteError> {
        let target = env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| workspace().join("target"), |dir| workspace().join(dir));
        let dir = target.join(self.name);
        fs::create_dir_all(&dir).map_err(SuiteError::file("creating", &dir))?;
        dir.canonicalize()
            .map_err(SuiteError::file("resolving", &dir))
    }

    /// The directory of this process' logs and server data. The oldest of earlier runs go.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn run_dir(&self) -> Result<PathBuf, SuiteError> {
        let runs = self.dir()?.join("runs");
        let dir = runs.join(process::id().to_string());
        if !dir.exists() {
            prune(&runs);
            fs::create_dir_all(&dir).map_err(SuiteError::file("creating", &dir))?;
        }
        Ok(dir)
    }
}

/// The root of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Whether a program of this name can be called.
#[must_use]
pub fn is_on_path(program: &str) -> bool {
    on_path(program).is_some()
}

/// The program that is called by this name.
#[must_use]
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let mut places = env::split_paths(&path).map(|folder| folder.join(program));
    places.find(|place| place.is_file())
}

fn prune(runs: &Path) {
    let Ok(entries) = fs::read_dir(runs) else {
        return;
    };
    let mut dirs: Vec<_> = entries
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    dirs.sort();
    let surplus = dirs.len().saturating_sub(KEPT_RUNS);
    for (_, dir) in dirs.into_iter().take(surplus) {
        // Another process may be doing the same.
        let _ = fs::remove_dir_all(dir);
    }
}

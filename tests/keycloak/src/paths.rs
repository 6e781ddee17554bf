//! Where the suite keeps things: under the workspace's `target/`, never in the source tree.

use std::{env, fs, path::PathBuf, process};

use crate::SuiteError;

/// How many run directories (logs) are kept.
const KEPT_RUNS: usize = 10;

pub(crate) fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `target/keycloak`, absolute and without `..`.
pub(crate) fn keycloak_dir() -> Result<PathBuf, SuiteError> {
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace().join("target"), |dir| workspace().join(dir));
    let dir = target.join("keycloak");
    fs::create_dir_all(&dir).map_err(SuiteError::file("creating", &dir))?;
    dir.canonicalize()
        .map_err(SuiteError::file("resolving", &dir))
}

/// The directory of this process' logs and server data. The oldest of earlier runs go.
pub(crate) fn run_dir() -> Result<PathBuf, SuiteError> {
    let runs = keycloak_dir()?.join("runs");
    let dir = runs.join(process::id().to_string());
    if !dir.exists() {
        prune(&runs);
        fs::create_dir_all(&dir).map_err(SuiteError::file("creating", &dir))?;
    }
    Ok(dir)
}

fn prune(runs: &PathBuf) {
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

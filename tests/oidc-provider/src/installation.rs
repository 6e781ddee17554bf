//! Where oidc-provider comes from, and the Node.js that runs it.

use std::{path::Path, process::Command};

use portcullis_real_servers::{NodeScript, NpmPackages};

use crate::{SUITE, SuiteError};

const PACKAGES: NpmPackages = NpmPackages {
    name: "oidc-provider",
    manifest: include_str!("../server/package.json"),
    lock: include_str!("../server/package-lock.json"),
};
const SERVER: &str = include_str!("../server/server.mjs");

/// The packages of the lock file in a folder under `target/` that is named after it.
#[derive(Debug, Clone)]
pub struct Installation(NodeScript);

impl Installation {
    /// Takes what was fetched before, else has npm fetch it (60 MB).
    ///
    /// # Errors
    /// [`SuiteError::Unavailable`] when this machine cannot, saying what to install.
    pub async fn find() -> Result<Self, SuiteError> {
        let server = NodeScript::find(&SUITE, &PACKAGES, "server.mjs", SERVER).await?;
        Ok(Self(server))
    }

    /// The Node.js that runs it.
    #[must_use]
    pub fn node(&self) -> &Path {
        self.0.node()
    }

    /// The command that runs a server; it takes the path of a configuration.
    pub(crate) fn command(&self) -> Command {
        self.0.command()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_names_no_registry() {
        assert!(PACKAGES.lock.contains("\"integrity\": \"sha512-"));
        assert!(!PACKAGES.lock.contains("\"resolved\""));
    }
}

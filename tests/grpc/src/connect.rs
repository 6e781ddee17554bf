//! The client of gRPC-Web that the tests call.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use portcullis_real_servers::{NodeScript, NpmPackages};

use crate::{SUITE, SuiteError};

const PACKAGES: NpmPackages = NpmPackages {
    name: "@connectrpc/connect-node",
    manifest: include_str!("../connect/package.json"),
    lock: include_str!("../connect/package-lock.json"),
};
const CLIENT: &str = include_str!("../connect/client.mjs");

/// npm's Connect, under the workspace's `target/`.
#[derive(Debug, Clone)]
pub struct Connect {
    client: NodeScript,
}

impl Connect {
    /// Takes what was fetched before, else has npm fetch it (60 MB, most of it Node.js).
    ///
    /// # Errors
    /// [`SuiteError::Unavailable`] when this machine cannot, saying what to install.
    pub async fn prepare() -> Result<Self, SuiteError> {
        let client = NodeScript::find(&SUITE, &PACKAGES, "client.mjs", CLIENT).await?;
        Ok(Self { client })
    }

    /// The call of a method of `shop.v1.Orders` at this URL over this version of HTTP, `1.1` or `2`, with this
    /// token. `interface` is a file with the encoded interface, a `google.protobuf.FileDescriptorSet`. It tells
    /// on standard output what comes, a JSON object a line: `message`s, then `trailers` or an `error`.
    #[must_use]
    pub fn call(
        &self,
        interface: &Path,
        [url, http, method]: [&str; 3],
        token: Option<&str>,
    ) -> Command {
        let mut command = self.client.command();
        command.arg(interface).args([url, http, method]).args(token);
        command
    }

    /// The Node.js that runs it.
    #[must_use]
    pub fn node(&self) -> PathBuf {
        self.client.node().to_owned()
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

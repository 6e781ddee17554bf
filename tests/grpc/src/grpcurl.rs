//! The grpcurl that the tests call.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use portcullis_real_servers::is_on_path;

use crate::{SUITE, SuiteError};

/// A grpcurl of a known version, under the workspace's `target/`.
#[derive(Debug, Clone)]
pub struct Grpcurl {
    program: PathBuf,
}

impl Grpcurl {
    const MODULE: &str = "github.com/fullstorydev/grpcurl/cmd/grpcurl";
    const VERSION: &str = "v1.9.3";

    /// The one that is there, else one that Go builds.
    ///
    /// # Errors
    /// [`SuiteError::Unavailable`] when there is no Go, or it cannot build it.
    pub fn prepare() -> Result<Self, SuiteError> {
        let folder = SUITE.dir()?.join("bin").join(Self::VERSION);
        let grpcurl = Self {
            program: folder.join("grpcurl"),
        };
        if !grpcurl.runs() {
            install(&folder)?;
        }
        Ok(grpcurl)
    }

    /// Its version, such as `v1.9.3`.
    #[must_use]
    pub fn version(&self) -> &'static str {
        Self::VERSION
    }

    /// The program, to be given its arguments.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    fn runs(&self) -> bool {
        let said = Command::new(&self.program).arg("-version").output();
        said.is_ok_and(|said| said.status.success())
    }
}

fn install(folder: &Path) -> Result<(), SuiteError> {
    if !is_on_path("go") {
        return Err(SuiteError::Unavailable(
            "there is no Go to build grpcurl with: install it (Debian: apt-get install golang-go)"
                .to_owned(),
        ));
    }
    let module = format!("{}@{}", Grpcurl::MODULE, Grpcurl::VERSION);
    let built = Command::new("go")
        .args(["install", &module])
        .env("GOBIN", folder)
        // Whoever removes `target/` shall be able to.
        .env("GOFLAGS", "-modcacherw")
        .output();
    match built {
        Ok(built) if built.status.success() => Ok(()),
        Ok(built) => Err(SuiteError::Unavailable(format!(
            "`go install {module}` failed: {}",
            String::from_utf8_lossy(&built.stderr)
        ))),
        Err(error) => Err(SuiteError::Unavailable(format!(
            "go cannot be started: {error}"
        ))),
    }
}

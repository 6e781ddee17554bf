//! Where Keycloak comes from.

use std::{env, path::PathBuf};

use crate::{SUITE, SuiteError};

mod container;
mod java;
mod maven;

/// The Keycloak that the suite is written against.
pub const VERSION: &str = "26.7.3";

/// A Keycloak that this machine can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Distribution {
    /// An unpacked one, run with Java. Nothing is ever written into it.
    Unpacked(PathBuf),
    /// This container image, run with Docker.
    Image(String),
}

impl Distribution {
    /// Takes `KEYCLOAK_HOME` if it is set, else what was fetched before, else fetches it with
    /// Maven, else asks Docker.
    ///
    /// # Errors
    /// [`SuiteError::Unavailable`] when none of the ways is open, saying what to install.
    pub async fn find() -> Result<Self, SuiteError> {
        if let Some(home) = env::var_os("KEYCLOAK_HOME") {
            let home = PathBuf::from(home);
            if !home.join("bin/kc.sh").is_file() {
                return Err(SuiteError::Misconfigured(format!(
                    "KEYCLOAK_HOME is {}, which has no bin/kc.sh: point it at an unpacked Keycloak \
                     or unset it",
                    home.display()
                )));
            }
            java::check().map_err(SuiteError::Unavailable)?;
            return Ok(Self::Unpacked(home));
        }
        let without_container = match unpacked().await {
            Ok(distribution) => return Ok(distribution),
            Err(reason) => reason,
        };
        match container::image().await {
            Ok(image) => Ok(Self::Image(image)),
            Err(without_java) => Err(SuiteError::Unavailable(format!(
                "nothing here runs Keycloak {VERSION}: {without_container}; {without_java}. Install \
                 OpenJDK 17 or newer and Maven (Debian: apt-get install openjdk-17-jre-headless \
                 maven), or start a Docker daemon, or set KEYCLOAK_HOME to an unpacked Keycloak \
                 (which needs Java alone)"
            ))),
        }
    }
}

impl Distribution {
    /// A program that comes with Keycloak, such as `kcadm.sh`; none where it runs in a container.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        match self {
            Self::Unpacked(home) => Some(home.join("bin").join(name)),
            Self::Image(_) => None,
        }
    }
}

async fn unpacked() -> Result<Distribution, String> {
    java::check()?;
    let home = SUITE
        .dir()
        .map_err(|error| error.to_string())?
        .join(VERSION)
        .join("dist");
    if !home.join("bin/kc.sh").is_file() {
        maven::fetch(&home).await?;
    }
    Ok(Distribution::Unpacked(home))
}

//! The `redis-server` of this machine.

use std::process::Command;

use portcullis_real_servers::is_on_path;

use crate::SuiteError;

const PROGRAM: &str = "redis-server";

/// The first one whose port can be changed while it runs, which a promotion does.
const OLDEST: u32 = 7;

/// A `redis-server` that is new enough.
#[derive(Debug, Clone)]
pub struct Installation {
    program: &'static str,
    version: String,
}

impl Installation {
    /// Looks for it on the path.
    ///
    /// # Errors
    /// [`SuiteError::Unavailable`] when it is not there or too old, saying what to install.
    pub fn find() -> Result<Self, SuiteError> {
        let unavailable = |problem: String| {
            SuiteError::Unavailable(format!(
                "{problem}: install Redis {OLDEST}.0 or newer (Debian: apt-get install redis-server)"
            ))
        };
        if !is_on_path(PROGRAM) {
            return Err(unavailable(format!("{PROGRAM} is not there")));
        }
        let output = Command::new(PROGRAM)
            .arg("--version")
            .output()
            .map_err(|error| unavailable(format!("{PROGRAM} cannot be started: {error}")))?;
        let text = String::from_utf8_lossy(&output.stdout);
        match version(&text) {
            Some((version, major)) if major >= OLDEST => Ok(Self {
                program: PROGRAM,
                version: version.to_owned(),
            }),
            Some((version, _)) => Err(unavailable(format!("{PROGRAM} is {version}"))),
            None => Err(unavailable(format!(
                "{PROGRAM} --version does not tell a version"
            ))),
        }
    }

    /// Its version, such as `7.0.15`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    pub(crate) fn command(&self) -> Command {
        Command::new(self.program)
    }
}

/// `Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=…`
fn version(text: &str) -> Option<(&str, u32)> {
    let version = text
        .split_whitespace()
        .find_map(|it| it.strip_prefix("v="))?;
    let major = version.split('.').next()?.parse().ok()?;
    Some((version, major))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_what_follows_the_v() {
        assert_eq!(
            version("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64"),
            Some(("7.0.15", 7))
        );
        assert_eq!(version("Redis server v=8.2.1 sha="), Some(("8.2.1", 8)));
        assert_eq!(version("command not found"), None);
    }
}

//! The `nginx` of this machine.

use std::process::Command;

use portcullis_real_servers::is_on_path;

use crate::SuiteError;

const PROGRAM: &str = "nginx";

/// The module that asks a forward-auth server, which not every build has.
const MODULE: &str = "http_auth_request_module";

/// The oldest that is supported.
const OLDEST: (u32, u32) = (1, 22);

/// An `nginx` that can ask a forward-auth server.
#[derive(Debug, Clone)]
pub struct Installation {
    version: String,
}

impl Installation {
    /// Looks for it on the path.
    ///
    /// # Errors
    /// [`SuiteError::Unavailable`] when it is not there, too old, or built without what it takes.
    pub fn find() -> Result<Self, SuiteError> {
        let unavailable = |problem: String| {
            SuiteError::Unavailable(format!(
                "{problem}: install nginx 1.22 or newer (Debian: apt-get install nginx)"
            ))
        };
        if !is_on_path(PROGRAM) {
            return Err(unavailable(format!("{PROGRAM} is not there")));
        }
        let output = Command::new(PROGRAM)
            .arg("-V")
            .output()
            .map_err(|error| unavailable(format!("{PROGRAM} cannot be started: {error}")))?;
        // It tells of itself on standard error.
        let text = String::from_utf8_lossy(&output.stderr);
        match version(&text) {
            Some((_, number)) if number < OLDEST => Err(unavailable("nginx is too old".into())),
            Some((version, _)) if text.contains(MODULE) => Ok(Self {
                version: version.to_owned(),
            }),
            Some(_) => Err(unavailable(format!("this nginx has no {MODULE}"))),
            None => Err(unavailable(format!("{PROGRAM} -V does not tell a version"))),
        }
    }

    /// Its version, such as `1.22.1`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    #[expect(
        clippy::unused_self,
        reason = "whoever has one knows that the program is there"
    )]
    pub(crate) fn command(&self) -> Command {
        Command::new(PROGRAM)
    }
}

/// `nginx version: nginx/1.22.1`
fn version(text: &str) -> Option<(&str, (u32, u32))> {
    let (_, rest) = text.split_once("nginx/")?;
    let version = rest.split_whitespace().next()?;
    let mut numbers = version.split('.').map(str::parse);
    let major = numbers.next()?.ok()?;
    let minor = numbers.next()?.ok()?;
    Some((version, (major, minor)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_what_follows_the_name() {
        let text = "nginx version: nginx/1.22.1\nbuilt with OpenSSL 3.0.8 7 Feb 2023\n";
        assert_eq!(version(text), Some(("1.22.1", (1, 22))));
        assert_eq!(
            version("nginx version: nginx/1.31.0 (Ubuntu)"),
            Some(("1.31.0", (1, 31)))
        );
        assert_eq!(version("sh: nginx: not found"), None);
    }
}

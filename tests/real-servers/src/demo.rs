//! `portcullis demo` as a process, for the suites that use its page.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use crate::{Suite, SuiteError, Supervised, built, free_port, until};

const PACKAGE: &str = "portcullis-cli";
const BINARY: &str = "portcullis";
const READY_LIMIT: Duration = Duration::from_secs(60);
/// What stands before the URL that opens the page.
const MARK: &str = "playground ";
/// What it prints last.
const END: &str = "Ctrl-C";

/// A `portcullis demo`. Dropping it ends it.
#[derive(Debug)]
pub struct Demo {
    start_url: String,
    process: Supervised,
}

impl Demo {
    /// Starts it, and waits until it has printed the URL of its page.
    ///
    /// # Errors
    /// When it does not build, ends by itself, or prints none in a minute; the error has the end of its
    /// log.
    pub async fn start(suite: &Suite) -> Result<Self, SuiteError> {
        Self::start_with(suite, &[], &[]).await
    }

    /// The same with further arguments, and variables of its environment.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub async fn start_with(
        suite: &Suite,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self, SuiteError> {
        // A number of its own, for its log.
        let log = suite.run_dir()?.join(format!("demo-{}.log", free_port()?));
        let mut command = Command::new(binary(suite).await?);
        command
            .arg("demo")
            .args(arguments)
            .envs(environment.iter().copied());
        let mut process = Supervised::spawn("portcullis demo", command, &log, &[])?;
        let printed = until("a demo that prints its URL", READY_LIMIT, async || {
            Ok(start_url(&log))
        });
        let start_url = printed.await.map_err(|error| match process.check() {
            Ok(()) => error,
            Err(ended) => ended,
        })?;
        Ok(Self { start_url, process })
    }

    /// The URL that opens the page, with the key in it.
    #[must_use]
    pub fn start_url(&self) -> &str {
        &self.start_url
    }

    /// The URL of the page without the key.
    #[must_use]
    pub fn bare_url(&self) -> &str {
        let bare = self.start_url.split('#').next();
        bare.unwrap_or(&self.start_url)
    }

    /// The client of the `kcadm` line that it prints before a Keycloak that is not its own, as Keycloak's
    /// representation of it; with this secret, which it does not print.
    ///
    /// # Errors
    /// When there is no such line.
    pub async fn registration(&self, secret: &str) -> Result<Value, SuiteError> {
        let printed = until("all is printed", READY_LIMIT, async || {
            let log = self.process.log();
            let text = fs::read_to_string(log).map_err(SuiteError::file("reading", log))?;
            Ok(text.contains(END).then_some(text))
        })
        .await?;
        let client = client(&printed).filter(|_| !printed.contains(secret));
        let mut client = client.ok_or_else(|| SuiteError::Program {
            program: "portcullis demo".to_owned(),
            problem: "prints no client, or its secret".to_owned(),
            tail: printed,
        })?;
        client.insert("secret".to_owned(), secret.into());
        Ok(client.into())
    }
}

async fn binary(suite: &Suite) -> Result<&'static Path, SuiteError> {
    static PATH: OnceCell<PathBuf> = OnceCell::const_new();
    let building = || built(suite, BINARY, ["--package", PACKAGE]);
    PATH.get_or_try_init(building).await.map(PathBuf::as_path)
}

/// What `kcadm create` is told to set.
fn client(printed: &str) -> Option<Map<String, Value>> {
    let whole = printed.replace("\\\n", "");
    let line = whole.lines().find(|line| line.starts_with("kcadm.sh"))?;
    let settings = line.split(" -s ").skip(1).map(|setting| {
        let setting = setting.trim().trim_matches(['\'', '"']);
        let (name, value) = setting.split_once('=')?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        Some((name.to_owned(), value))
    });
    settings.collect()
}

fn start_url(log: &Path) -> Option<String> {
    let text = fs::read_to_string(log).ok()?;
    // A line that is still being written is none.
    let (whole, _) = text.rsplit_once('\n')?;
    let rest = whole.lines().find_map(|line| line.strip_prefix(MARK))?;
    Some(rest.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_read_as_a_shell_reads_it() {
        let printed = "\nkcadm.sh create clients -r shop -s clientId=demo -s \"secret=$SECRET\" \\\n  \
                       -s 'redirectUris=[\"http://127.0.0.1:1/callback\"]'\n\nCtrl-C\n";
        let client = client(printed).unwrap();
        assert_eq!(client["clientId"], "demo");
        assert_eq!(client["redirectUris"][0], "http://127.0.0.1:1/callback");
    }
}

//! A running oidc-provider.

use std::{fs, path::PathBuf, time::Duration};

use portcullis_real_servers::{Supervised, free_port, tail};
use serde_json::json;
use tokio::{
    sync::OnceCell,
    time::{Instant, sleep},
};

use crate::{Configuration, Installation, SUITE, SuiteError};

const READY_LIMIT: Duration = Duration::from_secs(60);
const END_LIMIT: Duration = Duration::from_secs(10);

/// An oidc-provider on a loopback port of its own. What it issued it remembers until it is
/// stopped. Dropping it, or the end of this process, ends it.
#[derive(Debug)]
pub struct Server {
    installation: &'static Installation,
    configuration: Configuration,
    port: u16,
    issuer: String,
    /// Its keys, its configuration and its log.
    folder: PathBuf,
    process: Option<Supervised>,
}

impl Server {
    /// Starts a server and waits until it listens.
    ///
    /// # Errors
    /// [`SuiteError::Unavailable`] when this machine cannot run it; otherwise the error has the end
    /// of its log.
    pub async fn start(configuration: Configuration) -> Result<Self, SuiteError> {
        static INSTALLATION: OnceCell<Installation> = OnceCell::const_new();
        let installation = INSTALLATION.get_or_try_init(Installation::find).await?;
        let port = free_port()?;
        let folder = SUITE.run_dir()?.join(format!("server-{port}"));
        fs::create_dir_all(&folder).map_err(SuiteError::file("creating", &folder))?;
        let scheme = if configuration.is_secure() {
            "https"
        } else {
            "http"
        };
        let mut server = Self {
            installation,
            configuration,
            port,
            issuer: format!("{scheme}://127.0.0.1:{port}"),
            folder,
            process: None,
        };
        server.start_again().await?;
        Ok(server)
    }

    /// The issuer of its tokens, `http://127.0.0.1:PORT` or `https://127.0.0.1:PORT`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Ends the server; opaque tokens that it issued are gone.
    ///
    /// # Errors
    /// When it does not end. It is killed then.
    pub async fn stop(&mut self) -> Result<(), SuiteError> {
        match self.process.take() {
            Some(process) => process.end(END_LIMIT).await,
            None => Ok(()),
        }
    }

    /// Starts it on the same port with the same keys and waits until it listens.
    ///
    /// # Errors
    /// When it does not come up; the error has the end of its log.
    pub async fn start_again(&mut self) -> Result<(), SuiteError> {
        let log = self.folder.join("log");
        let seen = readiness_lines(&log);
        let mut command = self.installation.command();
        command.arg(self.write_configuration()?);
        let process = Supervised::spawn("oidc-provider", command, &log, &[])?;
        let process = self.process.insert(process);
        let begun = Instant::now();
        while readiness_lines(&log) == seen {
            process.check()?;
            if begun.elapsed() > READY_LIMIT {
                return Err(SuiteError::TimedOut {
                    what: "oidc-provider should listen".to_owned(),
                    limit: READY_LIMIT,
                    tail: tail(&log),
                });
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Restarts it with a key of a new generation for each algorithm before those it has.
    ///
    /// # Errors
    /// When it does not come up; the error has the end of its log.
    pub async fn rotate(
        &mut self,
        generation: &str,
        algorithms: &[&str],
    ) -> Result<(), SuiteError> {
        self.stop().await?;
        self.configuration.add_keys(generation, algorithms);
        self.start_again().await
    }

    /// Restarts it with the keys of one generation alone.
    ///
    /// # Errors
    /// When it does not come up; the error has the end of its log.
    pub async fn withdraw_all_but(
        &mut self,
        generation: &str,
        algorithms: &[&str],
    ) -> Result<(), SuiteError> {
        self.stop().await?;
        self.configuration.set_keys(generation, algorithms);
        self.start_again().await
    }

    /// Stops the server in the middle of what it does: it takes connections and answers none.
    ///
    /// # Errors
    /// When it is not running.
    pub fn freeze(&self) -> Result<(), SuiteError> {
        self.signal("STOP")
    }

    /// Lets a frozen server go on.
    ///
    /// # Errors
    /// When it is not running.
    pub fn thaw(&self) -> Result<(), SuiteError> {
        self.signal("CONT")
    }

    fn signal(&self, signal: &str) -> Result<(), SuiteError> {
        self.process
            .as_ref()
            .ok_or_else(|| SuiteError::Program {
                program: "oidc-provider".to_owned(),
                problem: "is not running".to_owned(),
                tail: String::new(),
            })?
            .signal(signal, true)
    }

    fn write_configuration(&self) -> Result<PathBuf, SuiteError> {
        let mut configuration = json!(self.configuration);
        if let Some(members) = configuration.as_object_mut() {
            members.insert("port".to_owned(), json!(self.port));
            members.insert("keyFolder".to_owned(), json!(self.folder));
        }
        let path = self.folder.join("configuration.json");
        fs::write(&path, configuration.to_string()).map_err(SuiteError::file("writing", &path))?;
        Ok(path)
    }
}

/// How often a server has said that it listens.
fn readiness_lines(log: &PathBuf) -> usize {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines().filter(|line| *line == "ready").count()
}

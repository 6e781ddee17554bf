//! The service as a process of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use portcullis_real_servers::{Supervised, free_port, http_client};
use serde_json::Value;

use crate::{SUITE, SuiteError, until};

const READY_LIMIT: Duration = Duration::from_secs(30);
const END_LIMIT: Duration = Duration::from_secs(10);

/// What a replica reads from its environment.
#[derive(Debug, Clone)]
pub struct ReplicaSettings {
    /// The executable of `faults-service`.
    pub program: PathBuf,
    /// The realm, as it stands in `iss`.
    pub issuer: String,
    /// Further variables; what they are is in `faults-service`.
    pub variables: Vec<(&'static str, String)>,
    /// Words before the program, such as those that set its limits.
    pub wrapper: Vec<String>,
}

/// A running `faults-service`, on two loopback ports of its own: one for requests, one for those who watch
/// it. Dropping it kills it.
#[derive(Debug)]
pub struct Replica {
    settings: ReplicaSettings,
    port: u16,
    watched_at: u16,
    log: PathBuf,
    http: reqwest::Client,
    process: Option<Supervised>,
}

impl Replica {
    /// Starts it, and waits until it answers. Its first request is still to come.
    ///
    /// # Errors
    /// When it ends by itself, or does not answer within half a minute.
    pub async fn start(settings: ReplicaSettings) -> Result<Self, SuiteError> {
        let port = free_port()?;
        let mut replica = Self {
            settings,
            port,
            watched_at: free_port()?,
            log: SUITE.run_dir()?.join(format!("replica-{port}.log")),
            http: http_client()?,
            process: None,
        };
        replica.start_again().await?;
        Ok(replica)
    }

    /// Starts it on the same ports, after it was killed.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub async fn start_again(&mut self) -> Result<(), SuiteError> {
        let mut words = self.settings.wrapper.iter();
        let mut command = match words.next() {
            Some(first) => {
                let mut command = Command::new(first);
                command.args(words).arg(&self.settings.program);
                command
            }
            None => Command::new(&self.settings.program),
        };
        command
            .env("ISSUER", &self.settings.issuer)
            .env("PORT", self.port.to_string())
            .env("WATCHED_AT", self.watched_at.to_string())
            .env("NO_COLOR", "1")
            .envs(self.settings.variables.iter().cloned());
        let process = Supervised::spawn("faults-service", command, &self.log, &[])?;
        self.process = Some(process);
        until("a replica that answers", READY_LIMIT, async || {
            Ok(self.tasks().await.ok().map(drop))
        })
        .await
    }

    /// Where it takes requests.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The file that it writes to.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// How many tasks of tokio are alive in it, the one that counts included.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn tasks(&self) -> Result<u64, SuiteError> {
        let doing = "counting the tasks of a replica";
        let url = format!("http://127.0.0.1:{}/tasks", self.watched_at);
        let response = self.http.get(url).send().await;
        let response = response.map_err(SuiteError::http(doing))?;
        let answer: Value = response.json().await.map_err(SuiteError::http(doing))?;
        Ok(answer.as_u64().unwrap_or_default())
    }

    /// How many files and connections it has open, threads it has, and KiB of memory it has in use.
    ///
    /// # Errors
    /// When it does not run, or this machine does not say.
    pub fn held(&self) -> Result<Held, SuiteError> {
        let id = self.process.as_ref().map_or(0, Supervised::id);
        let folder = PathBuf::from(format!("/proc/{id}"));
        let status = folder.join("status");
        let text = fs::read_to_string(&status).map_err(SuiteError::file("reading", &status))?;
        let member = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|rest| rest.split_whitespace().next());
            number.and_then(|it| it.parse().ok()).unwrap_or_default()
        };
        let open = folder.join("fd");
        let open = fs::read_dir(&open).map_err(SuiteError::file("reading", &open))?;
        Ok(Held {
            descriptors: open.count() as u64,
            threads: member("Threads:"),
            memory: member("VmRSS:"),
        })
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.process
            .as_mut()
            .is_some_and(|process| process.ended().is_none())
    }

    /// Ends it in the middle of what it does.
    ///
    /// # Errors
    /// When it has ended before.
    pub async fn kill(&mut self) -> Result<(), SuiteError> {
        match self.process.take() {
            Some(process) => process.kill(END_LIMIT).await,
            None => Ok(()),
        }
    }
}

/// What a process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Files and connections.
    pub descriptors: u64,
    /// Threads.
    pub threads: u64,
    /// Memory in use (resident), in KiB.
    pub memory: u64,
}

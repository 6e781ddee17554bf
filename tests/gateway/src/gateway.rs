//! The forward-auth server as a process.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use portcullis_real_servers::{Supervised, free_port, http_client, tail};
use reqwest::StatusCode;

use crate::{SUITE, SuiteError, build::binary, until};

const READY_LIMIT: Duration = Duration::from_secs(30);
const SOON: Duration = Duration::from_secs(10);
const END_LIMIT: Duration = Duration::from_secs(30);

/// A `portcullis-gateway serve` with a file of its own. Dropping it ends it.
#[derive(Debug)]
pub struct Gateway {
    port: u16,
    management_port: u16,
    issuer: String,
    file: PathBuf,
    http: reqwest::Client,
    process: Option<Supervised>,
}

impl Gateway {
    /// Writes a file with this `[issuer]` and these further tables, and serves it to an nginx.
    ///
    /// # Errors
    /// When it does not build, ends by itself, or is not up in half a minute; the error has the end of
    /// its log.
    pub async fn start(issuer: &str, tables: &str) -> Result<Self, SuiteError> {
        let mut gateway = Self::prepare(issuer)?;
        gateway.write(tables)?;
        gateway.start_again().await?;
        Ok(gateway)
    }

    /// Serves this text, where `127.0.0.1:9180` and `127.0.0.1:9181` stand for its own two addresses.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub async fn serve(text: &str) -> Result<Self, SuiteError> {
        let mut gateway = Self::prepare("")?;
        let own = |port: u16| format!("127.0.0.1:{port}");
        let text = text.replace("127.0.0.1:9180", &own(gateway.port));
        let text = text.replace("127.0.0.1:9181", &own(gateway.management_port));
        gateway.write_text(&text)?;
        gateway.start_again().await?;
        Ok(gateway)
    }

    fn prepare(issuer: &str) -> Result<Self, SuiteError> {
        let port = free_port()?;
        Ok(Self {
            port,
            management_port: free_port()?,
            issuer: issuer.to_owned(),
            file: SUITE.run_dir()?.join(format!("gateway-{port}.toml")),
            http: http_client()?,
            process: None,
        })
    }

    /// Starts it on the same port, and waits until it listens.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub async fn start_again(&mut self) -> Result<(), SuiteError> {
        self.process = None;
        let mut command = Command::new(binary().await?);
        command
            .arg("serve")
            .arg(&self.file)
            .env("GATEWAY_SECRET", "gateway-secret")
            .env("RUST_LOG", "info")
            .env("NO_COLOR", "1");
        let mut process = Supervised::spawn("portcullis-gateway", command, &self.log()?, &[])?;
        let started = until("a gateway that listens", READY_LIMIT, async || {
            Ok(self.management("/metrics").await.ok())
        });
        started.await.map_err(|error| match process.check() {
            Ok(()) => error,
            Err(ended) => ended,
        })?;
        self.process = Some(process);
        Ok(())
    }

    /// Writes its file anew, with other tables. It is read again soon.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, tables: &str) -> Result<(), SuiteError> {
        self.write_for("nginx", tables)
    }

    /// The same for a gateway of this kind.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_for(&self, kind: &str, tables: &str) -> Result<(), SuiteError> {
        let (port, management_port) = (self.port, self.management_port);
        let text = format!(
            r#"
[forward_auth]
gateway = "{kind}"
listen = "127.0.0.1:{port}"
[management]
listen = "127.0.0.1:{management_port}"
[issuer]
{}
{tables}"#,
            self.issuer
        );
        self.write_text(&text)
    }

    /// In one step, as a careful operator does.
    fn write_text(&self, text: &str) -> Result<(), SuiteError> {
        let beside = self.file.with_extension("new");
        fs::write(&beside, text).map_err(SuiteError::file("writing", &beside))?;
        fs::rename(&beside, &self.file).map_err(SuiteError::file("renaming to", &self.file))
    }

    /// Tells it to read its file again, and waits until it has: `loaded` or `refused`.
    ///
    /// # Errors
    /// When it does not, or comes to another end than this.
    pub async fn reload(&self, outcome: &str) -> Result<(), SuiteError> {
        let series = format!("portcullis_gateway_reloads_total{{outcome=\"{outcome}\"}}");
        let before = self.metric(&series).await?;
        self.signal("HUP")?;
        until("the file is read again", SOON, async || {
            Ok((self.metric(&series).await? > before).then_some(()))
        })
        .await
    }

    /// The value of a series of its metrics; 0 where there is none.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn metric(&self, series: &str) -> Result<f64, SuiteError> {
        let (_, text) = self.management("/metrics").await?;
        let line = text.lines().find_map(|line| line.strip_prefix(series));
        Ok(line
            .and_then(|value| value.trim().parse().ok())
            .unwrap_or_default())
    }

    /// What is told at this path to those who run it.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn management(&self, path: &str) -> Result<(StatusCode, String), SuiteError> {
        let url = format!("http://127.0.0.1:{}{path}", self.management_port);
        let response = self
            .http
            .get(&url)
            .send()
            .await
            .map_err(SuiteError::http(&url))?;
        let status = response.status();
        Ok((
            status,
            response.text().await.map_err(SuiteError::http(&url))?,
        ))
    }

    /// A part of what it prints for nginx.
    ///
    /// # Errors
    /// When it does not.
    pub async fn nginx_part(&self, part: &str) -> Result<String, SuiteError> {
        self.printed("nginx", &["--part", part]).await
    }

    /// What it prints for a gateway of this kind, with these further arguments.
    ///
    /// # Errors
    /// When it does not.
    pub async fn printed(&self, kind: &str, arguments: &[&str]) -> Result<String, SuiteError> {
        let output = Command::new(binary().await?)
            .args(["config", kind])
            .args(arguments)
            .arg(&self.file)
            .output()
            .map_err(SuiteError::file(
                "printing the configuration of",
                &self.file,
            ))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(SuiteError::Program {
            program: format!("portcullis-gateway config {kind}"),
            problem: output.status.to_string(),
            tail: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Where it is asked.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What it has written to its log.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn logged(&self) -> Result<String, SuiteError> {
        let log = self.log()?;
        fs::read_to_string(&log).map_err(SuiteError::file("reading", &log))
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// When it is not running.
    pub fn signal(&self, signal: &str) -> Result<(), SuiteError> {
        let process = self.process.as_ref().ok_or_else(|| SuiteError::Program {
            program: "portcullis-gateway".to_owned(),
            problem: "is not running".to_owned(),
            tail: String::new(),
        })?;
        process.signal(signal, false)
    }

    /// Asks it to end (SIGTERM), and waits until it has.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn end(&mut self) -> Result<(), SuiteError> {
        match self.process.take() {
            Some(process) => process.end(END_LIMIT).await,
            None => Ok(()),
        }
    }

    /// Ends it in the middle of what it does.
    pub fn kill(&mut self) {
        self.process = None;
    }

    fn log(&self) -> Result<PathBuf, SuiteError> {
        Ok(SUITE.run_dir()?.join(format!("gateway-{}.log", self.port)))
    }

    /// The end of its log, for a message.
    ///
    /// # Errors
    /// When there is no folder for it.
    pub fn tail(&self) -> Result<String, SuiteError> {
        Ok(tail(&self.log()?))
    }
}

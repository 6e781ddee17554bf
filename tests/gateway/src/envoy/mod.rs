//! A real Envoy.

mod installation;

use std::{fs, path::PathBuf, time::Duration};

use portcullis_real_servers::{Supervised, free_port};
use tokio::net::TcpStream;

pub use self::installation::EnvoyInstallation;
use crate::{Gateway, SUITE, SuiteError, Upstream, until};

const READY_LIMIT: Duration = Duration::from_secs(60);

/// An Envoy in front of an upstream, that asks a gateway: with the configuration that the gateway prints, as
/// it is. Dropping it ends it.
#[derive(Debug)]
pub struct Envoy {
    port: u16,
    log: PathBuf,
    process: Supervised,
}

impl Envoy {
    /// Starts it and waits until it listens.
    ///
    /// # Errors
    /// [`SuiteError::Unavailable`] when there is no Envoy to be had; otherwise the error has the end of its
    /// log.
    pub async fn start(gateway: &Gateway, upstream: &Upstream) -> Result<Self, SuiteError> {
        let installation = EnvoyInstallation::find().await?;
        let port = free_port()?;
        let folder = SUITE.run_dir()?.join(format!("envoy-{port}"));
        fs::create_dir_all(&folder).map_err(SuiteError::file("creating", &folder))?;
        let file = folder.join("envoy.yaml");
        let (listen, guarded) = (
            format!("127.0.0.1:{port}"),
            format!("127.0.0.1:{}", upstream.port()),
        );
        let places = ["--listen", &listen, "--upstream", &guarded];
        let text = gateway.printed("envoy", &places).await?;
        fs::write(&file, text).map_err(SuiteError::file("writing", &file))?;
        let mut command = installation.command();
        command.arg("--config-path").arg(&file);
        // Several run at a time.
        command.args(["--disable-hot-restart", "--concurrency", "1"]);
        let log = folder.join("log");
        let mut process = Supervised::spawn("envoy", command, &log, &[])?;
        let listens = until("an Envoy that listens", READY_LIMIT, async || {
            Ok(TcpStream::connect(("127.0.0.1", port)).await.ok())
        });
        // Why it has ended is worth more than that it does not listen.
        listens
            .await
            .or_else(|error| process.check().and(Err(error)))?;
        Ok(Self { port, log, process })
    }

    /// Where it listens.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its log.
    #[must_use]
    pub const fn log(&self) -> &PathBuf {
        &self.log
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn end(self) -> Result<(), SuiteError> {
        self.process.end(READY_LIMIT).await
    }
}

//! A running Redis.

use std::{fs, path::PathBuf, time::Duration};

use portcullis_real_servers::{Supervised, free_port, tail};
use redis::{Client, Cmd, FromRedisValue, RedisError, aio::MultiplexedConnection};
use tokio::time::{Instant, sleep};
use url::Url;

use crate::{Configuration, Installation, SUITE, SuiteError};

const READY_LIMIT: Duration = Duration::from_secs(20);
const END_LIMIT: Duration = Duration::from_secs(10);

/// A Redis on a loopback port and in a folder of its own. Dropping it, or the end of this process,
/// ends it.
#[derive(Debug)]
pub struct RedisServer {
    installation: Installation,
    pub(crate) configuration: Configuration,
    pub(crate) port: u16,
    tls_port: Option<u16>,
    /// Its configuration, its data and its log.
    folder: PathBuf,
    process: Option<Supervised>,
}

impl RedisServer {
    /// Starts an empty server and waits until it answers.
    ///
    /// # Errors
    /// [`SuiteError::Unavailable`] when there is no `redis-server` on this machine; otherwise the
    /// error has the end of its log.
    pub async fn start(configuration: Configuration) -> Result<Self, SuiteError> {
        let installation = Installation::find()?;
        let port = free_port()?;
        let tls_port = configuration.speaks_tls().then(free_port).transpose()?;
        let folder = SUITE.run_dir()?.join(format!("server-{port}"));
        fs::create_dir_all(&folder).map_err(SuiteError::file("creating", &folder))?;
        let mut server = Self {
            installation,
            configuration,
            port,
            tls_port,
            folder,
            process: None,
        };
        server.start_again().await?;
        Ok(server)
    }

    /// The same for a test that is skipped, aloud, where there is no `redis-server`: `None`.
    ///
    /// # Errors
    /// The error has the end of the server's log. With `CI=true` a missing server is one as well.
    pub async fn start_or_skip(configuration: Configuration) -> Result<Option<Self>, SuiteError> {
        match Self::start(configuration).await {
            Ok(server) => Ok(Some(server)),
            Err(SuiteError::Unavailable(reason)) => match SUITE.skip(&reason) {
                Ok(()) => Ok(None),
                Err(line) => Err(SuiteError::Unavailable(line)),
            },
            Err(error) => Err(error),
        }
    }

    /// `redis://127.0.0.1:PORT/`, with the password if there is one.
    #[must_use]
    pub fn url(&self) -> String {
        let plain = format!("redis://127.0.0.1:{}/", self.port);
        let Some(password) = self.configuration.secret() else {
            return plain;
        };
        let Ok(mut url) = Url::parse(&plain) else {
            return plain;
        };
        // An address with a host can have a password.
        let _ = url.set_password(Some(password));
        url.into()
    }

    /// `rediss://127.0.0.1:PORT/`, of one that speaks [TLS](Configuration::tls).
    #[must_use]
    pub fn tls_url(&self) -> Option<String> {
        let port = self.tls_port?;
        Some(format!("rediss://127.0.0.1:{port}/"))
    }

    /// The port that it listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// A connection of the test's own. It does not come back once the server is gone.
    ///
    /// # Errors
    /// When the server does not take it.
    pub async fn connect(&self) -> Result<MultiplexedConnection, SuiteError> {
        let connect = async {
            let client = Client::open(self.url())?;
            client.get_multiplexed_async_connection().await
        };
        connect
            .await
            .map_err(|error| self.failed("connecting", &error))
    }

    /// One command over a connection of its own.
    ///
    /// # Errors
    /// When the server cannot be reached, refuses the command, or answers something else.
    pub async fn run<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, SuiteError> {
        let mut connection = self.connect().await?;
        let answer = command.query_async(&mut connection).await;
        answer.map_err(|error| self.failed("running a command", &error))
    }

    /// Removes everything that it holds.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn flush(&self) -> Result<(), SuiteError> {
        self.run(&redis::cmd("FLUSHALL")).await
    }

    /// Ends the server in good order.
    ///
    /// # Errors
    /// When it does not end, for example because it is frozen. It is killed then.
    pub async fn stop(&mut self) -> Result<(), SuiteError> {
        match self.process.take() {
            Some(process) => process.end(END_LIMIT).await,
            None => Ok(()),
        }
    }

    /// Ends the server in the middle of what it does, frozen or not.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it on the same port and waits until it answers. It holds what it held if it is
    /// [persistent](Configuration::persistent), nothing otherwise; a replica asks its master again.
    ///
    /// # Errors
    /// When it does not come up; the error has the end of its log.
    pub async fn start_again(&mut self) -> Result<(), SuiteError> {
        self.process = None;
        let file = self.folder.join("redis.conf");
        let text = self
            .configuration
            .text(self.port, self.tls_port, &self.folder);
        self.configuration
            .write_certificates(&self.folder)
            .map_err(SuiteError::file("writing certificates into", &self.folder))?;
        fs::write(&file, text).map_err(SuiteError::file("writing", &file))?;
        let mut command = self.installation.command();
        command.arg(&file).current_dir(&self.folder);
        let process = Supervised::spawn("redis-server", command, &self.log(), &[])?;
        self.process = Some(process);
        let begun = Instant::now();
        loop {
            if let Some(process) = &mut self.process {
                process.check()?;
            }
            match self.run::<String>(&redis::cmd("PING")).await {
                Ok(_) => return Ok(()),
                Err(error) if begun.elapsed() > READY_LIMIT => return Err(error),
                Err(_) => sleep(Duration::from_millis(10)).await,
            }
        }
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
                program: "redis-server".to_owned(),
                problem: "is not running".to_owned(),
                tail: String::new(),
            })?
            .signal(signal, true)
    }

    pub(crate) fn failed(&self, doing: &str, error: &RedisError) -> SuiteError {
        SuiteError::Program {
            program: "redis-server".to_owned(),
            problem: format!("{doing}: {error}"),
            tail: tail(&self.log()),
        }
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }
}

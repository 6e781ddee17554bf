//! The templates as processes.

use std::{fs, path::Path, time::Duration};

use reqwest::{Method, StatusCode};

mod answer;
mod build;

pub use self::answer::Answer;
use portcullis_real_servers::{Supervised, free_port, http_client, tail};

use crate::{SUITE, SuiteError, until};

const READY_LIMIT: Duration = Duration::from_secs(30);
const LOG_LIMIT: Duration = Duration::from_secs(10);

/// A template of the project's, by its folder below `examples/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// `axum-keycloak`
    Keycloak,
    /// `axum-instant-logout`
    InstantLogout,
}

impl Template {
    const fn name(self) -> &'static str {
        match self {
            Self::Keycloak => "axum-keycloak",
            Self::InstantLogout => "axum-instant-logout",
        }
    }
}

/// What the example reads from its environment.
#[derive(Debug, Clone)]
pub struct Settings<'a> {
    /// Which template is started.
    pub template: Template,
    /// `ISSUER`
    pub issuer: &'a str,
    /// `AUDIENCE`
    pub audience: &'a str,
    /// `CLIENT_ID`, of the client that introspects
    pub client_id: &'a str,
    /// `CLIENT_SECRET`
    pub client_secret: &'a str,
    /// Further variables.
    pub variables: Vec<(&'a str, String)>,
    /// Where it listens; any free port unless set.
    pub port: Option<u16>,
}

/// The running example, on a loopback port of its own. Dropping it ends it.
#[derive(Debug)]
pub struct Example {
    base_url: String,
    management_url: String,
    http: reqwest::Client,
    process: Supervised,
}

impl Example {
    /// Builds the example, unless it is built, starts it, and waits until `/healthz` answers 200.
    ///
    /// # Errors
    /// When it does not build, ends by itself, or does not answer within half a minute; the error
    /// has the end of its log.
    pub async fn start(settings: Settings<'_>) -> Result<Self, SuiteError> {
        let name = settings.template.name();
        let mut command = std::process::Command::new(settings.template.binary().await?);
        let port = match settings.port {
            Some(port) => port,
            None => free_port()?,
        };
        let management_port = free_port()?;
        command
            .env("ISSUER", settings.issuer)
            .env("AUDIENCE", settings.audience)
            .env("CLIENT_ID", settings.client_id)
            .env("CLIENT_SECRET", settings.client_secret)
            .env("LISTEN", format!("127.0.0.1:{port}"))
            .env("MANAGEMENT_LISTEN", format!("127.0.0.1:{management_port}"))
            .env("RUST_LOG", "info,portcullis=debug")
            .env("NO_COLOR", "1")
            .envs(settings.variables);
        let log = SUITE.run_dir()?.join(format!("example-{port}.log"));
        let mut example = Self {
            base_url: format!("http://127.0.0.1:{port}"),
            management_url: format!("http://127.0.0.1:{management_port}"),
            http: http_client()?,
            process: Supervised::spawn(name, command, &log, &[])?,
        };
        SUITE
            .during("starting the example", example.ready())
            .await?;
        Ok(example)
    }

    async fn ready(&mut self) -> Result<(), SuiteError> {
        let begun = tokio::time::Instant::now();
        loop {
            self.process.check()?;
            let answer = self.send(Method::GET, "/healthz", None).await;
            if answer.is_ok_and(|answer| answer.status == StatusCode::OK) {
                return Ok(());
            }
            if begun.elapsed() > READY_LIMIT {
                return Err(SuiteError::TimedOut {
                    what: "the example's /healthz should answer 200".to_owned(),
                    limit: READY_LIMIT,
                    tail: tail(self.process.log()),
                });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// `GET path` with a bearer token.
    ///
    /// # Errors
    /// When there is no answer at all.
    pub async fn get(&self, path: &str, token: &str) -> Result<Answer, SuiteError> {
        self.send(Method::GET, path, Some(&format!("Bearer {token}")))
            .await
    }

    /// `POST path` with a bearer token.
    ///
    /// # Errors
    /// When there is no answer at all.
    pub async fn post(&self, path: &str, token: &str) -> Result<Answer, SuiteError> {
        self.send(Method::POST, path, Some(&format!("Bearer {token}")))
            .await
    }

    /// A request with this `Authorization`, or with none.
    ///
    /// # Errors
    /// When there is no answer at all.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        authorization: Option<&str>,
    ) -> Result<Answer, SuiteError> {
        let doing = format!("{method} {path}");
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base_url));
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let response = request.send().await.map_err(SuiteError::http(&doing))?;
        Answer::read(doing, response).await
    }

    /// Where it listens.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// A metric's value, summed over the series whose line `wanted` picks; 0 if there is none.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn metric(
        &self,
        name: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<f64, SuiteError> {
        let text = self.managed("/metrics").await?.body;
        let values = text
            .lines()
            .filter(|line| line.starts_with(name) && wanted(line))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        Ok(values.sum())
    }

    /// `GET path` on the listener for those who run it.
    ///
    /// # Errors
    /// When there is no answer at all.
    pub async fn managed(&self, path: &str) -> Result<Answer, SuiteError> {
        let doing = format!("GET {path}");
        let request = self.http.get(format!("{}{path}", self.management_url));
        let response = request.send().await.map_err(SuiteError::http(&doing))?;
        Answer::read(doing, response).await
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    /// When it does not end within half a minute.
    pub async fn stop(self) -> Result<(), SuiteError> {
        self.process.end(READY_LIMIT).await
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.process.ended().is_none()
    }

    /// The lines of its log that `wanted` picks.
    #[must_use]
    pub fn log_lines(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        lines(self.process.log(), wanted)
    }

    /// Waits until the log has a line that `wanted` picks.
    ///
    /// # Errors
    /// When there is none within ten seconds; the error has the end of the log.
    pub async fn wait_for_log(
        &self,
        what: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<String, SuiteError> {
        let log = self.process.log();
        let found = until(what, LOG_LIMIT, async || Ok(lines(log, &wanted).pop())).await;
        found.map_err(|_| SuiteError::TimedOut {
            what: format!("a log line: {what}"),
            limit: LOG_LIMIT,
            tail: tail(log),
        })
    }
}

fn lines(log: &Path, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines()
        .filter(|line| wanted(line))
        .map(str::to_owned)
        .collect()
}

use std::{env, error::Error, fmt, net::SocketAddr, time::Duration};

use axum::http::Uri;

use crate::upstream::Upstream;

/// What the environment says.
pub(crate) struct Config {
    /// The realm, as it stands in `iss`.
    pub(crate) issuer: String,
    /// What stands in `aud` of tokens for the services behind.
    pub(crate) audience: String,
    /// As whom Keycloak is asked about tokens.
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// The service behind.
    pub(crate) upstream: Upstream,
    /// How long it may take to begin an answer, and from one piece of it to the next.
    pub(crate) upstream_patience: Duration,
    /// Where the gateway listens.
    pub(crate) listen: SocketAddr,
    /// Where those who run it see its numbers, and why it is not ready.
    pub(crate) management_listen: SocketAddr,
    /// How long it goes on, and says that it is not ready, after the signal to stop.
    pub(crate) linger: Duration,
}

/// What is missing or cannot be used, all of it at once.
#[derive(Debug)]
pub(crate) struct ConfigError {
    problems: Vec<(&'static str, String)>,
}

impl Config {
    pub(crate) fn from_env() -> Result<Self, ConfigError> {
        let mut read = Read::default();
        let issuer = read.required(
            "ISSUER",
            "the realm's address as it stands in `iss`, such as http://127.0.0.1:8080/realms/shop",
        );
        let audience = read.required(
            "AUDIENCE",
            "what stands in `aud` of tokens for the services behind",
        );
        let client_id = read.required(
            "CLIENT_ID",
            "the confidential client that asks Keycloak about tokens",
        );
        let client_secret = read.required(
            "CLIENT_SECRET",
            "the secret of CLIENT_ID (in Keycloak: Clients, the client, Credentials)",
        );
        let upstream = read.upstream();
        let upstream_patience = read.seconds("UPSTREAM_SECONDS", 30);
        let listen = read.address("LISTEN", 3000);
        let management_listen = read.address("MANAGEMENT_LISTEN", 9464);
        let linger = read.seconds("LINGER_SECONDS", 5);
        match upstream {
            Some(upstream) if read.problems.is_empty() => Ok(Self {
                issuer,
                audience,
                client_id,
                client_secret,
                upstream,
                upstream_patience,
                listen,
                management_listen,
                linger,
            }),
            _ => Err(ConfigError {
                problems: read.problems,
            }),
        }
    }
}

/// Reads variables, and keeps what is wrong with them.
#[derive(Default)]
struct Read {
    problems: Vec<(&'static str, String)>,
}

impl Read {
    fn required(&mut self, variable: &'static str, what: &str) -> String {
        optional(variable).unwrap_or_else(|| {
            self.problems.push((variable, what.to_owned()));
            String::new()
        })
    }

    fn upstream(&mut self) -> Option<Upstream> {
        let address = optional("UPSTREAM").and_then(|address| address.parse::<Uri>().ok());
        let upstream = address.and_then(|address| Upstream::at(&address));
        if upstream.is_none() {
            let what =
                "the service behind, such as http://127.0.0.1:4000: plain http, without a path";
            self.problems.push(("UPSTREAM", what.to_owned()));
        }
        upstream
    }

    fn seconds(&mut self, variable: &'static str, otherwise: u64) -> Duration {
        let Some(text) = optional(variable) else {
            return Duration::from_secs(otherwise);
        };
        let seconds = text.parse().unwrap_or_else(|_| {
            let what = format!("a number of seconds, such as {otherwise}");
            self.problems.push((variable, what));
            otherwise
        });
        Duration::from_secs(seconds)
    }

    fn address(&mut self, variable: &'static str, port: u16) -> SocketAddr {
        let otherwise = SocketAddr::from(([127, 0, 0, 1], port));
        let Some(address) = optional(variable) else {
            return otherwise;
        };
        address.parse().unwrap_or_else(|_| {
            let what = format!("an address and a port, such as {otherwise}");
            self.problems.push((variable, what));
            otherwise
        })
    }
}

/// A variable that is set to something.
fn optional(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these environment variables are missing or cannot be used:")?;
        for (variable, what) in &self.problems {
            write!(f, "\n  {variable}: {what}")?;
        }
        Ok(())
    }
}

impl Error for ConfigError {}

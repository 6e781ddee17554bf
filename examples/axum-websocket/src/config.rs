use std::{env, error::Error, fmt, net::SocketAddr, num::NonZeroUsize, time::Duration};

/// What the environment says.
pub(crate) struct Config {
    /// The realm, as it stands in `iss`.
    pub(crate) issuer: String,
    /// What stands in `aud` of tokens for this service.
    pub(crate) audience: String,
    /// As whom Keycloak is asked about tokens.
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// The clients that hold the sessions, which Keycloak tells of their end.
    pub(crate) logout_audiences: Vec<String>,
    /// How old Keycloak's answer about the token of an open socket may become.
    pub(crate) recheck_every: Duration,
    /// How many sockets may be open at a time.
    pub(crate) sockets: usize,
    /// The origins of the pages that may open sockets.
    pub(crate) origins: Vec<String>,
    /// Where this service listens.
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
        let config = Self {
            issuer: read.required(
                "ISSUER",
                "the realm's address as it stands in `iss`, such as http://127.0.0.1:8080/realms/shop",
            ),
            audience: read.required("AUDIENCE", "what stands in `aud` of tokens for this service"),
            client_id: read.required(
                "CLIENT_ID",
                "the confidential client that asks Keycloak about tokens",
            ),
            client_secret: read.required(
                "CLIENT_SECRET",
                "the secret of CLIENT_ID (in Keycloak: Clients, the client, Credentials)",
            ),
            logout_audiences: list("LOGOUT_AUDIENCES"),
            recheck_every: read.seconds("RECHECK_SECONDS", 30),
            sockets: read.count("SOCKETS", 1000),
            origins: list("ORIGINS"),
            listen: read.address("LISTEN", 3000),
            management_listen: read.address("MANAGEMENT_LISTEN", 9464),
            linger: read.seconds("LINGER_SECONDS", 5),
        };
        if read.problems.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError {
                problems: read.problems,
            })
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

    fn count(&mut self, variable: &'static str, otherwise: usize) -> usize {
        let Some(text) = optional(variable) else {
            return otherwise;
        };
        text.parse().map_or_else(
            |_| {
                let what = format!("a number from 1 on, such as {otherwise}");
                self.problems.push((variable, what));
                otherwise
            },
            NonZeroUsize::get,
        )
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

/// What is separated by commas.
fn list(variable: &str) -> Vec<String> {
    let text = optional(variable).unwrap_or_default();
    let items = text.split(',').map(|item| item.trim().to_owned());
    items.filter(|item| !item.is_empty()).collect()
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

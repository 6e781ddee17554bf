use std::{env, error::Error, fmt, fs, net::SocketAddr, time::Duration};

use crate::directory::Directory;

/// What the environment says.
pub(crate) struct Config {
    /// The tenants of this service.
    pub(crate) directory: Directory,
    /// What stands in `aud` of tokens for this API, whoever's they are.
    pub(crate) audience: String,
    /// As whom each tenant's server is asked about tokens.
    pub(crate) client_id: String,
    /// Under which domain each tenant has a host; `None` where the path names the tenant.
    pub(crate) tenant_domain: Option<String>,
    /// Where this API listens.
    pub(crate) listen: SocketAddr,
    /// Where those who run it see its numbers.
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
            directory: read.directory(),
            audience: read.required("AUDIENCE", "what stands in `aud` of tokens for this API"),
            client_id: read.required(
                "CLIENT_ID",
                "the confidential client that asks each tenant's server about tokens",
            ),
            tenant_domain: optional("TENANT_DOMAIN").map(|domain| domain.to_lowercase()),
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

    fn directory(&mut self) -> Directory {
        let path = self.required(
            "TENANTS",
            "the file that lists the tenants, as tenants.json does",
        );
        if path.is_empty() {
            return Directory::default();
        }
        let read = fs::read_to_string(&path)
            .map_err(|error| format!("{path}: {error}"))
            .and_then(|json| {
                Directory::from_json(&json).map_err(|error| format!("{path}: {error}"))
            });
        read.unwrap_or_else(|problem| {
            self.problems.push(("TENANTS", problem));
            Directory::default()
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

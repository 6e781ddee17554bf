use std::{env, error::Error, fmt, net::SocketAddr, time::Duration};

/// What the environment says.
pub(crate) struct Config {
    /// The issuer, as it stands in `iss`.
    pub(crate) issuer: String,
    /// What stands in `aud` of tokens for this service.
    pub(crate) audience: String,
{%- if verifier != "jwt" %}
    /// As whom the issuer is asked about tokens.
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
{%- endif %}
    /// Where this service listens.
    pub(crate) listen: SocketAddr,
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
            // Nothing stands in for either: whoever forgets one is told, and trusts nobody by mistake.
            issuer: read.required("ISSUER", "the issuer's address as it stands in `iss`"),
            audience: read.required(
                "AUDIENCE",
                "what stands in `aud` of tokens for this service",
            ),
{%- if verifier != "jwt" %}
            client_id: read.required(
                "CLIENT_ID",
                "the confidential client that asks the issuer about tokens",
            ),
            client_secret: read.required("CLIENT_SECRET", "the secret of CLIENT_ID"),
{%- endif %}
            listen: read.address("LISTEN", 3000),
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

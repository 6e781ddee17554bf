use std::{env, error::Error, fmt, net::SocketAddr};

/// What is taken where the environment says nothing.
const ISSUER: &str = "{{issuer}}";
const AUDIENCE: &str = "{{audience}}";

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
            issuer: optional("ISSUER").unwrap_or_else(|| ISSUER.to_owned()),
            audience: optional("AUDIENCE").unwrap_or_else(|| AUDIENCE.to_owned()),
{%- if verifier != "jwt" %}
            client_id: read.required(
                "CLIENT_ID",
                "the confidential client that asks the issuer about tokens",
            ),
            client_secret: read.required("CLIENT_SECRET", "the secret of CLIENT_ID"),
{%- endif %}
            listen: read.address("LISTEN", 3000),
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
{%- if verifier != "jwt" %}
    fn required(&mut self, variable: &'static str, what: &str) -> String {
        optional(variable).unwrap_or_else(|| {
            self.problems.push((variable, what.to_owned()));
            String::new()
        })
    }

{%- endif %}
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

use std::{env, error::Error, fmt, net::SocketAddr, time::Duration};

use axum::http::Uri;

/// What the environment says.
pub(crate) struct Config {
    /// The authorization server, as it stands in `iss` where its answers have one.
    pub(crate) issuer: String,
    /// Where tokens are introspected; discovered unless set.
    pub(crate) introspection_endpoint: Option<String>,
    /// As whom the server is asked about tokens.
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// What stands in `aud` of tokens for this API; `None` takes tokens for whatever audience.
    pub(crate) audience: Option<String>,
    /// Where this API listens.
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
        let introspection_endpoint = optional("INTROSPECTION_ENDPOINT");
        let config = Self {
            issuer: read.issuer(introspection_endpoint.as_deref()),
            introspection_endpoint,
            client_id: read.required("CLIENT_ID", "the client that asks the server about tokens"),
            client_secret: read.required("CLIENT_SECRET", "the secret of CLIENT_ID"),
            audience: read.audience(),
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
    fn problem(&mut self, variable: &'static str, what: impl Into<String>) {
        self.problems.push((variable, what.into()));
    }

    fn required(&mut self, variable: &'static str, what: &str) -> String {
        optional(variable).unwrap_or_else(|| {
            self.problem(variable, what);
            String::new()
        })
    }

    /// `ISSUER`, or the origin of an endpoint that is named instead: nothing is fetched from there.
    fn issuer(&mut self, endpoint: Option<&str>) -> String {
        if let Some(issuer) = optional("ISSUER") {
            return issuer;
        }
        let Some(endpoint) = endpoint else {
            self.problem(
                "ISSUER",
                "the authorization server, such as https://id.example.com, or INTROSPECTION_ENDPOINT where it publishes no metadata",
            );
            return String::new();
        };
        origin(endpoint).unwrap_or_else(|| {
            self.problem(
                "INTROSPECTION_ENDPOINT",
                "an absolute URL, such as https://id.example.com/introspect",
            );
            String::new()
        })
    }

    fn audience(&mut self) -> Option<String> {
        let audience = optional("AUDIENCE");
        match (&audience, optional("DANGER_NO_AUDIENCE").as_deref()) {
            (Some(_), None) | (None, Some("1")) => {}
            (Some(_), Some(_)) => self.problem(
                "DANGER_NO_AUDIENCE",
                "contradicts AUDIENCE: leave one of them out",
            ),
            (None, None) => self.problem(
                "AUDIENCE",
                "what stands in `aud` of tokens for this API; where the server's answers have no `aud`, DANGER_NO_AUDIENCE=1 takes every token of the server",
            ),
            (None, Some(_)) => self.problem("DANGER_NO_AUDIENCE", "1, or nothing"),
        }
        audience
    }

    fn seconds(&mut self, variable: &'static str, otherwise: u64) -> Duration {
        let Some(text) = optional(variable) else {
            return Duration::from_secs(otherwise);
        };
        let seconds = text.parse().unwrap_or_else(|_| {
            let what = format!("a number of seconds, such as {otherwise}");
            self.problem(variable, what);
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
            self.problem(variable, what);
            otherwise
        })
    }
}

/// A variable that is set to something.
fn optional(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

fn origin(url: &str) -> Option<String> {
    let url: Uri = url.parse().ok()?;
    Some(format!("{}://{}", url.scheme_str()?, url.authority()?))
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

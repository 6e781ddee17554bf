use std::{env, error::Error, fmt, net::SocketAddr};

/// What the environment says.
pub(crate) struct Config {
    /// The realm, as it stands in `iss`.
    pub(crate) issuer: String,
    /// What stands in `aud` of tokens for this API.
    pub(crate) audience: String,
    /// As whom Keycloak is asked about tokens.
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// Where this API listens.
    pub(crate) listen: SocketAddr,
}

/// What is missing or cannot be used, all of it at once.
#[derive(Debug)]
pub(crate) struct ConfigError {
    problems: Vec<(&'static str, &'static str)>,
}

impl Config {
    pub(crate) fn from_env() -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        let mut required = |variable, cure| {
            let value = env::var(variable).unwrap_or_default();
            if value.is_empty() {
                problems.push((variable, cure));
            }
            value
        };
        let issuer = required(
            "ISSUER",
            "the realm's address as it stands in `iss`, such as http://127.0.0.1:8080/realms/shop",
        );
        let audience = required("AUDIENCE", "what stands in `aud` of tokens for this API");
        let client_id = required(
            "CLIENT_ID",
            "the confidential client that asks Keycloak about tokens",
        );
        let client_secret = required(
            "CLIENT_SECRET",
            "the secret of CLIENT_ID (in Keycloak: Clients, the client, Credentials)",
        );
        let listen = address("LISTEN", "127.0.0.1:3000");
        if listen.is_none() {
            problems.push(("LISTEN", "an address and a port, such as 127.0.0.1:3000"));
        }
        let (true, Some(listen)) = (problems.is_empty(), listen) else {
            return Err(ConfigError { problems });
        };
        Ok(Self {
            issuer,
            audience,
            client_id,
            client_secret,
            listen,
        })
    }
}

fn address(variable: &str, otherwise: &str) -> Option<SocketAddr> {
    let address = env::var(variable);
    address.as_deref().unwrap_or(otherwise).parse().ok()
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

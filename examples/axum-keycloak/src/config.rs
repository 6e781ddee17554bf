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

/// A variable is missing or cannot be used.
#[derive(Debug)]
pub(crate) struct ConfigError {
    variable: &'static str,
    cure: &'static str,
}

impl Config {
    pub(crate) fn from_env() -> Result<Self, ConfigError> {
        let issuer = "set it to the realm's address as it stands in `iss`, such as http://127.0.0.1:8080/realms/shop";
        let audience = "set it to what stands in `aud` of tokens for this API";
        let client = "set it to the confidential client that asks Keycloak about tokens";
        let listen = "set it to an address and a port, such as 127.0.0.1:3000";
        Ok(Self {
            issuer: required("ISSUER", issuer)?,
            audience: required("AUDIENCE", audience)?,
            client_id: required("CLIENT_ID", client)?,
            client_secret: required("CLIENT_SECRET", client)?,
            listen: env::var("LISTEN")
                .unwrap_or_else(|_| "127.0.0.1:3000".to_owned())
                .parse()
                .map_err(|_| ConfigError {
                    variable: "LISTEN",
                    cure: listen,
                })?,
        })
    }
}

fn required(variable: &'static str, cure: &'static str) -> Result<String, ConfigError> {
    env::var(variable)
        .ok()
        .filter(|value| !value.is_empty())
        .ok_or(ConfigError { variable, cure })
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variable, cure } = self;
        write!(
            f,
            "the environment variable {variable} is missing or unusable: {cure}"
        )
    }
}

impl Error for ConfigError {}

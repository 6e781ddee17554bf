use std::{env, fs, path::Path, time::Duration};

use portcullis::{AccessTokenProfile, ConfigError, Issuer, IssuerBuilder, Realm, ReqwestClient};

use url::Url;

use super::{arguments::Arguments, client::Client, keycloak::KeycloakRealm, witness::Witness};
use crate::token::{Pasted, Token, TokenSource, TokenSourceError};

/// What a service would be configured with, and the token that it is shown.
pub(super) struct Settings {
    pub(super) issuer: String,
    pub(super) audiences: Vec<String>,
    pub(super) client: Option<Client>,
    pub(super) token: Option<ShownToken>,
    pub(super) leeway: Duration,
    pub(super) realm: Option<KeycloakRealm>,
    pub(super) witness: Witness,
    fetch_from: Option<String>,
    allows_http: bool,
}

/// A token as it was pasted, and as it reads.
pub(super) struct ShownToken {
    pub(super) pasted: Pasted,
    /// `None` for what is no token.
    pub(super) read: Option<Token>,
}

/// The command was given wrongly.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsageError {
    #[error("the environment variable {0} of `--client-secret-env` is not set, or is no text")]
    NoSecret(String),
    #[error("`--client-id` needs `--client-secret-env` or `--client-key`")]
    NoCredentials,
    #[error("{path} cannot be read: {source}")]
    File {
        path: String,
        source: std::io::Error,
    },
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Token(#[from] TokenSourceError),
}

impl Settings {
    pub(super) fn read(arguments: &Arguments) -> Result<Self, UsageError> {
        let mut http = ReqwestClient::builder();
        if let Some(path) = &arguments.root_certificate {
            http = http.root_certificate(read(path)?);
        }
        Ok(Self {
            issuer: arguments.issuer.clone(),
            audiences: arguments.audience.clone(),
            client: client(arguments)?,
            token: token(arguments)?,
            leeway: Duration::from_secs(arguments.leeway),
            realm: KeycloakRealm::of(&arguments.issuer),
            witness: Witness::new(http.build()?),
            fetch_from: arguments.fetch_from.clone(),
            allows_http: arguments.danger_allow_http,
        })
    }

    /// The issuer as it may be printed: a user name or password in it is left out.
    pub(super) fn shown_issuer(&self) -> String {
        let parsed = Url::parse(&self.issuer).ok();
        let with_user = parsed.filter(|url| !url.username().is_empty() || url.password().is_some());
        match with_user {
            None => self.issuer.clone(),
            Some(url) => format!("{}://[redacted]", url.scheme()),
        }
    }

    /// Where the issuer is reached from here.
    pub(super) fn base(&self) -> &str {
        self.fetch_from.as_deref().unwrap_or(&self.issuer)
    }

    /// The issuer as a service would describe it.
    pub(super) fn issuer(&self) -> Result<IssuerBuilder, ConfigError> {
        let builder = match Realm::new(&self.issuer) {
            Ok(realm) => realm,
            // A slash at its end: what the server calls itself shows when it is asked.
            Err(_) if self.realm.is_some() => {
                Issuer::builder(&self.issuer)?.profile(AccessTokenProfile::Keycloak)
            }
            Err(_) => Issuer::builder(&self.issuer)?,
        };
        let builder = builder
            .leeway(self.leeway)
            .http_client(self.witness.clone());
        let builder = match self.audiences.as_slice() {
            [] => builder.danger_any_audience(),
            named => named.iter().fold(builder, IssuerBuilder::audience),
        };
        let builder = match &self.fetch_from {
            Some(address) => builder.fetch_from(address),
            None => builder,
        };
        Ok(if self.allows_http {
            builder.danger_allow_http()
        } else {
            builder
        })
    }
}

fn client(arguments: &Arguments) -> Result<Option<Client>, UsageError> {
    let Some(id) = arguments.client_id.clone() else {
        return Ok(None);
    };
    if let Some(variable) = &arguments.client_secret_env {
        let secret = env::var(variable).map_err(|_| UsageError::NoSecret(variable.clone()))?;
        let (method, encoding) = (arguments.client_method, arguments.basic_encoding);
        return Ok(Some(Client::with_secret(id, secret, method, encoding)));
    }
    let path = arguments.client_key.as_deref();
    let key = read(path.ok_or(UsageError::NoCredentials)?)?;
    Ok(Some(Client::with_key(id, &key)?))
}

fn token(arguments: &Arguments) -> Result<Option<ShownToken>, UsageError> {
    let Some(argument) = arguments.token.as_deref() else {
        return Ok(None);
    };
    let pasted = Pasted::clean(&TokenSource::of(Some(argument)).read()?);
    let read = Token::read(&pasted.token);
    Ok(Some(ShownToken { pasted, read }))
}

fn read(path: &Path) -> Result<Vec<u8>, UsageError> {
    fs::read(path).map_err(|source| UsageError::File {
        path: path.display().to_string(),
        source,
    })
}

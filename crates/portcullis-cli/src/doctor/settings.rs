use std::{env, fs, path::Path, time::Duration};

use portcullis::{
    AccessTokenProfile, Algorithm, ClientCertificate, ConfigError, Issuer, IssuerBuilder, Realm,
    ReqwestClient,
};
use url::{Host, Url};

use super::{
    arguments::{Arguments, Profile},
    client::Client,
    witness::Witness,
};
use crate::{
    keycloak::KeycloakRealm,
    token::{Pasted, Token, TokenSource, TokenSourceError},
};

/// What a service would be configured with, and the token that it is shown.
pub(super) struct Settings {
    pub(super) issuer: String,
    pub(super) audiences: Vec<String>,
    pub(super) client: Option<Client>,
    pub(super) token: Option<ShownToken>,
    pub(super) leeway: Duration,
    pub(super) realm: Option<KeycloakRealm>,
    pub(super) witness: Witness,
    /// The same for whoever is not the issuer: no certificate is presented there.
    pub(super) witness_elsewhere: Witness,
    /// Where the service takes logout notices.
    pub(super) logout_url: Option<Url>,
    profile: Option<Profile>,
    parties: Vec<String>,
    algorithms: Vec<Algorithm>,
    jwks_uri: Option<String>,
    introspection_endpoint: Option<String>,
    fetch_from: Option<String>,
    pub(super) allows_http: bool,
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
    #[error("`--client-id` needs `--client-secret-env`, `--client-key` or `--client-certificate`")]
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
        // What is no issuer at all is the fault of whoever has typed it, not a finding.
        let _ = Issuer::builder(&arguments.issuer)?;
        let mut elsewhere = ReqwestClient::builder();
        if let Some(path) = &arguments.root_certificate {
            elsewhere = elsewhere.root_certificate(read(path)?);
        }
        let mut http = elsewhere.clone();
        if let Some(path) = &arguments.client_certificate {
            http = http.client_certificate(ClientCertificate::from_pem(read(path)?)?);
        }
        Ok(Self {
            issuer: arguments.issuer.clone(),
            audiences: arguments.audience.clone(),
            client: client(arguments)?,
            token: token(arguments)?,
            leeway: Duration::from_secs(arguments.leeway),
            realm: KeycloakRealm::of(&arguments.issuer),
            witness: Witness::new(http.build()?),
            witness_elsewhere: Witness::new(elsewhere.build()?),
            logout_url: arguments.logout_url.clone(),
            profile: arguments.profile,
            parties: arguments.authorized_party.clone(),
            algorithms: arguments.algorithm.clone(),
            jwks_uri: arguments.jwks_uri.clone(),
            introspection_endpoint: arguments.introspection_endpoint.clone(),
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

    /// An endpoint as it is reached from here, if it is at the issuer's own host: no other is shown what the
    /// doctor sends by himself.
    pub(super) fn own_endpoint(&self, published: &str) -> Option<Url> {
        let url = self.reached(published)?;
        self.is_own(&url).then_some(url)
    }

    /// The same for an endpoint for clients with certificates, by the library's own rule: it may also be at
    /// another port or on a subdomain, over TLS, where what names it came safely.
    pub(super) fn own_alias(&self, published: &str) -> Option<Url> {
        let url = self.reached(published)?;
        let (issuer, base) = (
            Url::parse(&self.issuer).ok()?,
            Url::parse(self.base()).ok()?,
        );
        let came_safely = base.scheme() == "https" || is_loopback(&base);
        let is_alias = came_safely && url.scheme() == "https" && is_at_host_of(&url, &issuer);
        (is_alias || self.is_own(&url)).then_some(url)
    }

    fn reached(&self, published: &str) -> Option<Url> {
        let below = published.strip_prefix(&self.issuer);
        let address = match below.filter(|rest| rest.starts_with('/')) {
            Some(rest) => format!("{}{rest}", self.base().trim_end_matches('/')),
            None => published.to_owned(),
        };
        Url::parse(&address).ok()
    }

    fn is_own(&self, url: &Url) -> bool {
        let is_at = |address: &str| {
            let address = Url::parse(address).ok();
            address.is_some_and(|address| address.origin() == url.origin())
        };
        is_at(&self.issuer) || is_at(self.base())
    }

    /// Whether an address is on this machine, and so is the one that was named to reach the issuer by.
    pub(super) fn is_reached_here(&self, address: &Url) -> bool {
        is_loopback(address) && Url::parse(self.base()).is_ok_and(|base| is_loopback(&base))
    }

    /// The signature algorithms that are allowed.
    pub(super) fn algorithms(&self) -> &[Algorithm] {
        match self.algorithms.as_slice() {
            [] => Algorithm::ALL,
            named => named,
        }
    }

    /// Whether nobody has said what the issuer's tokens look like, and it is not known either.
    pub(super) fn profile_is_assumed(&self) -> bool {
        self.profile.is_none() && self.realm.is_none()
    }

    /// The issuer as a service would describe it.
    pub(super) fn issuer(&self) -> Result<IssuerBuilder, ConfigError> {
        if self.audiences.is_empty() {
            return self.issuer_for_any_audience();
        }
        let named = self.audiences.iter();
        Ok(named.fold(self.described()?, IssuerBuilder::audience))
    }

    /// The same for tokens that are for others.
    pub(super) fn issuer_for_any_audience(&self) -> Result<IssuerBuilder, ConfigError> {
        Ok(self.described()?.danger_any_audience())
    }

    /// The issuer but for the audience.
    fn described(&self) -> Result<IssuerBuilder, ConfigError> {
        let mut builder = match Realm::new(&self.issuer) {
            Ok(realm) => realm,
            // A slash at its end: what the server calls itself shows when it is asked.
            Err(_) if self.realm.is_some() => {
                Issuer::builder(&self.issuer)?.profile(AccessTokenProfile::Keycloak)
            }
            Err(_) => Issuer::builder(&self.issuer)?,
        };
        builder = builder
            .leeway(self.leeway)
            .algorithms(self.algorithms().iter().copied())
            .http_client(self.witness.clone());
        if let Some(profile) = self.profile {
            builder = builder.profile(profile.in_library());
        }
        builder = match self.profile {
            Some(Profile::Spring) => builder.spring_scope_array(),
            Some(Profile::Hydra) => builder.hydra_scp_array(),
            _ => builder,
        };
        if !self.parties.is_empty() {
            builder = builder.authorized_parties(self.parties.iter().cloned());
        }
        if let Some(address) = &self.jwks_uri {
            builder = builder.jwks_uri(address);
        }
        if let Some(address) = &self.introspection_endpoint {
            builder = builder.introspection_endpoint(address);
        }
        if let Some(address) = &self.fetch_from {
            builder = builder.fetch_from(address);
        }
        Ok(if self.allows_http {
            builder.danger_allow_http()
        } else {
            builder
        })
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    }
}

/// Whether it is on the other's host, or on a subdomain of it.
fn is_at_host_of(url: &Url, other: &Url) -> bool {
    match (url.host(), other.host()) {
        (Some(Host::Domain(own)), Some(Host::Domain(other))) => {
            let below = own.strip_suffix(other);
            below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
        }
        (own, other) => own == other,
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
    if arguments.client_certificate.is_some() {
        return Ok(Some(Client::with_certificate(id)));
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

//! The clients that may ask for tokens and about them.

use std::time::Duration;

use crate::keys::SigningAlgorithm;

/// What kind of access token a client gets from the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFormat {
    /// A JWT with all claims.
    Jwt,
    /// A random value; only introspection tells what it stands for.
    Opaque,
    /// A JWT with few claims, as Keycloak's lightweight access tokens; introspection tells the rest.
    Lightweight,
}

/// A client known to the server: a resource server that introspects, or one that asks for tokens.
#[derive(Debug, Clone)]
#[must_use = "a client is unknown until it is added to a server"]
pub struct Client {
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
    pub(crate) raw_basic: bool,
    pub(crate) token_format: TokenFormat,
    pub(crate) token_lifetime: Duration,
    pub(crate) algorithm: SigningAlgorithm,
    pub(crate) audience: Option<Vec<String>>,
    pub(crate) scope: String,
}

impl Client {
    /// A client that authenticates with a secret, by Basic or in the form.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            secret: Some(secret.into()),
            ..Self::public(id)
        }
    }

    /// A client without a secret. Every endpoint that wants authentication answers it with 403.
    pub fn public(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            secret: None,
            raw_basic: false,
            token_format: TokenFormat::Jwt,
            token_lifetime: Duration::from_secs(300),
            algorithm: SigningAlgorithm::RS256,
            audience: None,
            scope: "profile email".to_owned(),
        }
    }

    /// Takes its Basic credentials as they are, against RFC 6749 section 2.3.1, as some servers do.
    pub const fn raw_basic_credentials(mut self) -> Self {
        self.raw_basic = true;
        self
    }

    /// The kind of its access tokens; [`TokenFormat::Jwt`] unless set.
    pub const fn token_format(mut self, format: TokenFormat) -> Self {
        self.token_format = format;
        self
    }

    /// How long its tokens live, in whole seconds; 300 s unless set.
    pub const fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }

    /// What its tokens are signed with; RS256 unless set.
    pub const fn algorithm(mut self, algorithm: SigningAlgorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// The `aud` of its tokens; that of the server unless set.
    pub fn audience<A: Into<String>>(mut self, audience: impl IntoIterator<Item = A>) -> Self {
        self.audience = Some(audience.into_iter().map(Into::into).collect());
        self
    }

    /// The scope of its tokens when it asks for none.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = scope.into();
        self
    }
}

//! The clients that may ask for tokens and about them.

mod authentication_method;

use std::time::Duration;

use serde_json::Value;

pub use self::authentication_method::AuthenticationMethod;
use crate::{
    error::KeyError,
    keys::{SigningAlgorithm, SigningKey, VerificationKey},
};

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
    pub(crate) keys: Vec<VerificationKey>,
    /// As DER.
    pub(crate) certificate: Option<Vec<u8>>,
    pub(crate) methods: Option<Vec<AuthenticationMethod>>,
    pub(crate) assertion_audiences: Option<Vec<String>>,
    pub(crate) answer_algorithm: Option<SigningAlgorithm>,
    pub(crate) jwt_member: bool,
    pub(crate) token_format: TokenFormat,
    pub(crate) token_lifetime: Duration,
    pub(crate) algorithm: SigningAlgorithm,
    pub(crate) audience: Option<Vec<String>>,
    pub(crate) scope: String,
    pub(crate) refresh_tokens: bool,
    /// Where it wants to be told of logouts.
    pub(crate) backchannel_logout: Option<String>,
    pub(crate) backchannel_session_required: bool,
    pub(crate) id_token_algorithm: SigningAlgorithm,
}

impl Client {
    /// A client that authenticates with a secret: by Basic, in the form, or by an assertion under
    /// an HMAC.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            secret: Some(secret.into()),
            ..Self::public(id)
        }
    }

    /// A client that authenticates with assertions signed with this key.
    pub fn with_public_key(id: impl Into<String>, key: &SigningKey) -> Self {
        Self::public(id).public_key(key)
    }

    /// A client without a secret. Unless it gets a key, every endpoint that wants authentication
    /// answers it with 403.
    pub fn public(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            secret: None,
            raw_basic: false,
            keys: Vec::new(),
            certificate: None,
            methods: None,
            assertion_audiences: None,
            answer_algorithm: None,
            jwt_member: false,
            token_format: TokenFormat::Jwt,
            token_lifetime: Duration::from_secs(300),
            algorithm: SigningAlgorithm::RS256,
            audience: None,
            scope: "profile email".to_owned(),
            refresh_tokens: false,
            backchannel_logout: None,
            backchannel_session_required: true,
            id_token_algorithm: SigningAlgorithm::RS256,
        }
    }

    /// Takes its Basic credentials as they are, against RFC 6749 section 2.3.1, as some servers do.
    pub const fn raw_basic_credentials(mut self) -> Self {
        self.raw_basic = true;
        self
    }

    /// Adds the public half of a key for `private_key_jwt`. Its id and algorithm bind: for another
    /// algorithm of its family, see [`SigningKey::with_algorithm`].
    pub fn public_key(self, key: &SigningKey) -> Self {
        self.jwks(&key.jwk())
    }

    /// Adds a public key for `private_key_jwt`, for every algorithm that it can and under every id.
    ///
    /// # Errors
    /// [`KeyError::Pem`] if it is not a `PUBLIC KEY` in PEM.
    pub fn public_key_pem(mut self, pem: &str) -> Result<Self, KeyError> {
        let key = VerificationKey::from_pem(pem).ok_or(KeyError::Pem)?;
        self.keys.push(key);
        Ok(self)
    }

    /// Adds the public keys of a JWK set, or one JWK. What is not a public key for signatures is
    /// passed over.
    pub fn jwks(mut self, document: &Value) -> Self {
        self.keys.extend(VerificationKey::from_jwks(document));
        self
    }

    /// The certificate it authenticates with in mutual TLS (`tls_client_auth`, RFC 8705), beside
    /// its `client_id` in the form.
    #[cfg(feature = "tls")]
    pub fn certificate(mut self, certificate: &crate::ClientCertificate) -> Self {
        self.certificate = Some(certificate.certificate_der().to_vec());
        self
    }

    /// The authentication methods it may use; all that the server offers unless set.
    pub fn authentication_methods(
        mut self,
        methods: impl IntoIterator<Item = AuthenticationMethod>,
    ) -> Self {
        self.methods = Some(methods.into_iter().collect());
        self
    }

    /// The audiences its assertions may have instead of the issuer, as a string or in an array:
    /// a server of before the newer rule, that wants its token endpoint named. See also
    /// [`accept_endpoint_audiences`](crate::AuthorizationServer::accept_endpoint_audiences).
    pub fn assertion_audiences<A: Into<String>>(
        mut self,
        audiences: impl IntoIterator<Item = A>,
    ) -> Self {
        self.assertion_audiences = Some(audiences.into_iter().map(Into::into).collect());
        self
    }

    /// Signs introspection answers (RFC 9701) for it, with this algorithm, when it accepts them.
    /// An HMAC is over its secret and has no `kid`. To sign for all clients, with RS256, see
    /// [`set_signed_introspection`](crate::AuthorizationServer::set_signed_introspection).
    pub const fn introspection_signing_algorithm(mut self, algorithm: SigningAlgorithm) -> Self {
        self.answer_algorithm = Some(algorithm);
        self
    }

    /// Gives it the member `jwt` of Keycloak's phantom tokens: when it accepts `application/jwt`,
    /// the JSON answer about an active token has the token in full, as a signed JWT.
    pub const fn jwt_in_introspection(mut self) -> Self {
        self.jwt_member = true;
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

    /// Gives it a session and a refresh token with each client credentials grant, as Keycloak's
    /// `client_credentials.use_refresh_token` does.
    pub const fn refresh_tokens(mut self) -> Self {
        self.refresh_tokens = true;
        self
    }

    /// Where it is told of the logout from a session that it takes part in, OpenID Connect
    /// Back-Channel Logout 1.0: a URL of plain HTTP. Nobody is told unless set.
    pub fn backchannel_logout(mut self, url: impl Into<String>) -> Self {
        self.backchannel_logout = Some(url.into());
        self
    }

    /// Whether the logout tokens for it have a `sid`; they do unless this is set to `false`.
    pub const fn backchannel_session_required(mut self, required: bool) -> Self {
        self.backchannel_session_required = required;
        self
    }

    /// What its ID tokens are signed with, and therefore the logout tokens for it; RS256 unless
    /// set. An HMAC is over a secret of the server, as Keycloak has it: nobody else can check
    /// such a logout token.
    pub const fn id_token_algorithm(mut self, algorithm: SigningAlgorithm) -> Self {
        self.id_token_algorithm = algorithm;
        self
    }
}

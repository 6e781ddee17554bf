//! What a token shall be.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde_json::{Map, Value, json};

use super::defaults;
use crate::{
    clock::unix_seconds,
    keys::{SigningAlgorithm, SigningKey},
    server::State,
};

/// An access token to be minted. It begins as a good one, with the claims of a Keycloak token of
/// the user `alice` that lives 300 s; every part of it can be changed, removed or made wrong.
///
/// Made by [`AuthorizationServer::token`](crate::AuthorizationServer::token) or
/// [`Session::token`](crate::Session::token), ended by [`jwt`](Self::jwt),
/// [`lightweight`](Self::lightweight) or [`opaque`](Self::opaque). Clone it to mint variants.
#[derive(Clone)]
#[must_use = "a builder makes no token until it is told which kind"]
pub struct TokenBuilder {
    pub(super) state: Arc<State>,
    pub(super) claims: Map<String, Value>,
    pub(super) own_roles: bool,
    pub(super) own_audience: bool,
    pub(super) header: Vec<(String, Option<Value>)>,
    pub(super) signer: Signer,
    pub(super) raw_header: Option<Vec<u8>>,
    pub(super) raw_payload: Option<Vec<u8>>,
    pub(super) signature: Option<Vec<u8>>,
    pub(super) answer_patch: Value,
}

#[derive(Debug, Clone)]
pub(super) enum Signer {
    Algorithm(SigningAlgorithm),
    Key(SigningKey),
}

impl TokenBuilder {
    pub(crate) fn new(state: Arc<State>) -> Self {
        Self {
            claims: defaults::user_claims(&state),
            state,
            own_roles: false,
            own_audience: false,
            header: Vec::new(),
            signer: Signer::Algorithm(SigningAlgorithm::RS256),
            raw_header: None,
            raw_payload: None,
            signature: None,
            answer_patch: json!({}),
        }
    }

    /// Sets a claim to any JSON value.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let name = name.into();
        self.own_roles |= matches!(name.as_str(), "realm_access" | "resource_access");
        self.own_audience |= name == "aud";
        self.claims.insert(name, value.into());
        self
    }

    /// Removes a claim.
    pub fn without_claim(mut self, name: &str) -> Self {
        self.own_roles |= matches!(name, "realm_access" | "resource_access");
        self.claims.remove(name);
        self
    }

    /// These claims and no others, not even the defaults. Anything but an object has no claims.
    pub fn only_claims(mut self, claims: Value) -> Self {
        self.own_roles = true;
        self.own_audience = true;
        self.claims = if let Value::Object(claims) = claims {
            claims
        } else {
            Map::new()
        };
        self
    }

    /// The user: `sub` and `preferred_username`.
    pub fn subject(self, subject: impl Into<String>) -> Self {
        let subject = subject.into();
        self.claim("preferred_username", subject.as_str())
            .claim("sub", subject)
    }

    /// The client that asked for the token: `azp`.
    pub fn client(self, client: impl Into<String>) -> Self {
        self.claim("azp", client.into())
    }

    /// One audience, as a string. For several: `.claim("aud", json!([..]))`.
    pub fn audience(self, audience: impl Into<String>) -> Self {
        self.claim("aud", audience.into())
    }

    /// The scope, separated by spaces.
    pub fn scope(self, scope: impl Into<String>) -> Self {
        self.claim("scope", scope.into())
    }

    /// Keycloak's realm roles; no claim if there are none.
    pub fn realm_roles<R: Into<String>>(self, roles: impl IntoIterator<Item = R>) -> Self {
        let roles: Vec<String> = roles.into_iter().map(Into::into).collect();
        if roles.is_empty() {
            self.without_claim("realm_access")
        } else {
            self.claim("realm_access", json!({"roles": roles}))
        }
    }

    /// Keycloak's roles of one client, beside those of other clients.
    pub fn client_roles<R: Into<String>>(
        mut self,
        client: &str,
        roles: impl IntoIterator<Item = R>,
    ) -> Self {
        let roles: Vec<String> = roles.into_iter().map(Into::into).collect();
        let access = self.claims.remove("resource_access");
        let mut access = if let Some(Value::Object(access)) = access {
            access
        } else {
            Map::new()
        };
        access.insert(client.to_owned(), json!({"roles": roles}));
        self.claim("resource_access", access)
    }

    /// The `exp`, counted from now, in whole seconds.
    pub fn expires_in(self, lifetime: Duration) -> Self {
        let exp = self
            .state
            .clock
            .now_seconds()
            .saturating_add(lifetime.as_secs());
        self.claim("exp", exp)
    }

    /// The `exp`, in whole seconds.
    pub fn expires_at(self, time: SystemTime) -> Self {
        self.claim("exp", unix_seconds(time))
    }

    /// The `iat`, in whole seconds.
    pub fn issued_at(self, time: SystemTime) -> Self {
        self.claim("iat", unix_seconds(time))
    }

    /// Signs with the server's newest key for this algorithm; RS256 unless set.
    pub fn algorithm(mut self, algorithm: SigningAlgorithm) -> Self {
        self.signer = Signer::Algorithm(algorithm);
        self
    }

    /// Signs with this key: one of the server, of another server, or of nobody. The header gets
    /// its `kid` and `alg`.
    pub fn signed_with(mut self, key: &SigningKey) -> Self {
        self.signer = Signer::Key(key.clone());
        self
    }

    /// Sets a member of the JOSE header, `alg`, `typ` and `kid` included. It changes what the
    /// header says, never how the token is signed.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.header.push((name.into(), Some(value.into())));
        self
    }

    /// Removes a member of the JOSE header.
    pub fn without_header(mut self, name: impl Into<String>) -> Self {
        self.header.push((name.into(), None));
        self
    }

    /// The JOSE header as bytes, well-formed or not; they are signed as they are.
    pub fn raw_header(mut self, header: impl Into<Vec<u8>>) -> Self {
        self.raw_header = Some(header.into());
        self
    }

    /// The payload as bytes, well-formed or not; they are signed as they are. The server does
    /// not know such a token: introspection calls it inactive.
    pub fn raw_payload(mut self, payload: impl Into<Vec<u8>>) -> Self {
        self.raw_payload = Some(payload.into());
        self
    }

    /// These bytes as the signature, none included. The server does not know such a token.
    pub fn signature(mut self, signature: impl Into<Vec<u8>>) -> Self {
        self.signature = Some(signature.into());
        self
    }

    /// Lets introspection of this token say something else than its claims: an object whose
    /// members replace those of the answer, `null` removes one (RFC 7396).
    pub fn introspects_as(mut self, patch: Value) -> Self {
        self.answer_patch = patch;
        self
    }
}

impl fmt::Debug for TokenBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenBuilder")
            .field("header", &self.header)
            .field("claims", &self.claims)
            .field("signer", &self.signer)
            .finish_non_exhaustive()
    }
}

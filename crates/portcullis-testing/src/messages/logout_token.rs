//! Logout tokens, OpenID Connect Back-Channel Logout 1.0 section 2.4.

use std::{sync::Arc, time::SystemTime};

use serde_json::json;

use crate::{
    clock::unix_seconds,
    jwt::{JwtDraft, jwt_parts},
    random,
    server::State,
    token::{DEFAULT_CLIENT, DEFAULT_USER},
};

/// The member of `events` that makes a JWT a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Seconds from `iat` to `exp`.
const LIFETIME: u64 = 120;

/// A logout token to be minted. It begins as a good one, as Keycloak 26.7 sends it: `typ` is
/// `logout+jwt`, and the claims are `exp` (120 s from now), `iat`, `jti`, `iss`, `aud`, `sub`,
/// `typ`, `sid` and `events`. Every part of it can be changed, removed or made wrong.
///
/// Made by [`Session::logout_token`](crate::Session::logout_token) or
/// [`AuthorizationServer::logout_token`](crate::AuthorizationServer::logout_token), ended by
/// [`jwt`](Self::jwt). Clone it to mint variants.
#[derive(Clone)]
#[must_use = "a builder makes no token until it is ended by `jwt`"]
pub struct LogoutTokenBuilder {
    state: Arc<State>,
    draft: JwtDraft,
}

jwt_parts!(LogoutTokenBuilder);

impl LogoutTokenBuilder {
    pub(crate) fn new(state: Arc<State>) -> Self {
        let now = state.clock.now_seconds();
        let claims = json!({
            "exp": now.saturating_add(LIFETIME),
            "iat": now,
            "jti": random::uuid(),
            "iss": state.issuer,
            "aud": DEFAULT_CLIENT,
            "sub": DEFAULT_USER,
            "typ": "Logout",
            "sid": random::uuid(),
            "events": {EVENT: {}},
        });
        Self {
            state,
            draft: JwtDraft::new("logout+jwt", claims),
        }
    }

    /// The client it is for, as a string. For several: `.claim("aud", json!([..]))`.
    pub fn audience(self, client: impl Into<String>) -> Self {
        self.claim("aud", client.into())
    }

    /// The user: `sub`.
    pub fn subject(self, subject: impl Into<String>) -> Self {
        self.claim("sub", subject.into())
    }

    /// The session: `sid`. Without it, `.without_claim("sid")`, all sessions of the user are meant.
    pub fn session(self, id: impl Into<String>) -> Self {
        self.claim("sid", id.into())
    }

    /// The `iat`, in whole seconds.
    pub fn issued_at(self, time: SystemTime) -> Self {
        self.claim("iat", unix_seconds(time))
    }

    /// The `exp`, in whole seconds.
    pub fn expires_at(self, time: SystemTime) -> Self {
        self.claim("exp", unix_seconds(time))
    }

    /// The logout token, a signed JWT.
    ///
    /// # Panics
    /// If the backend cannot make a key or refuses to sign.
    #[must_use]
    pub fn jwt(self) -> String {
        self.draft.sign(&self.state.keys).text
    }
}

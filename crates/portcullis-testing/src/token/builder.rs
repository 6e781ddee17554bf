//! What a token shall be.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde_json::{Map, Value, json};

use super::defaults;
use crate::{
    clock::unix_seconds,
    jwt::{JwtDraft, jwt_parts},
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
    pub(super) draft: JwtDraft,
    pub(super) answer_patch: Value,
}

jwt_parts!(TokenBuilder);

impl TokenBuilder {
    pub(crate) fn new(state: Arc<State>) -> Self {
        Self {
            draft: JwtDraft::new("JWT", defaults::user_claims(&state)),
            state,
            answer_patch: json!({}),
        }
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
        let access = self.draft.claims.remove("resource_access");
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

    /// Lets introspection of this token say something else than its claims: an object whose
    /// members replace those of the answer, `null` removes one (RFC 7396).
    pub fn introspects_as(mut self, patch: Value) -> Self {
        self.answer_patch = patch;
        self
    }
}

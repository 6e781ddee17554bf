//! What Keycloak sends to the admin URL of a client: a cut-off, or the order to log out.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::json;

use crate::{
    clock::unix_seconds,
    jwt::{JwtDraft, jwt_parts},
    random,
    server::State,
};

/// Seconds from now to `expiration`.
const LIFETIME: u64 = 30;

/// A message to a client's admin URL. It begins as a good one, as Keycloak 26.7 sends it: a JWS
/// whose `typ` is `JWT` and whose claims are `id`, `expiration` (30 s from now), `resource` (the
/// client it is sent to), `action` and `notBefore`; without `iss`, `aud` and `iat`. Every part of
/// it can be changed, removed or made wrong.
///
/// Made by [`not_before_message`](crate::AuthorizationServer::not_before_message) and
/// [`logout_message`](crate::AuthorizationServer::logout_message), ended by [`jwt`](Self::jwt).
/// Clone it to mint variants.
#[derive(Clone)]
#[must_use = "a builder makes no message until it is ended by `jwt`"]
pub struct AdminMessageBuilder {
    state: Arc<State>,
    draft: JwtDraft,
}

jwt_parts!(AdminMessageBuilder);

impl AdminMessageBuilder {
    pub(crate) fn new(state: Arc<State>, action: &str, resource: &str) -> Self {
        let now = state.clock.now();
        let milliseconds = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let claims = json!({
            "id": format!("{}-{}", random::uuid(), milliseconds.as_millis()),
            "expiration": unix_seconds(now).saturating_add(LIFETIME),
            "resource": resource,
            "action": action,
            "notBefore": state.not_before.pushed_to(resource),
        });
        Self {
            state,
            draft: JwtDraft::new("JWT", claims),
        }
    }

    /// The cut-off, in whole seconds; the epoch says that there is none.
    pub fn not_before(self, time: SystemTime) -> Self {
        self.claim("notBefore", unix_seconds(time))
    }

    /// The `expiration`, in whole seconds.
    pub fn expires_at(self, time: SystemTime) -> Self {
        self.claim("expiration", unix_seconds(time))
    }

    /// The message, a signed JWT.
    ///
    /// # Panics
    /// If the backend cannot make a key or refuses to sign.
    #[must_use]
    pub fn jwt(self) -> String {
        self.draft.sign(&self.state.keys).text
    }
}

//! Security event tokens, RFC 8417, as the Shared Signals Framework 1.0 wants them.

use std::{sync::Arc, time::SystemTime};

use serde_json::{Map, Value, json};

use crate::{
    clock::unix_seconds,
    jwt::{JwtDraft, jwt_parts},
    random,
    server::State,
    token::DEFAULT_USER,
};

/// CAEP 1.0: a session was ended.
pub(crate) const SESSION_REVOKED: &str =
    "https://schemas.openid.net/secevent/caep/event-type/session-revoked";

/// CAEP 1.0: something that a user proves an identity with was changed.
pub(crate) const CREDENTIAL_CHANGE: &str =
    "https://schemas.openid.net/secevent/caep/event-type/credential-change";

/// A security event token (SET) to be minted. It begins as a good one: `typ` is `secevent+jwt`,
/// and the claims are `iss`, `aud` (that of the server's tokens), `jti`, `iat`, `sub_id` and
/// `events` with one event; without `sub` and `exp`. Every part of it can be changed, removed or
/// made wrong.
///
/// Made by [`AuthorizationServer::security_event`](crate::AuthorizationServer::security_event),
/// [`Session::session_revoked`](crate::Session::session_revoked) or
/// [`Session::credential_change`](crate::Session::credential_change), ended by
/// [`jwt`](Self::jwt). Clone it to mint variants.
#[derive(Clone)]
#[must_use = "a builder makes no token until it is ended by `jwt`"]
pub struct SecurityEventBuilder {
    state: Arc<State>,
    draft: JwtDraft,
}

jwt_parts!(SecurityEventBuilder);

impl SecurityEventBuilder {
    /// About the default user, with one event.
    pub(crate) fn new(state: Arc<State>, event_type: &str, event: Value) -> Self {
        let claims = json!({
            "iss": state.issuer,
            "aud": state.audience,
            "jti": random::uuid(),
            "iat": state.clock.now_seconds(),
            "sub_id": user(&state.issuer, DEFAULT_USER),
        });
        let builder = Self {
            state,
            draft: JwtDraft::new("secevent+jwt", claims),
        };
        builder.event(event_type, event)
    }

    /// The same about a session and its user.
    pub(crate) fn about_session(
        state: Arc<State>,
        session: &str,
        subject: &str,
        event_type: &str,
        event: Value,
    ) -> Self {
        let subject = json!({
            "format": "complex",
            "user": user(&state.issuer, subject),
            "session": {"format": "opaque", "id": session},
        });
        Self::new(state, event_type, event).subject_id(subject)
    }

    /// The receiver it is for, as a string. For several: `.claim("aud", json!([..]))`.
    pub fn audience(self, audience: impl Into<String>) -> Self {
        self.claim("aud", audience.into())
    }

    /// Whom it is about: `sub_id`, a subject identifier of RFC 9493 or a complex one of SSF 1.0.
    pub fn subject_id(self, subject: Value) -> Self {
        self.claim("sub_id", subject)
    }

    /// An event beside those it has, or in place of the one of this type.
    pub fn event(mut self, event_type: impl Into<String>, event: Value) -> Self {
        let events = self.draft.claims.remove("events");
        let mut events = if let Some(Value::Object(events)) = events {
            events
        } else {
            Map::new()
        };
        events.insert(event_type.into(), event);
        self.claim("events", events)
    }

    /// The `iat`, in whole seconds. The `event_timestamp` of an event stays what it is.
    pub fn issued_at(self, time: SystemTime) -> Self {
        self.claim("iat", unix_seconds(time))
    }

    /// The SET, a signed JWT.
    ///
    /// # Panics
    /// If the backend cannot make a key or refuses to sign.
    #[must_use]
    pub fn jwt(self) -> String {
        self.draft.sign(&self.state.keys).text
    }
}

fn user(issuer: &str, subject: &str) -> Value {
    json!({"format": "iss_sub", "iss": issuer, "sub": subject})
}

//! What a test does about security events, and to those who are told of them.

use std::sync::Arc;

use serde_json::Value;

use super::AuthorizationServer;
use crate::{
    delivery::ReceiverAnswer, error::DeliveryError, jwt::claim_of, messages::SecurityEventBuilder,
    random, wire,
};

impl AuthorizationServer {
    /// A security event token (RFC 8417) with one event, to be changed and minted: about the user
    /// `alice`, unless it is told [another subject](SecurityEventBuilder::subject_id). Those about
    /// a session come from [`Session::session_revoked`](crate::Session::session_revoked) and
    /// [`Session::credential_change`](crate::Session::credential_change).
    pub fn security_event(&self, event_type: &str, event: Value) -> SecurityEventBuilder {
        SecurityEventBuilder::new(Arc::clone(&self.state), event_type, event)
    }

    /// Sends a security event token, good or not, to a receiver (RFC 8935): once, within five
    /// seconds, with this value of `Authorization` if there is one.
    ///
    /// # Errors
    /// If no answer comes. An answer of any status is one.
    pub async fn push_security_event(
        &self,
        url: &str,
        authorization: Option<&str>,
        token: &str,
    ) -> Result<ReceiverAnswer, DeliveryError> {
        wire::post_security_event(url, authorization, token).await
    }

    /// Keeps a security event token, good or not, for those who poll for it (RFC 8936) at
    /// [`Endpoint::SecurityEvents`](crate::Endpoint::SecurityEvents), until it is acknowledged or
    /// reported as an error. It goes under its `jti`, or a random one if it has none, which is
    /// returned.
    pub fn queue_security_event(&self, token: impl Into<String>) -> String {
        let token = token.into();
        let id = claim_of(&token, "jti");
        let id = id
            .as_ref()
            .and_then(Value::as_str)
            .map_or_else(random::uuid, str::to_owned);
        self.queue_security_event_as(&id, token);
        id
    }

    /// The same under an id that need not be its `jti`.
    pub fn queue_security_event_as(&self, id: &str, token: impl Into<String>) {
        self.state.security_events.add(id.to_owned(), token.into());
    }

    /// The ids of the security event tokens that nobody has acknowledged yet, oldest first.
    #[must_use]
    pub fn queued_security_events(&self) -> Vec<String> {
        self.state.security_events.ids()
    }

    /// What receivers have reported in `setErrs`, oldest first: the id of a security event token,
    /// and the error as it was sent.
    #[must_use]
    pub fn security_event_errors(&self) -> Vec<(String, Value)> {
        self.state.security_events.errors()
    }

    /// The bearer token that polling wants; every other request gets 401. `None` lets everybody
    /// poll, as it is from the start.
    pub fn set_security_event_bearer(&self, token: Option<&str>) {
        let token = token.map(str::to_owned);
        self.state.security_events.set_bearer(token);
    }
}

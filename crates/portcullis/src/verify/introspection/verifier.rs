use std::{sync::Arc, time::Duration};

use super::introspector::Introspector;
use crate::{Clock, Credentials, Freshness, LiveVerifier, TokenVerifier, Verification};

/// Asks the authorization server about every token (RFC 7662), opaque ones too. Active answers
/// are kept for a short while; what they say is judged on every request.
#[derive(Debug, Clone)]
pub struct IntrospectionVerifier {
    introspector: Arc<Introspector>,
    stale_within: Duration,
    exposes_diagnosis: bool,
}

impl IntrospectionVerifier {
    pub(crate) fn new(introspector: Arc<Introspector>, exposes_diagnosis: bool) -> Self {
        Self {
            introspector,
            stale_within: Duration::ZERO,
            exposes_diagnosis,
        }
    }

    /// While the server cannot be asked, lets the routes of this verifier live on the last active
    /// answer about a token, if that was asked for at most so long ago and the token has not
    /// ended. What was revoked meanwhile is then not noticed for as long.
    ///
    /// [`RequireActive`](crate::RequireActiveLayer) and its `within` form take no part in this:
    /// they get a fresh answer or 503. Neither does a realm that was switched off.
    #[must_use]
    pub fn stale_within(mut self, age: Duration) -> Self {
        self.stale_within = age;
        self
    }
}

impl TokenVerifier for IntrospectionVerifier {
    fn verify(&self, credentials: &Credentials, freshness: Freshness) -> Verification {
        let token = &credentials.token;
        self.introspector
            .verify_or_stale(token, freshness, self.stale_within)
    }

    fn can_ask(&self) -> bool {
        true
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.introspector.clock()
    }

    fn exposes_diagnosis(&self) -> bool {
        self.exposes_diagnosis
    }
}

impl LiveVerifier for IntrospectionVerifier {}

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{lightweight::is_lightweight, recheck::Recheck};
use crate::{
    AccessToken, Answer, Clock, ClockReading, Credentials, Freshness, LiveVerifier, Reason,
    Rejection, TokenFacts, TokenVerifier, Verification,
    verify::{
        Shape,
        agreement::hold_against,
        introspection::Introspector,
        jwt::{JwtVerifier, Recall, Recalled},
    },
};

/// Verifies JWTs here and asks the authorization server (RFC 7662) when a live answer is wanted, or
/// when a token is opaque.
///
/// A JWT that is bad here is bad: it never reaches the server. A token that the server has
/// called inactive is asked about again on every route, until the server says otherwise.
#[derive(Debug, Clone)]
pub struct HybridVerifier {
    shared: Arc<Shared>,
    stale_within: Duration,
}

#[derive(Debug)]
struct Shared {
    jwt: JwtVerifier,
    introspector: Arc<Introspector>,
    /// Encrypted tokens count as opaque ones.
    asks_about_encrypted: bool,
    /// What a lightweight token does not say is asked for.
    completes_lightweight: bool,
    /// Tokens in use are asked about from time to time.
    recheck: Option<Arc<Recheck>>,
    /// The audience mistake that nearly everybody makes once is explained once.
    has_explained: AtomicBool,
}

impl HybridVerifier {
    pub(crate) fn new(
        jwt: JwtVerifier,
        introspector: Arc<Introspector>,
        asks_about_encrypted: bool,
        completes_lightweight: bool,
        recheck: Option<Arc<Recheck>>,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                jwt,
                introspector,
                asks_about_encrypted,
                completes_lightweight,
                recheck,
                has_explained: AtomicBool::new(false),
            }),
            stale_within: Duration::ZERO,
        }
    }

    /// While the server cannot be asked, lets the routes of this verifier live on the last active
    /// answer about an opaque token; see
    /// [`IntrospectionVerifier::stale_within`](crate::IntrospectionVerifier::stale_within). JWTs
    /// need no answer but on routes that insist on a live one, and those take no part in this.
    #[must_use]
    pub fn stale_within(mut self, age: Duration) -> Self {
        self.stale_within = age;
        self
    }

    /// Verifies a token, of which so much is remembered.
    fn verify_remembering(
        &self,
        credentials: &Credentials,
        recalled: Recalled,
        freshness: Freshness,
        now: ClockReading,
    ) -> Verification {
        // To see that it is a JWT takes longer than to know it again as one.
        let shape = if recalled.is_known() {
            Shape::Jwt
        } else {
            Shape::of(credentials.token.as_str())
        };
        match shape {
            Shape::Jwt => self.verify_jwt(credentials, recalled, freshness, now),
            Shape::Encrypted if !self.shared.asks_about_encrypted => {
                Verification::now(Err(Rejection::because(
                    Reason::UnsupportedToken,
                    "the token is encrypted; if the server's opaque tokens look like that, say `opaque_jwe()`",
                )))
            }
            Shape::Encrypted | Shape::Opaque => self.shared.introspector.verify_or_stale(
                &credentials.token,
                freshness,
                self.stale_within,
            ),
        }
    }

    fn verify_jwt(
        &self,
        credentials: &Credentials,
        recalled: Recalled,
        freshness: Freshness,
        now: ClockReading,
    ) -> Verification {
        let shared = &self.shared;
        let local = shared.jwt.verify_jwt(credentials, recalled, now);
        if freshness == Freshness::AsConfigured {
            return match local {
                Verification::Now(Some(Ok(facts))) => shared.completed(facts, &credentials.token),
                Verification::Now(_) => local,
                Verification::Later(local) => {
                    let (shared, token) = (shared.clone(), credentials.token.clone());
                    Verification::later(async move { shared.completed(local.await?, &token).await })
                }
            };
        }
        if let Verification::Now(Some(Err(_))) = &local {
            return local;
        }
        let (shared, token) = (shared.clone(), credentials.token.clone());
        Verification::later(async move {
            let local = local.await?;
            let live = shared.introspector.verify_signed(&token, &local, freshness);
            shared.confirm(live.await, &local, &token)
        })
    }
}

impl Shared {
    /// What is good here, looked after, and with what the server has to add where the token says next
    /// to nothing.
    fn completed(self: &Arc<Self>, local: Arc<TokenFacts>, token: &AccessToken) -> Verification {
        self.introspector.confirm_suspicion(token, &local);
        let rechecked = self
            .recheck
            .as_ref()
            .and_then(|recheck| recheck.look_after(token, &local));
        let Some(rechecked) = rechecked else {
            return self.with_what_is_missing(local, token);
        };
        let (shared, token) = (self.clone(), token.clone());
        Verification::later(async move {
            rechecked.await?;
            shared.with_what_is_missing(local, &token).await
        })
    }

    fn with_what_is_missing(
        self: &Arc<Self>,
        local: Arc<TokenFacts>,
        token: &AccessToken,
    ) -> Verification {
        if !(self.completes_lightweight && is_lightweight(&local)) {
            return Verification::now(Ok(local));
        }
        match self.introspector.complete(token, &local) {
            Verification::Now(Some(answer)) => {
                Verification::now(self.confirm(answer, &local, token))
            }
            answer => {
                let (shared, token) = (self.clone(), token.clone());
                Verification::later(async move { shared.confirm(answer.await, &local, &token) })
            }
        }
    }

    /// Holds what the server says of a JWT that is good here against the JWT.
    fn confirm(&self, live: Answer, local: &Arc<TokenFacts>, token: &AccessToken) -> Answer {
        match live {
            Ok(live) => hold_against(&live, local.clone()).inspect_err(|rejection| {
                if rejection.reason() == Reason::StatementsDisagree {
                    self.introspector.disown(token, local);
                }
            }),
            Err(rejection) => {
                if rejection.reason() == Reason::Inactive {
                    self.explain(local);
                }
                Err(rejection)
            }
        }
    }

    /// Keycloak calls a perfectly good token inactive when the client that asks is not in its
    /// audience.
    fn explain(&self, local: &TokenFacts) {
        let client = self.introspector.client_id();
        if client.is_empty() || local.registered().aud.contains(client) {
            return;
        }
        if !self.has_explained.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "portcullis::hybrid",
                client,
                "a token that is good here is inactive at the server, and the client `{client}` that asks is not in its `aud`: Keycloak then always says inactive. Add an audience mapper for `{client}` to the clients that obtain the tokens (client scopes, dedicated scope, add mapper, Audience; with lightweight tokens also \"add to lightweight access token\")"
            );
        }
    }
}

impl TokenVerifier for HybridVerifier {
    fn verify(&self, credentials: &Credentials, freshness: Freshness) -> Verification {
        self.verify_at(credentials, freshness, self.clock().read())
    }

    fn verify_at(
        &self,
        credentials: &Credentials,
        freshness: Freshness,
        now: ClockReading,
    ) -> Verification {
        let recalled = self.recall(Recall::of(credentials.token.as_bytes()));
        self.verify_remembering(credentials, recalled, freshness, now)
    }

    fn recall(&self, bytes: Recall<'_>) -> Recalled {
        self.shared.jwt.recall(bytes)
    }

    fn verify_recalled(
        &self,
        credentials: &Credentials,
        recalled: Recalled,
        now: ClockReading,
    ) -> Verification {
        self.verify_remembering(credentials, recalled, Freshness::AsConfigured, now)
    }

    fn can_ask(&self) -> bool {
        true
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.shared.introspector.clock()
    }

    fn exposes_diagnosis(&self) -> bool {
        self.shared.jwt.exposes_diagnosis()
    }
}

impl LiveVerifier for HybridVerifier {}

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::agreement::hold_against;
use crate::{
    Answer, Clock, Credentials, Freshness, LiveVerifier, Reason, Rejection, TokenFacts,
    TokenVerifier, Verification,
    verify::{introspection::Introspector, jwt::JwtVerifier, shape::Shape},
};

/// Verifies JWTs here and asks the authorization server when a live answer is wanted, or when a
/// token is opaque.
///
/// A JWT that is bad here is bad: it never reaches the server. A token that the server has
/// called inactive is asked about again on every route, until the server says otherwise.
#[derive(Debug, Clone)]
pub struct HybridVerifier {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    jwt: JwtVerifier,
    introspector: Arc<Introspector>,
    /// Encrypted tokens count as opaque ones.
    asks_about_encrypted: bool,
    /// The audience mistake that nearly everybody makes once is explained once.
    has_explained: AtomicBool,
}

impl HybridVerifier {
    pub(crate) fn new(
        jwt: JwtVerifier,
        introspector: Arc<Introspector>,
        asks_about_encrypted: bool,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                jwt,
                introspector,
                asks_about_encrypted,
                has_explained: AtomicBool::new(false),
            }),
        }
    }

    fn verify_jwt(&self, credentials: &Credentials, freshness: Freshness) -> Verification {
        let shared = &self.shared;
        let local = shared.jwt.verify_jwt(credentials.token.as_str());
        if freshness == Freshness::AsConfigured && !shared.introspector.doubts(&credentials.token) {
            return local;
        }
        if let Verification::Now(Some(Err(_))) = &local {
            return local;
        }
        let (shared, credentials) = (shared.clone(), credentials.clone());
        Verification::later(async move {
            let local = local.await?;
            shared.confirm(local, &credentials, freshness).await
        })
    }
}

impl Shared {
    /// Asks about a JWT that is good here.
    async fn confirm(
        &self,
        local: Arc<TokenFacts>,
        credentials: &Credentials,
        freshness: Freshness,
    ) -> Answer {
        match self
            .introspector
            .verify_signed(&credentials.token, freshness)
            .await
        {
            Ok(live) => hold_against(&live, local),
            Err(rejection) => {
                if rejection.reason() == Reason::Inactive {
                    self.explain(&local);
                }
                Err(rejection)
            }
        }
    }

    /// Keycloak calls a perfectly good token inactive when the client that asks is not in its
    /// audience.
    fn explain(&self, local: &TokenFacts) {
        let client = self.introspector.client_id();
        if local.registered().aud.contains(client) {
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
        match Shape::of(credentials.token.as_str()) {
            Shape::Jwt => self.verify_jwt(credentials, freshness),
            Shape::Encrypted if !self.shared.asks_about_encrypted => {
                Verification::now(Err(Rejection::because(
                    Reason::UnsupportedToken,
                    "the token is encrypted; if the server's opaque tokens look like that, say `opaque_jwe()`",
                )))
            }
            Shape::Encrypted | Shape::Opaque => self
                .shared
                .introspector
                .verify(&credentials.token, freshness),
        }
    }

    fn can_ask(&self) -> bool {
        true
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.shared.introspector.clock()
    }
}

impl LiveVerifier for HybridVerifier {}

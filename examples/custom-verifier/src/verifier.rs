//! Who vouches for a token: the authorization server for JWTs, the key store for API keys.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use portcullis::{
    Answer, Clock, Credentials, Expectations, Freshness, LiveVerifier, Reason, Rejection,
    TokenFacts, TokenVerifier, Verification,
};
use serde_json::json;

use crate::{
    api_key::{ApiKey, PresentedKey},
    key_store::KeyStore,
};

/// The `iss` of what the key store says. No authorization server has a name that is no URL, so its
/// subjects are never mistaken for those of one.
const ISSUER: &str = "api-keys";

/// How long what was read may serve routes that ask for nothing newer. Keys that are none cost no more
/// than that, however many come.
const KEPT: Duration = Duration::from_secs(5);

/// JWTs as another verifier has them, and API keys beside them.
pub(crate) struct WithApiKeys<V> {
    tokens: V,
    keys: Arc<ApiKeys>,
}

struct ApiKeys {
    store: KeyStore,
    audience: String,
    expectations: Arc<Expectations>,
}

impl<V: TokenVerifier> WithApiKeys<V> {
    /// `audience` is that of this API: a key is good for nothing else, as its facts say.
    pub(crate) fn new(tokens: V, store: KeyStore, audience: &str) -> Self {
        let expectations = Expectations::audience(audience).issuer(ISSUER);
        Self {
            tokens,
            keys: Arc::new(ApiKeys {
                store,
                audience: audience.to_owned(),
                expectations: Arc::new(expectations),
            }),
        }
    }
}

impl<V: TokenVerifier> TokenVerifier for WithApiKeys<V> {
    /// What a token looks like decides who is asked about it, once: a bad key is no JWT's business,
    /// nor the other way round.
    fn verify(&self, credentials: &Credentials, freshness: Freshness) -> Verification {
        if !PresentedKey::is_one(credentials.token.as_str()) {
            return self.tokens.verify(credentials, freshness);
        }
        let (keys, token) = (self.keys.clone(), credentials.token.clone());
        Verification::later(async move { keys.verify(token.as_str(), freshness).await })
    }

    /// The key store can always be asked.
    fn can_ask(&self) -> bool {
        true
    }

    fn can_ask_about(&self, credentials: &Credentials) -> bool {
        PresentedKey::is_one(credentials.token.as_str()) || self.tokens.can_ask_about(credentials)
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.tokens.clock()
    }

    /// Whether refusals are explained in a development mode: as the issuer of the tokens has it.
    fn exposes_diagnosis(&self) -> bool {
        self.tokens.exposes_diagnosis()
    }
}

/// So that `RequireActiveLayer::asking` takes it: both can be asked.
impl<V: LiveVerifier> LiveVerifier for WithApiKeys<V> {}

impl ApiKeys {
    async fn verify(&self, token: &str, freshness: Freshness) -> Answer {
        let age = match freshness {
            Freshness::AsConfigured => KEPT,
            Freshness::Within(age) => age,
            _ => Duration::ZERO,
        };
        // One reason for what is no key, an unknown id and a wrong secret; and for what is no key nothing
        // is read.
        let unknown = || Rejection::new(Reason::Inactive);
        let presented = PresentedKey::parse(token).ok_or_else(unknown)?;
        // The key may be good: 503, and never 401.
        let snapshot = self.store.snapshot(age).await;
        let snapshot = snapshot.map_err(|_| Rejection::new(Reason::IssuerFailed))?;
        let key = snapshot.find(presented.id).filter(|key| key.is(&presented));
        self.facts(key.ok_or_else(unknown)?, snapshot.began)
    }

    /// What the store says. Whether it suffices is not for here: time, audience and scope are judged
    /// by Portcullis, on every request.
    fn facts(&self, key: &ApiKey, began: Instant) -> Answer {
        let claims = json!({
            "iss": ISSUER,
            "aud": self.audience,
            "sub": key.name,
            // The key speaks for itself and for no user: `TokenFacts::principal` is a client.
            "client_id": key.name,
            "scope": key.scope,
            "jti": key.id,
            "iat": key.iat,
            "exp": key.exp,
        });
        TokenFacts::from_json(claims.to_string(), &self.expectations)
            .map(|facts| Arc::new(facts.with_asked_at(began)))
            .map_err(|error| Rejection::because(Reason::Internal, error.to_string()))
    }
}

use std::{sync::Arc, time::Instant};

use serde_json::Value;

use super::{
    AuthenticateLayer, Authenticator, Expectations, VerifiedToken, verified_token::Presented,
};
use crate::{
    AccessToken, Answer, Credentials, Freshness, LiveVerifier, Reason, Rejection, RequestView,
    TokenFacts, TokenVerifier, Verification, claims::MalformedFacts,
};

/// A verifier that takes claims for granted, and confirms them whenever it is asked.
#[derive(Debug)]
struct Assumed {
    claims: Box<str>,
    expectations: Arc<Expectations>,
}

impl Assumed {
    fn new(claims: &Value) -> Result<Self, MalformedFacts> {
        let assumed = Self {
            claims: claims.to_string().into(),
            expectations: Arc::new(Expectations::danger_any_audience()),
        };
        assumed.facts()?;
        Ok(assumed)
    }

    fn facts(&self) -> Result<Arc<TokenFacts>, MalformedFacts> {
        TokenFacts::from_json(self.claims.clone(), &self.expectations)
            .map(|facts| Arc::new(facts.with_asked_at(Instant::now())))
    }
}

impl TokenVerifier for Assumed {
    fn verify(&self, _: &Credentials, _: Freshness) -> Verification {
        let answer: Answer = self
            .facts()
            .map_err(|error| Rejection::because(Reason::Internal, error.to_string()));
        Verification::now(answer)
    }

    fn can_ask(&self) -> bool {
        true
    }
}

impl LiveVerifier for Assumed {}

impl VerifiedToken {
    /// A token with these claims, for tests of what a handler does with it.
    ///
    /// # Errors
    /// When the claims are not an object, or a registered claim has a value of the wrong type.
    pub fn for_test(claims: &Value) -> Result<Self, MalformedFacts> {
        let assumed = Assumed::new(claims)?;
        let facts = assumed.facts()?;
        let presented = Presented {
            authenticator: Arc::new(Authenticator::new(assumed)),
            credentials: Credentials::bearer(AccessToken::assumed()),
            arrived: Instant::now(),
            caller_deadline: None,
        };
        Ok(Self::new(facts, presented))
    }
}

impl AuthenticateLayer {
    /// A layer that takes every request for one with these claims, whatever it carries: for
    /// tests of a router that want neither tokens nor a server. Guards and extractors judge as
    /// ever.
    ///
    /// # Errors
    /// When the claims are not an object, or a registered claim has a value of the wrong type.
    pub fn assume(claims: &Value) -> Result<Self, MalformedFacts> {
        let assumed = Assumed::new(claims)?;
        let found = |_: RequestView<'_>| Ok(Some(Credentials::bearer(AccessToken::assumed())));
        Ok(Self::new(assumed).extractor(found))
    }
}

use std::{fmt, future::Future, sync::Arc};

use super::{Answer, Freshness, LiveVerifier, TokenVerifier, Verification};
use crate::{Clock, SystemClock, credentials::Credentials};

/// A closure as a verifier, see [`verifier_fn`].
#[derive(Clone)]
pub struct VerifierFn<F> {
    verify: F,
    clock: Arc<dyn Clock>,
}

/// Makes a verifier of a closure: for tokens of a kind that Portcullis does not know.
///
/// The closure is given what was presented and how fresh the answer must be, and says what it
/// knows of the token. For [`Freshness::Live`] and [`Freshness::Within`] the facts must say when
/// the call began, see [`TokenFacts::with_asked_at`](crate::TokenFacts::with_asked_at): a closure
/// that never says so is good for routes without `RequireActive` alone, and 503 on those with it.
///
/// ```
/// use std::sync::Arc;
/// use portcullis::{AuthenticateLayer, Expectations, Reason, Rejection, TokenFacts, verifier_fn};
///
/// let expectations = Arc::new(Expectations::audience("orders-api"));
/// let verifier = verifier_fn(move |credentials, _freshness| {
///     let expectations = expectations.clone();
///     async move {
///         if credentials.token.as_str() != "opensesame" {
///             return Err(Rejection::new(Reason::Inactive));
///         }
///         TokenFacts::from_json(r#"{"sub":"ali","aud":"orders-api"}"#, &expectations)
///             .map(Arc::new)
///             .map_err(|error| Rejection::because(Reason::Internal, error.to_string()))
///     }
/// });
/// let layer = AuthenticateLayer::new(verifier);
/// ```
pub fn verifier_fn<F, Fut>(verify: F) -> VerifierFn<F>
where
    F: Fn(Credentials, Freshness) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    VerifierFn {
        verify,
        clock: Arc::new(SystemClock),
    }
}

impl<F> VerifierFn<F> {
    /// The clock that the closure's facts are dated by; the system's unless set.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}

impl<F, Fut> TokenVerifier for VerifierFn<F>
where
    F: Fn(Credentials, Freshness) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    fn verify(&self, credentials: &Credentials, freshness: Freshness) -> Verification {
        Verification::later((self.verify)(credentials.clone(), freshness))
    }

    fn can_ask(&self) -> bool {
        true
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }
}

impl<F> LiveVerifier for VerifierFn<F> where Self: TokenVerifier {}

impl<F> fmt::Debug for VerifierFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifierFn")
    }
}

//! Who vouches for a token. Verifiers give facts; the verdict is given elsewhere, in one place.

mod agreement;
mod closure;
mod freshness;
pub(crate) mod hybrid;
pub(crate) mod introspection;
pub(crate) mod jwt;
pub(crate) mod multi_issuer;
mod shape;
mod verification;

use std::sync::Arc;

use self::jwt::{Recall, Recalled};
pub(crate) use self::shape::Shape;
pub use self::{
    closure::{VerifierFn, verifier_fn},
    freshness::Freshness,
    verification::{Answer, Verification},
};
use crate::{Clock, ClockReading, SystemClock, credentials::Credentials};

/// Vouches for tokens: says what their issuer says of them.
///
/// A verifier answers with [`TokenFacts`](crate::TokenFacts), never with a verdict: time,
/// audience, binding and requirements are judged by the
/// [`Authenticator`](crate::Authenticator), on every request.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not verify tokens",
    note = "use `issuer.hybrid()`, `issuer.jwt()` or `issuer.introspection()`, or make a verifier of a closure with `verifier_fn`"
)]
pub trait TokenVerifier: Send + Sync + 'static {
    /// Says what the issuer says of the token, as fresh as asked for.
    ///
    /// A verifier that cannot answer that freshly answers with a rejection for
    /// [`Reason::CannotAsk`](crate::Reason::CannotAsk); an answer that is too old is not
    /// accepted as fresh by the caller.
    fn verify(&self, credentials: &Credentials, freshness: Freshness) -> Verification;

    /// The same at a moment that was just read from the verifier's own [`clock`](Self::clock), so that it
    /// need not be read again.
    fn verify_at(
        &self,
        credentials: &Credentials,
        freshness: Freshness,
        now: ClockReading,
    ) -> Verification {
        let _ = now;
        self.verify(credentials, freshness)
    }

    /// What is remembered of a token with exactly these bytes: of one that was verified before, and so is
    /// well-formed. Only verifiers of this crate remember any.
    #[doc(hidden)]
    fn recall(&self, bytes: Recall<'_>) -> Recalled {
        let _ = bytes;
        Recalled::default()
    }

    /// As [`verify_at`](Self::verify_at), as configured, by a verifier that was just asked what it remembers
    /// of this token.
    #[doc(hidden)]
    fn verify_recalled(
        &self,
        credentials: &Credentials,
        recalled: Recalled,
        now: ClockReading,
    ) -> Verification {
        drop(recalled);
        self.verify_at(credentials, Freshness::AsConfigured, now)
    }

    /// Whether this verifier can ask the authorization server.
    fn can_ask(&self) -> bool;

    /// Whether the authorization server of this very token can be asked; the same for all tokens
    /// unless the verifier serves several issuers.
    fn can_ask_about(&self, credentials: &Credentials) -> bool {
        let _ = credentials;
        self.can_ask()
    }

    /// The clock that facts of this verifier are dated by.
    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    /// Whether clients are told why their requests are refused: for development, see
    /// [`IssuerBuilder::danger_expose_diagnosis`](crate::IssuerBuilder::danger_expose_diagnosis). A
    /// layer asks once, when it is made. A verifier around another one that does not forward it
    /// switches it off. What a token claims wrongly is told only where the verifier says that it was
    /// verified all the same, by [`Rejection::of_verified_token`](crate::Rejection::of_verified_token).
    fn exposes_diagnosis(&self) -> bool {
        false
    }
}

impl<V: TokenVerifier + ?Sized> TokenVerifier for Arc<V> {
    fn verify(&self, credentials: &Credentials, freshness: Freshness) -> Verification {
        (**self).verify(credentials, freshness)
    }

    fn verify_at(
        &self,
        credentials: &Credentials,
        freshness: Freshness,
        now: ClockReading,
    ) -> Verification {
        (**self).verify_at(credentials, freshness, now)
    }

    fn recall(&self, bytes: Recall<'_>) -> Recalled {
        (**self).recall(bytes)
    }

    fn verify_recalled(
        &self,
        credentials: &Credentials,
        recalled: Recalled,
        now: ClockReading,
    ) -> Verification {
        (**self).verify_recalled(credentials, recalled, now)
    }

    fn can_ask(&self) -> bool {
        (**self).can_ask()
    }

    fn can_ask_about(&self, credentials: &Credentials) -> bool {
        (**self).can_ask_about(credentials)
    }

    fn clock(&self) -> Arc<dyn Clock> {
        (**self).clock()
    }

    fn exposes_diagnosis(&self) -> bool {
        (**self).exposes_diagnosis()
    }
}

/// A verifier of which the compiler knows that it can ask the authorization server. Needed by
/// [`RequireActiveLayer::asking`](crate::RequireActiveLayer::asking).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot ask the authorization server",
    note = "use `issuer.hybrid()` or `issuer.introspection()`; they need client credentials: `.client_secret(id, secret)`"
)]
pub trait LiveVerifier: TokenVerifier {}

impl<V: LiveVerifier + ?Sized> LiveVerifier for Arc<V> {}

use super::RegisteredClaims;
use crate::{Expectations, Timestamp, authenticate::judge_words, binding::asks_for_proof};

/// What every request asks of a statement, side by side, so that the rest of a token that was seen before
/// need not be read from memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) validity: Validity,
    /// Whether it says the issuer, kind, audience and client that are expected. Neither what it says nor what
    /// is expected of it ever changes, so the two are compared once.
    pub(crate) says_what_is_expected: bool,
    /// Whether it is good only for those who prove something.
    pub(crate) asks_for_proof: bool,
}

/// When a token is good (RFC 7519 §4.1.4 to §4.1.6).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Validity {
    pub(crate) exp: Option<Timestamp>,
    pub(crate) nbf: Option<Timestamp>,
    pub(crate) iat: Option<Timestamp>,
}

impl Terms {
    pub(super) fn of(claims: &RegisteredClaims, expectations: &Expectations) -> Self {
        Self {
            validity: claims.validity(),
            says_what_is_expected: judge_words(claims, expectations).is_ok(),
            asks_for_proof: asks_for_proof(claims),
        }
    }
}

impl RegisteredClaims {
    pub(crate) fn validity(&self) -> Validity {
        let &Self { exp, nbf, iat, .. } = self;
        Validity { exp, nbf, iat }
    }
}

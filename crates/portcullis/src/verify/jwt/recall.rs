use std::{fmt, sync::Arc};

use super::token_tag::TokenTag;
use crate::{TokenFacts, TokenVerifier};

/// A token as it is remembered, or may be.
#[derive(Default)]
pub struct Recalled {
    pub(super) tag: Option<TokenTag>,
    pub(super) known: Option<Arc<TokenFacts>>,
}

impl Recalled {
    /// Whether the token was verified before.
    pub(crate) fn is_known(&self) -> bool {
        self.known.is_some()
    }
}

/// Bytes that may be a token: whether they are, nobody has looked.
#[derive(Clone, Copy)]
pub struct Recall<'a> {
    pub(super) token: &'a [u8],
}

impl<'a> Recall<'a> {
    pub(crate) fn of(token: &'a [u8]) -> Self {
        Self { token }
    }
}

/// Where an extractor asks whether the bytes that it has found are a token that was verified before:
/// then their characters need not be looked at again.
pub struct Memory<'a> {
    verifier: &'a dyn TokenVerifier,
    recalled: Option<Recalled>,
}

impl<'a> Memory<'a> {
    pub(crate) fn of(verifier: &'a dyn TokenVerifier) -> Self {
        Self {
            verifier,
            recalled: None,
        }
    }

    /// Whether these bytes are a token that was verified before.
    pub(crate) fn knows(&mut self, token: &[u8]) -> bool {
        let recalled = self.verifier.recall(Recall::of(token));
        self.recalled.insert(recalled).is_known()
    }

    /// What is remembered of the bytes that were asked about last, if any were.
    pub(crate) fn into_recalled(self) -> Option<Recalled> {
        self.recalled
    }
}

impl fmt::Debug for Recalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recalled")
    }
}

impl fmt::Debug for Recall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recall")
    }
}

impl fmt::Debug for Memory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

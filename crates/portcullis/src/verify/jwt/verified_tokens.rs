use std::sync::Arc;

use quick_cache::{
    Weighter,
    sync::{Cache, DefaultLifecycle},
};

use super::token_tag::{TagKey, TokenTag};
use crate::TokenFacts;

/// Tokens whose signature was found good, and by which key: as long as the issuer has that key, a
/// token that comes again is read no second time. Facts are kept, no verdicts: time, audience,
/// revocation and binding are judged on every request.
///
/// Bounded by bytes. What comes once gives way to what is used: a flood of new tokens passes through
/// a small part of the store.
pub(super) struct VerifiedTokens {
    key: TagKey,
    tokens: Cache<TokenTag, Arc<TokenFacts>, Weight, foldhash::fast::RandomState>,
}

/// How many bytes an entry takes up.
#[derive(Clone)]
struct Weight;

impl Weight {
    /// Of the store itself, for each entry: links and counters beside what is kept, and as much again
    /// that is not in use when it has just grown.
    const ENTRY: usize = 2 * (size_of::<TokenTag>() + size_of::<Arc<TokenFacts>>() + 64);
}

impl Weighter<TokenTag, Arc<TokenFacts>> for Weight {
    fn weight(&self, _: &TokenTag, facts: &Arc<TokenFacts>) -> u64 {
        u64::try_from(Self::ENTRY + facts.weight()).unwrap_or(u64::MAX)
    }
}

impl VerifiedTokens {
    /// About what a token takes up.
    const TYPICAL: u64 = 12 << 10;

    /// Room for so many bytes; `None` for nought, and when there is no randomness to be had.
    pub(super) fn with_bytes(bytes: u64) -> Option<Self> {
        let key = TagKey::random().filter(|_| bytes > 0)?;
        let expected = usize::try_from(bytes / Self::TYPICAL).unwrap_or(usize::MAX);
        let secret = foldhash::fast::RandomState::default();
        let tokens = Cache::with(expected, bytes, Weight, secret, DefaultLifecycle::default());
        Some(Self { key, tokens })
    }

    /// Under which name a token is kept.
    pub(super) fn tag(&self, token: &[u8]) -> Option<TokenTag> {
        self.key.tag(token)
    }

    /// What is known of a token.
    pub(super) fn get(&self, tag: &TokenTag) -> Option<Arc<TokenFacts>> {
        self.tokens.get(tag)
    }

    /// Keeps a token whose signature was found good.
    pub(super) fn keep(&self, tag: TokenTag, facts: Arc<TokenFacts>) {
        self.tokens.insert(tag, facts);
    }

    /// Forgets a token.
    pub(super) fn forget(&self, tag: &TokenTag) {
        self.tokens.remove(tag);
    }
}

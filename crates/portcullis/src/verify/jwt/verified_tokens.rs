use std::{
    hash::BuildHasher,
    sync::{Arc, PoisonError, RwLock},
};

use foldhash::fast::RandomState;

use super::{
    token_shelf::TokenShelf,
    token_tag::{TagKey, TokenTag},
};
use crate::{Timestamp, TokenFacts};

/// Tokens whose signature was found good, and by which key: as long as the issuer has that key, a
/// token that comes again is read no second time. Facts are kept, no verdicts: time, audience,
/// revocation and binding are judged on every request.
///
/// Bounded by bytes. What comes once gives way to what is used: a flood of new tokens passes through
/// a small part of the store. What is over goes as others come, so that it is about as large as those that live.
pub(super) struct VerifiedTokens {
    key: TagKey,
    /// Says on which shelf a token is, and where there.
    secret: RandomState,
    /// A power of two of them, so that few wait for one another.
    shelves: Box<[Apart]>,
}

/// A shelf that shares no line of the processor's cache with its neighbours.
#[repr(align(128))]
struct Apart(RwLock<TokenShelf>);

impl VerifiedTokens {
    /// About what a token takes up.
    const TYPICAL: u64 = 12 << 10;
    const MOST_SHELVES: usize = 64;
    /// How many tokens a shelf has room for at the least, where there is more than one.
    const ON_A_SHELF: u64 = 256;

    /// Room for so many bytes; `None` for nought, and when there is no randomness to be had.
    pub(super) fn with_bytes(bytes: u64) -> Option<Self> {
        let key = TagKey::random().filter(|_| bytes > 0)?;
        let shelves = bytes / (Self::TYPICAL * Self::ON_A_SHELF);
        let shelves = usize::try_from(shelves).map_or(Self::MOST_SHELVES, |shelves| {
            shelves.clamp(1, Self::MOST_SHELVES)
        });
        // The next lower power of two.
        let shelves = 1 << shelves.ilog2();
        let secret = RandomState::default();
        let room = bytes / shelves;
        let shelf = |_| TokenShelf::with_bytes(room, secret.clone());
        let shelves = (0..shelves).map(shelf);
        Some(Self {
            key,
            shelves: shelves.map(|shelf| Apart(RwLock::new(shelf))).collect(),
            secret,
        })
    }

    /// Under which name a token is kept.
    pub(super) fn tag(&self, token: &[u8]) -> Option<TokenTag> {
        self.key.tag(token)
    }

    /// What is known of a token.
    pub(super) fn get(&self, tag: &TokenTag) -> Option<Arc<TokenFacts>> {
        let hash = self.secret.hash_one(tag);
        let shelf = self.shelf(hash)?.read();
        shelf.unwrap_or_else(PoisonError::into_inner).get(tag, hash)
    }

    /// Keeps a token whose signature was found good now.
    pub(super) fn keep(&self, tag: TokenTag, facts: Arc<TokenFacts>, now: Timestamp) {
        let hash = self.secret.hash_one(tag);
        if let Some(shelf) = self.shelf(hash) {
            let mut shelf = shelf.write().unwrap_or_else(PoisonError::into_inner);
            let gone = shelf.put(tag, hash, facts, now);
            drop(shelf);
            // Nobody need wait while their memory is given back.
            drop(gone);
        }
    }

    /// Forgets a token.
    pub(super) fn forget(&self, tag: &TokenTag) {
        let hash = self.secret.hash_one(tag);
        if let Some(shelf) = self.shelf(hash) {
            let mut shelf = shelf.write().unwrap_or_else(PoisonError::into_inner);
            let gone = shelf.remove(tag, hash);
            drop(shelf);
            drop(gone);
        }
    }

    /// By the upper bits of the hash.
    fn shelf(&self, hash: u64) -> Option<&RwLock<TokenShelf>> {
        let index = (hash >> 48) as usize & (self.shelves.len() - 1);
        self.shelves.get(index).map(|Apart(shelf)| shelf)
    }
}

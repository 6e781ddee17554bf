//! The issuer's keys: which of them can be used for what, and where they come from.

mod algorithm;
mod caching;
mod condition;
mod control;
mod embedded_key;
mod fetched;
mod jwk;
mod key_set;
mod key_use;
mod limits;
mod look_up;
mod notice;
#[cfg(test)]
mod public_vectors;
mod published_key;
mod refusal;
mod remote;
mod small_order;
mod unknown;

pub use self::{
    algorithm::Algorithm,
    key_set::{KeySet, MalformedKeySet},
    published_key::{PublishedKey, SkippedKey},
};
pub(crate) use self::{
    condition::Condition, control::SignedText, embedded_key::EmbeddedKey, key_set::Found,
    key_use::KeyUseId, limits::KeyLimits, notice::NoKey, remote::RemoteJwks,
};

use std::{future::Future, pin::Pin, sync::Arc, time::Instant};

use crate::{Rejection, Timestamp};

/// Where a verifier's keys come from.
#[derive(Debug, Clone)]
pub(crate) enum Keys {
    /// Given once and for all.
    Fixed(Arc<KeySet>),
    /// Fetched from the issuer.
    Remote(Arc<RemoteJwks>),
}

/// The key that a token asks for.
#[derive(Debug, Clone)]
pub(crate) struct KeyQuery {
    pub(crate) kid: Option<Arc<str>>,
    pub(crate) algorithm: Algorithm,
    /// When the token was issued: an older key set cannot know its key.
    pub(crate) iat: Option<Timestamp>,
    /// How long the token is, in bytes: that much of it waits for its key.
    pub(crate) length: usize,
}

/// A key set that has the key, now or later.
pub(crate) enum KeyLookup {
    Now(Result<Arc<KeySet>, Rejection>),
    Later(Pin<Box<dyn Future<Output = Result<Arc<KeySet>, Rejection>> + Send>>),
}

impl Keys {
    /// Whether a key may still be used in this way, by a set that is here and young now. Asks nobody: where
    /// it does not, [`look_up`](Self::look_up) has the last word.
    pub(crate) fn have(&self, id: &Arc<KeyUseId>, now: Instant) -> bool {
        match self {
            Self::Fixed(set) => set.has(id),
            Self::Remote(remote) => remote.have(id, now),
        }
    }

    /// The keys that are here. Asks nobody for others.
    pub(crate) fn at_hand(&self) -> Option<Arc<KeySet>> {
        match self {
            Self::Fixed(set) => Some(set.clone()),
            Self::Remote(remote) => remote.at_hand(),
        }
    }

    /// The end of the fetch of the first keys, where one is under way that a token of this length can wait
    /// for. Begins none.
    pub(crate) fn arrival(&self, length: usize) -> Option<impl Future<Output = ()> + Send + use<>> {
        match self {
            Self::Fixed(_) => None,
            Self::Remote(remote) => remote.arrival(length),
        }
    }

    /// Finds a key set with at least one key for the query.
    pub(crate) fn look_up(&self, query: &KeyQuery) -> KeyLookup {
        match self {
            Self::Fixed(set) => KeyLookup::Now(match set.find(query) {
                Found::Usable => Ok(set.clone()),
                Found::Unusable | Found::Unknown => Err(refusal::unknown_key(query)),
            }),
            Self::Remote(remote) => remote.look_up(query),
        }
    }
}

use std::{fmt, sync::Arc};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Algorithm, KeyQuery, KeyUseId, PublishedKey, SkippedKey, jwk::Jwk, key_use::KeyUse};

/// A JWK Set (RFC 7517 §5), each usable key parsed once for each algorithm it is good for.
///
/// Every key is looked at by itself: one that is not understood is skipped and harms no other.
#[derive(Clone)]
pub struct KeySet {
    keys: Vec<Key>,
}

#[derive(Clone)]
pub(super) struct Key {
    pub(super) kid: Option<String>,
    /// Published with its private part.
    pub(super) is_private: bool,
    pub(super) uses: Result<Vec<KeyUse>, SkippedKey>,
}

/// A document that is not a JWK Set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedKeySet {
    /// Not a JSON object with an array `keys`.
    #[error("the document is not a JWK Set: it has no array `keys`")]
    NotAKeySet,
    /// More keys than are looked at.
    #[error("the JWK Set has {count} keys; {limit} is the limit")]
    TooManyKeys {
        /// How many there are.
        count: usize,
        /// How many are allowed.
        limit: usize,
    },
}

/// What a key set says to a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// There is a key to try.
    Usable,
    /// There is a key of this id, and it must not be used for this.
    Unusable,
    /// There is no such key.
    Unknown,
}

impl KeySet {
    /// How many keys a set may have.
    const LIMIT: usize = 100;
    /// How many keys are tried for one token that names none.
    const TRIES: usize = 4;

    /// Reads a JWK Set, for the given algorithms.
    ///
    /// # Errors
    /// When the document is not a JWK Set or has more than 100 keys.
    pub fn parse(json: &[u8], allowed: &[Algorithm]) -> Result<Self, MalformedKeySet> {
        #[derive(Deserialize)]
        struct Document<'a> {
            #[serde(borrow)]
            keys: Vec<&'a RawValue>,
        }

        let document: Document<'_> =
            serde_json::from_slice(json).map_err(|_| MalformedKeySet::NotAKeySet)?;
        let count = document.keys.len();
        if count > Self::LIMIT {
            let limit = Self::LIMIT;
            return Err(MalformedKeySet::TooManyKeys { count, limit });
        }
        let keys = document.keys.into_iter();
        Ok(Self {
            keys: keys.map(|json| Key::parse(json, allowed)).collect(),
        })
    }

    /// How many keys of the set can be used.
    #[must_use]
    pub fn usable_keys(&self) -> usize {
        self.keys().filter(|key| key.skipped().is_none()).count()
    }

    /// Every key of the set in its order, those that are skipped too.
    ///
    /// ```
    /// # fn example(jwk_set: &[u8]) -> Result<(), portcullis::MalformedKeySet> {
    /// use portcullis::{Algorithm, KeySet};
    ///
    /// let set = KeySet::parse(jwk_set, Algorithm::ALL)?;
    /// for key in set.keys() {
    ///     if let Some(why) = key.skipped() {
    ///         println!("{:?} is skipped: {why}", key.kid());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn keys(&self) -> impl Iterator<Item = PublishedKey<'_>> {
        self.keys.iter().map(PublishedKey::of)
    }

    /// Warns of each private key that the set before this one did not have.
    pub(crate) fn warn_of_private_keys(&self, before: Option<&Self>) {
        let known: Vec<_> = before.into_iter().flat_map(Self::private_kids).collect();
        for kid in self.private_kids().filter(|kid| !known.contains(kid)) {
            tracing::warn!(
                target: "portcullis::jwks",
                ?kid,
                "the issuer publishes a PRIVATE key; its public part is used, but whoever reads the key set can sign tokens"
            );
        }
    }

    fn private_kids(&self) -> impl Iterator<Item = Option<&str>> {
        let private = self.keys.iter().filter(|key| key.is_private);
        private.map(|key| key.kid.as_deref())
    }

    pub(crate) fn find(&self, query: &KeyQuery) -> Found {
        if self.candidates(query).next().is_some() {
            Found::Usable
        } else if query.kid.is_some() && self.named(query).next().is_some() {
            Found::Unusable
        } else {
            Found::Unknown
        }
    }

    /// Which of the keys that fit the query has made the signature; `None` when none has.
    pub(crate) fn signer(
        &self,
        query: &KeyQuery,
        message: &[u8],
        signature: &[u8],
    ) -> Option<Arc<KeyUseId>> {
        self.candidates(query)
            .find(|key| key.verifies(message, signature))
            .map(|key| key.id.clone())
    }

    /// Whether a key may be used in this way, by this set.
    pub(crate) fn has(&self, id: &Arc<KeyUseId>) -> bool {
        let mut uses = self.keys.iter().flat_map(Key::uses);
        uses.any(|key| key.id == *id)
    }

    fn candidates<'a>(&'a self, query: &'a KeyQuery) -> impl Iterator<Item = &'a KeyUse> {
        self.named(query)
            .flat_map(Key::uses)
            .filter(|key| key.id.algorithm == query.algorithm)
            .take(Self::TRIES)
    }

    /// The keys of the query's id; all keys when it names none.
    fn named<'a>(&'a self, query: &'a KeyQuery) -> impl Iterator<Item = &'a Key> {
        self.keys
            .iter()
            .filter(|key| query.kid.is_none() || key.kid.as_deref() == query.kid.as_deref())
    }
}

impl Key {
    /// A key, usable or not.
    fn parse(json: &RawValue, allowed: &[Algorithm]) -> Self {
        let jwk = match Jwk::parse(json.get()) {
            Ok(jwk) => jwk,
            Err(why) => {
                tracing::warn!(target: "portcullis::jwks", %why, "a key is skipped");
                return Self {
                    kid: None,
                    is_private: false,
                    uses: Err(why),
                };
            }
        };
        let uses = jwk.verification_keys(allowed).and_then(|keys| {
            keys.into_iter()
                .map(|(algorithm, key)| KeyUse::new(&jwk, algorithm, key))
                .collect::<Option<Vec<_>>>()
                .ok_or(SkippedKey::BadParameters)
        });
        let uses = uses.inspect_err(|why| {
            tracing::debug!(target: "portcullis::jwks", kid = ?jwk.kid, %why, "a key is skipped");
        });
        Self {
            is_private: jwk.has_private_part(),
            kid: jwk.kid,
            uses,
        }
    }

    /// The ways in which it can be used.
    pub(super) fn uses(&self) -> &[KeyUse] {
        self.uses.as_deref().unwrap_or_default()
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids = self.keys.iter().map(|key| key.kid.as_deref());
        f.debug_list().entries(kids).finish()
    }
}

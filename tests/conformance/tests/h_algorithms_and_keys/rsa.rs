#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use portcullis::{Algorithm, KeySet};
use portcullis_conformance::{LocalWorld, RawRsaKey, base64url, from_base64url, resigned};
use portcullis_testing::SigningAlgorithm;
use serde_json::{Value, json};

use super::publishing;

/// A token that names the key and the algorithm, with the signature that the test makes.
fn signed(local: &LocalWorld, alg: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let token = local
        .server()
        .token()
        .header("kid", "raw")
        .header("alg", alg)
        .jwt();
    resigned(&token, sign)
}

async fn is_skipped(key: &RawRsaKey, case: &str) {
    let jwk = key.jwk("raw");
    assert_eq!(usable(&jwk), 0, "{case}");
    let local = publishing([jwk]).await;
    let token = signed(&local, "RS256", |message| key.sign_pkcs1(message));
    local.refuses_unasked(&token, case).await;
    local
        .accepts(&local.server().token().jwt(), "another key of the set")
        .await;
}

async fn is_used(key: &RawRsaKey, case: &str) {
    let local = publishing([key.jwk("raw")]).await;
    let token = signed(&local, "RS256", |message| key.sign_pkcs1(message));
    local.accepts(&token, case).await;
}

/// How many keys of a set of one can be used.
fn usable(jwk: &Value) -> usize {
    let set = json!({"keys": [jwk]}).to_string();
    KeySet::parse(set.as_bytes(), Algorithm::ALL)
        .unwrap()
        .usable_keys()
}

#[tokio::test]
async fn h13_rsa_keys_below_2048_bits_are_skipped() {
    for bits in [512, 1024, 1536, 2040, 2047] {
        is_skipped(&RawRsaKey::new(bits, 65_537), &format!("{bits} bits")).await;
    }
    for bits in [2048, 2049, 3072] {
        is_used(&RawRsaKey::new(bits, 65_537), &format!("{bits} bits")).await;
    }
}

/// Leading zeros make a number longer to look at and no larger.
#[tokio::test]
async fn h13_a_short_modulus_cannot_hide_behind_zeros() {
    let key = RawRsaKey::new(1024, 65_537);
    let mut jwk = key.jwk("raw");
    let n = from_base64url(jwk["n"].as_str().unwrap());
    jwk["n"] = json!(base64url([vec![0; 128], n].concat()));
    assert_eq!(usable(&jwk), 0);
    let local = publishing([jwk]).await;
    let token = signed(&local, "RS256", |message| key.sign_pkcs1(message));
    local
        .refuses_unasked(&token, "1024 bits behind 1024 zeros")
        .await;
}

#[tokio::test]
async fn h14_rsa_keys_beyond_8192_bits_are_skipped() {
    is_used(&RawRsaKey::new(8192, 65_537), "8192 bits").await;
    for bits in [8193, 16_384] {
        is_skipped(&RawRsaKey::new(bits, 65_537), &format!("{bits} bits")).await;
    }
}

#[tokio::test]
async fn h14_unsound_exponents_are_skipped() {
    for exponent in [3, 17, 65_537, 4_294_967_295] {
        is_used(&RawRsaKey::new(2048, exponent), &format!("e = {exponent}")).await;
    }
    // With e = 1 the message is its own signature.
    for exponent in [1, 4_294_967_297, 18_446_744_073_709_551_557] {
        is_skipped(&RawRsaKey::new(2048, exponent), &format!("e = {exponent}")).await;
    }
    // To even exponents there is no private key.
    for exponent in [0, 2, 4, 65_536, 4_294_967_296, 4_294_967_298] {
        let jwk = RawRsaKey::new(2048, exponent).jwk("raw");
        assert_eq!(usable(&jwk), 0, "e = {exponent}");
    }
    let mut jwk = RawRsaKey::new(2048, 3).jwk("raw");
    assert_eq!(usable(&jwk), 1);
    jwk["e"] = json!(base64url([0xff; 256]));
    assert_eq!(usable(&jwk), 0, "e as long as n");
}

#[tokio::test]
async fn h15_the_pss_salt_is_as_long_as_the_hash() {
    let key = RawRsaKey::new(2048, 65_537);
    let local = publishing([key.jwk("raw")]).await;
    let token = |salt| signed(&local, "PS256", |message| key.sign_pss(message, salt));
    local.accepts(&token(32), "as long as the hash").await;
    for salt in [0, 20, 31, 33, 48, 64, 222] {
        local
            .refuses_unasked(&token(salt), &format!("a salt of {salt} bytes"))
            .await;
    }
    let pkcs1 = signed(&local, "PS256", |message| key.sign_pkcs1(message));
    local.refuses_unasked(&pkcs1, "another padding").await;
}

/// Hand-made cases: the messages of the public Wycheproof vectors are no JWTs, so the vectors
/// themselves cannot come in by the front door. The flaws they look for can. With e = 3 each of
/// the lenient readings lets everybody sign (CVE-2006-4339).
#[tokio::test]
async fn h16_pkcs1_padding_is_strict() {
    let key = RawRsaKey::new(2048, 3);
    let length = key.length();
    let local = publishing([key.jwk("raw")]).await;
    let padded = move |start: &[u8], info: &[u8], end: &[u8]| {
        let filling = vec![0xff; length - start.len() - 1 - info.len() - end.len()];
        [start, &filling, &[0], info, end].concat()
    };
    let good = signed(&local, "RS256", |message| {
        key.sign_encoded(&padded(&[0, 1], &RawRsaKey::digest_info(message), &[]))
    });
    local.accepts(&good, "padded well").await;

    type Encode = Box<dyn Fn(Vec<u8>) -> Vec<u8>>;
    let without_null = |info: &[u8]| {
        let mut info = info.to_vec();
        // The parameters of the algorithm, and both lengths around them.
        info.drain(15..17);
        info[1] -= 2;
        info[3] -= 2;
        info
    };
    let replaced = |at: usize, byte: u8| -> Encode {
        Box::new(move |info| {
            let filling = vec![0xff; length - 3 - info.len()];
            let mut encoded = [&[0, 1], filling.as_slice(), &[0], &info].concat();
            encoded[at] = byte;
            encoded
        })
    };
    let cases: [(&str, Encode); 13] = [
        (
            "bytes behind the digest",
            Box::new(move |info| padded(&[0, 1], &info, &[0; 16])),
        ),
        (
            "8 bytes of padding, the rest behind the digest (CVE-2006-4339)",
            Box::new(move |info| {
                let start = [&[0, 1][..], &[0xff; 8], &[0], &info].concat();
                [start.as_slice(), &vec![0; length - start.len()]].concat()
            }),
        ),
        (
            "one byte behind the digest",
            Box::new(move |info| padded(&[0, 1], &info, &[0])),
        ),
        (
            "no parameters",
            Box::new(move |info| padded(&[0, 1], &without_null(&info), &[])),
        ),
        (
            "no DigestInfo",
            Box::new(move |info| padded(&[0, 1], &info[19..], &[])),
        ),
        ("block type 0", replaced(1, 0)),
        ("block type 2", replaced(1, 2)),
        ("a first byte", replaced(0, 1)),
        ("a zero in the padding", replaced(100, 0)),
        ("another byte in the padding", replaced(100, 0xfe)),
        (
            "no zero between padding and digest",
            replaced(length - 52, 0xff),
        ),
        ("the name of SHA-384", replaced(length - 51 + 14, 2)),
        (
            "a length in two bytes",
            Box::new(move |info| {
                let long = [&[0x30, 0x81, info[1]], &info[2..]].concat();
                padded(&[0, 1], &long, &[])
            }),
        ),
    ];
    for (case, encode) in &cases {
        let token = signed(&local, "RS256", |message| {
            key.sign_encoded(&encode(RawRsaKey::digest_info(message)))
        });
        local.refuses_unasked(&token, case).await;
    }
}

#[tokio::test]
async fn h16_an_rsa_signature_is_one_number_in_its_length() {
    let key = RawRsaKey::new(2048, 65_537);
    let local = publishing([key.jwk("raw")]).await;
    let changed = |change: fn(Vec<u8>) -> Vec<u8>| {
        signed(&local, "RS256", |message| change(key.sign_pkcs1(message)))
    };
    local
        .accepts(&changed(|signature| signature), "unchanged")
        .await;
    for (case, token) in [
        (
            "a zero in front",
            changed(|signature| [vec![0], signature].concat()),
        ),
        (
            "a zero behind",
            changed(|signature| [signature, vec![0]].concat()),
        ),
        ("a byte less", changed(|signature| signature[1..].to_vec())),
        ("all zero", changed(|signature| vec![0; signature.len()])),
        ("all ones", changed(|signature| vec![0xff; signature.len()])),
        (
            "one",
            changed(|signature| [vec![0; signature.len() - 1], vec![1]].concat()),
        ),
    ] {
        local.refuses_unasked(&token, case).await;
    }
}

#[tokio::test]
async fn h20_a_leading_zero_in_the_modulus_is_tolerated() {
    let world = portcullis_conformance::World::start().await;
    let key = world.server.signing_key(SigningAlgorithm::RS256);
    let n = from_base64url(key.jwk()["n"].as_str().unwrap());
    for zeros in [1, 2, 8] {
        let longer = base64url([vec![0; zeros], n.clone()].concat());
        world.server.add_jwk(
            json!({"kty": "RSA", "use": "sig", "kid": format!("zeros-{zeros}"),
            "n": longer, "e": "AAEAAQ"}),
        );
    }
    let local = LocalWorld::on(world, |realm| realm).await;
    local
        .accepts(&local.server().token().jwt(), "no zero")
        .await;
    for zeros in [1, 2, 8] {
        let kid = format!("zeros-{zeros}");
        let token = local.server().token().header("kid", kid.as_str()).jwt();
        local.accepts(&token, &kid).await;
        let forged = resigned(&token, |_| vec![1; 256]);
        local.refuses_unasked(&forged, &kid).await;
    }
}

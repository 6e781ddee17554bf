//! Private keys for clients that sign their assertions, as PEM and as JWK.

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rsa::KeyPair as RsaKeyPair,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
        ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    },
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::Value;

#[test]
fn a_client_can_be_given_its_private_key_in_pem() {
    let der = |key: &SigningKey| {
        let pem = key.private_key_pem();
        let lines: Vec<&str> = pem.lines().collect();
        let [first, body @ .., last] = lines.as_slice() else {
            panic!("{pem}")
        };
        assert_eq!(*first, "-----BEGIN PRIVATE KEY-----");
        assert_eq!(*last, "-----END PRIVATE KEY-----");
        STANDARD.decode(body.concat()).unwrap()
    };
    let key = SigningKey::generate(SigningAlgorithm::RS256);
    let read = RsaKeyPair::from_pkcs8(&der(&key)).unwrap();
    assert_eq!(public_der(read.public_key()), key.public_key_der());
    for (algorithm, curve) in [
        (SigningAlgorithm::ES256, &ECDSA_P256_SHA256_FIXED_SIGNING),
        (SigningAlgorithm::ES384, &ECDSA_P384_SHA384_FIXED_SIGNING),
        (SigningAlgorithm::ES512, &ECDSA_P521_SHA512_FIXED_SIGNING),
    ] {
        let key = SigningKey::generate(algorithm);
        let read = EcdsaKeyPair::from_pkcs8(curve, &der(&key)).unwrap();
        assert_eq!(public_der(read.public_key()), key.public_key_der());
    }
    let key = SigningKey::generate(SigningAlgorithm::EdDSA);
    let read = Ed25519KeyPair::from_pkcs8(&der(&key)).unwrap();
    assert_eq!(public_der(read.public_key()), key.public_key_der());
}

fn public_der<'a>(key: &impl AsDer<PublicKeyX509Der<'a>>) -> Vec<u8> {
    key.as_der().unwrap().as_ref().to_vec()
}

#[test]
fn a_client_can_be_given_its_private_key_as_a_jwk() {
    let member = |jwk: &Value, name: &str| {
        let text = jwk[name].as_str().unwrap_or_else(|| panic!("{name}"));
        URL_SAFE_NO_PAD.decode(text).unwrap()
    };
    let jwk_of = |key: &SigningKey| {
        let (public, private) = (key.jwk(), key.private_jwk());
        assert!(public.get("d").is_none());
        for (name, value) in public.as_object().unwrap() {
            assert_eq!(&private[name], value);
        }
        private
    };
    let jwk = jwk_of(&SigningKey::generate(SigningAlgorithm::RS256));
    // The lowest 64 bits tell whether the primes are those of the modulus.
    let low = |name: &str| {
        let bytes = member(&jwk, name);
        u64::from_be_bytes(bytes[bytes.len() - 8..].try_into().unwrap())
    };
    assert_eq!(low("p").wrapping_mul(low("q")), low("n"));
    assert!(member(&jwk, "d").len() > 240);
    for name in ["p", "q", "dp", "dq", "qi"] {
        assert!((120..=128).contains(&member(&jwk, name).len()), "{name}");
    }
    for (algorithm, curve) in [
        (SigningAlgorithm::ES256, &ECDSA_P256_SHA256_FIXED_SIGNING),
        (SigningAlgorithm::ES384, &ECDSA_P384_SHA384_FIXED_SIGNING),
        (SigningAlgorithm::ES512, &ECDSA_P521_SHA512_FIXED_SIGNING),
    ] {
        let jwk = jwk_of(&SigningKey::generate(algorithm));
        let point = [vec![4], member(&jwk, "x"), member(&jwk, "y")].concat();
        let d = member(&jwk, "d");
        let pair = EcdsaKeyPair::from_private_key_and_public_key(curve, &d, &point);
        assert!(pair.is_ok(), "{algorithm}");
    }
    let jwk = jwk_of(&SigningKey::generate(SigningAlgorithm::EdDSA));
    let (seed, x) = (member(&jwk, "d"), member(&jwk, "x"));
    assert!(Ed25519KeyPair::from_seed_and_public_key(&seed, &x).is_ok());
}

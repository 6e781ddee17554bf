//! Signed texts of the authorization server.

use std::sync::LazyLock;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// How many keys there are at the most; the last one is never published.
pub(crate) const KEYS: usize = 12;
/// Of whoever makes tokens up.
pub(crate) const FORGER: usize = KEYS;

static PAIRS: LazyLock<Vec<Ed25519KeyPair>> = LazyLock::new(|| {
    (0..=KEYS)
        .map(|_| Ed25519KeyPair::generate().expect("a key pair"))
        .collect()
});

/// Signs claims. The header names the key `named`, which need not be the one that signs.
pub(crate) fn signed(typ: &str, named: usize, key: usize, claims: &Value) -> String {
    let header = json!({"alg": "EdDSA", "typ": typ, "kid": key_id(named)});
    let mut text = URL_SAFE_NO_PAD.encode(header.to_string());
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut text);
    let signature = PAIRS[key].sign(text.as_bytes());
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut text);
    text
}

/// A key as it is published.
pub(crate) fn published(key: usize) -> Value {
    let x = URL_SAFE_NO_PAD.encode(PAIRS[key].public_key().as_ref());
    json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key_id(key), "x": x})
}

fn key_id(key: usize) -> String {
    format!("key-{key}")
}

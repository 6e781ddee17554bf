//! JWK Sets (RFC 7517 §5), and whether a token of the issuer's is let in by them.

use std::sync::{Arc, OnceLock};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Request;
use portcullis::{Algorithm, Authenticator, KeySet};
use serde_json::Value;

use crate::{
    Outcome, service,
    signer::{KEY_ID, Signer},
};

/// Reads a key set, and has a token of the issuer's verified by it.
pub fn run(data: &[u8]) -> Outcome {
    let Ok(set) = KeySet::parse(data, Algorithm::ALL) else {
        return Outcome::Refused;
    };
    let Ok(document) = serde_json::from_slice::<Value>(data) else {
        // It has a number that no double holds, where nobody looks.
        return Outcome::Refused;
    };
    let keys = document.get("keys").and_then(Value::as_array).unwrap();
    assert!(keys.len() <= 100);
    assert_eq!(set.keys().count(), keys.len());
    for (key, jwk) in set.keys().zip(keys) {
        assert_eq!(key.skipped().is_none(), key.algorithms().next().is_some());
        if key.skipped().is_none() {
            assert!(is_usable(jwk), "{jwk}");
        }
    }
    if set.usable_keys() == 0 {
        return Outcome::Refused;
    }
    let issuer = service::issuer().keys(data).build().unwrap();
    let authenticator = Arc::new(Authenticator::new(issuer.jwt()));
    let is_let_in = service::verdict(&authenticator, request()).is_ok();
    assert!(!is_let_in || keys.iter().any(is_issuers), "{document}");
    Outcome::accepted_if(is_let_in)
}

/// A request with a good token.
fn request() -> &'static Request<()> {
    static REQUEST: OnceLock<Request<()>> = OnceLock::new();
    REQUEST.get_or_init(|| {
        let (header, claims) = (service::token_header(), service::token_claims(""));
        service::request(&Signer::issuer().sign(header, claims))
    })
}

/// Whether a key is for signatures that are verified here, and no weaker or stranger than it may be.
fn is_usable(jwk: &Value) -> bool {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let bytes = |name| text(name).and_then(|member| URL_SAFE_NO_PAD.decode(member).ok());
    let length = |name| bytes(name).map(|bytes| bytes.len());
    let is_for_verifying = jwk.get("key_ops").is_none_or(|operations| {
        operations.is_null()
            || operations
                .as_array()
                .is_some_and(|all| all.contains(&"verify".into()))
    });
    let is_for_signatures = jwk
        .get("use")
        .is_none_or(|purpose| purpose.is_null() || purpose == "sig");
    let alg = jwk.get("alg").filter(|alg| !alg.is_null());
    let is_for = |names: &[&str]| alg.is_none_or(|alg| names.iter().any(|name| alg == name));
    let is_sound = match (text("kty"), text("crv")) {
        (Some("RSA"), _) => {
            is_sound_rsa(bytes("n"), bytes("e"))
                && is_for(&["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
        }
        (Some("EC"), Some("P-256")) => {
            length("x") == Some(32) && length("y") == Some(32) && is_for(&["ES256"])
        }
        (Some("EC"), Some("P-384")) => {
            length("x") == Some(48) && length("y") == Some(48) && is_for(&["ES384"])
        }
        (Some("EC"), Some("P-521")) => {
            length("x") == Some(66) && length("y") == Some(66) && is_for(&["ES512"])
        }
        (Some("OKP"), Some("Ed25519")) => length("x") == Some(32) && is_for(&["EdDSA", "Ed25519"]),
        _ => false,
    };
    is_for_verifying && is_for_signatures && is_sound
}

fn is_sound_rsa(n: Option<Vec<u8>>, e: Option<Vec<u8>>) -> bool {
    let number = |bytes: Option<Vec<u8>>| -> Option<Vec<u8>> {
        Some(bytes?.into_iter().skip_while(|byte| *byte == 0).collect())
    };
    let (Some(n), Some(e)) = (number(n), number(e)) else {
        return false;
    };
    let bits = n.len() * 8 - n.first().map_or(0, |first| first.leading_zeros() as usize);
    let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
    (2048..=8192).contains(&bits) && is_odd(&n) && is_odd(&e) && e.len() <= 5 && e != [1]
}

/// Whether it is the issuer's key, for its token.
fn is_issuers(jwk: &Value) -> bool {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    is_usable(jwk)
        && text("crv") == Some("Ed25519")
        && text("x") == Some(&Signer::issuer().x())
        && text("kid") == Some(KEY_ID)
}

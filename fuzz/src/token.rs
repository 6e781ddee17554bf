//! Whole tokens: edits of tokens that every algorithm has signed, and texts of any kind.
//!
//! The first byte chooses the token that the others edit, each edit by five bytes: which part, what is
//! done, where (two) and by which byte. A first byte of 255 means that the rest is the token itself.

use std::sync::{Arc, OnceLock};

use http::{HeaderValue, Request, header};
use portcullis::{Algorithm, Authenticator};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::json;

use crate::{
    Outcome,
    service::{self, token_claims},
    signer::base64url,
};

const ALGORITHMS: [SigningAlgorithm; 10] = [
    SigningAlgorithm::RS256,
    SigningAlgorithm::RS384,
    SigningAlgorithm::RS512,
    SigningAlgorithm::PS256,
    SigningAlgorithm::PS384,
    SigningAlgorithm::PS512,
    SigningAlgorithm::ES256,
    SigningAlgorithm::ES384,
    SigningAlgorithm::ES512,
    SigningAlgorithm::EdDSA,
];

struct World {
    authenticator: Arc<Authenticator>,
    /// One of each algorithm, and one of a stranger who uses the id of a key of the issuer's.
    tokens: Vec<Parts>,
}

type Parts = [Vec<u8>; 3];

/// Lets in a token, or not.
pub fn run(data: &[u8]) -> Outcome {
    let world = world();
    let Some((choice, edits)) = data.split_first() else {
        return Outcome::Refused;
    };
    let mut text = if *choice == u8::MAX {
        edits.to_vec()
    } else {
        let chosen = usize::from(*choice) % world.tokens.len();
        let mut parts = world.tokens.get(chosen).cloned().unwrap_or_default();
        for edit in edits.chunks_exact(5).take(16) {
            edited(&mut parts, edit, &world.tokens);
        }
        parts.join(&b'.')
    };
    // Any number of spaces may stand behind the scheme.
    let start = text.iter().take_while(|byte| **byte == b' ').count();
    let text = text.split_off(start);
    let own = world.tokens.iter().take(ALGORITHMS.len());
    let is_own = own.map(|parts| parts.join(&b'.')).any(|own| own == text);
    let Ok(mut value) = HeaderValue::from_bytes(&[b"Bearer ", text.as_slice()].concat()) else {
        return Outcome::Refused;
    };
    value.set_sensitive(true);
    let mut request = Request::new(());
    request.headers_mut().insert(header::AUTHORIZATION, value);
    let verdict = service::verdict(&world.authenticator, &request);
    assert_eq!(verdict.is_ok(), is_own, "{:?}", verdict.err());
    Outcome::accepted_if(is_own)
}

/// One edit of the text of a part, or of what it says once decoded.
fn edited(parts: &mut Parts, edit: &[u8], tokens: &[Parts]) {
    let &[part, what, high, low, byte] = edit else {
        return;
    };
    let place = usize::from(u16::from_be_bytes([high, low]));
    let is_decoded = part & 4 != 0;
    let index = usize::from(part % 3);
    let [first, second, third] = parts;
    let part = [first, second, third].into_iter().nth(index).unwrap();
    let mut bytes = if is_decoded {
        decoded(part)
    } else {
        part.clone()
    };
    let at = place.checked_rem(bytes.len()).unwrap_or_default();
    match what % 10 {
        0 => bytes
            .iter_mut()
            .skip(at)
            .take(1)
            .for_each(|own| *own ^= byte),
        1 => bytes.insert(at, byte),
        2 => drop(bytes.drain(at..bytes.len().min(at + 1))),
        3 => bytes.truncate(at),
        4 => bytes.resize(bytes.len() + usize::from(byte % 4), b'='),
        5 => bytes.extend_from_within(at..),
        6 => bytes
            .iter_mut()
            .skip(at)
            .take(1)
            .for_each(|own| *own = byte),
        7 => bytes.make_ascii_uppercase(),
        // The part of another token: of its algorithm, or of another.
        8 => bytes = other(tokens, byte, index, is_decoded),
        _ => bytes.iter_mut().for_each(|own| {
            *own = match *own {
                b'-' => b'+',
                b'_' => b'/',
                same => same,
            };
        }),
    }
    *part = if is_decoded {
        base64url(&bytes).into_bytes()
    } else {
        bytes
    };
}

fn other(tokens: &[Parts], choice: u8, part: usize, is_decoded: bool) -> Vec<u8> {
    let other = tokens.get(usize::from(choice) % tokens.len());
    let part = other.and_then(|parts| parts.get(part)).cloned();
    let part = part.unwrap_or_default();
    if is_decoded { decoded(&part) } else { part }
}

/// What a part says, or the part itself where an edit has left it no base64url.
fn decoded(part: &[u8]) -> Vec<u8> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD
        .decode(part)
        .unwrap_or_else(|_| part.to_vec())
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let keys: Vec<_> = ALGORITHMS
            .into_iter()
            .map(|algorithm| SigningKey::generate(algorithm).with_key_id(algorithm.name()))
            .collect();
        let jwks: Vec<_> = keys.iter().map(SigningKey::jwk).collect();
        let stranger = SigningKey::generate(SigningAlgorithm::EdDSA).with_key_id("EdDSA");
        let issuer = service::issuer()
            .keys(json!({ "keys": jwks }).to_string())
            .algorithms(Algorithm::ALL.iter().copied())
            .build()
            .unwrap();
        let tokens = keys.iter().chain([&stranger]).map(token).collect();
        World {
            authenticator: Arc::new(Authenticator::new(issuer.jwt())),
            tokens,
        }
    })
}

/// A good token by this key.
fn token(key: &SigningKey) -> Parts {
    let (alg, kid) = (key.algorithm().name(), key.key_id());
    let header = format!(r#"{{"alg":"{alg}","typ":"at+jwt","kid":"{kid}"}}"#);
    let token = key.sign_raw(header, token_claims(""));
    let parts: Vec<_> = token
        .split('.')
        .map(|part| part.as_bytes().to_vec())
        .collect();
    parts.try_into().unwrap()
}

//! A token of which one bit is another than its issuer has signed is refused.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use portcullis::{Authenticator, ManualClock};
use portcullis_testing::SigningKey;
use proptest::prelude::*;

use crate::support::{ALGORITHMS, T0, Unasked, issuer, key_set, request, token, verdict};

/// One key for each algorithm, and what judges its tokens. Good ones are remembered meanwhile, so that
/// what is nearly one is not taken for it.
fn judged() -> (Vec<SigningKey>, Arc<Authenticator>) {
    let keys: Vec<_> = ALGORITHMS.into_iter().map(SigningKey::generate).collect();
    let issuer = issuer(&ManualClock::at(T0)).http_client(Unasked);
    let issuer = issuer.keys(key_set(&keys)).build().unwrap();
    (keys, Arc::new(Authenticator::new(issuer.jwt())))
}

fn is_let_in(authenticator: &Arc<Authenticator>, token: &[u8]) -> bool {
    request(token).is_some_and(|request| match verdict(authenticator, &request) {
        Ok(_) => true,
        Err(rejection) => {
            let status = rejection.status();
            let of_token = [StatusCode::UNAUTHORIZED, StatusCode::BAD_REQUEST];
            assert!(of_token.contains(&status), "{rejection:?}");
            false
        }
    })
}

#[test]
fn every_bit_of_every_part_counts_whatever_has_signed_it() {
    let (keys, authenticator) = judged();
    let mut flipped = 0;
    for key in &keys {
        let token = token(key, "t", 60);
        assert!(is_let_in(&authenticator, token.as_bytes()), "{key:?}");
        let parts: Vec<&str> = token.split('.').collect();
        for at in 0..parts.len() {
            let part = URL_SAFE_NO_PAD.decode(parts[at]).unwrap();
            for bit in 0..part.len() * 8 {
                let mut other = part.clone();
                other[bit / 8] ^= 1 << (bit % 8);
                let other = URL_SAFE_NO_PAD.encode(other);
                let mut parts = parts.clone();
                parts[at] = &other;
                let other = parts.join(".");
                assert!(
                    !is_let_in(&authenticator, other.as_bytes()),
                    "{key:?}: bit {bit} of part {at}"
                );
                flipped += 1;
            }
        }
        assert!(is_let_in(&authenticator, token.as_bytes()), "{key:?}");
    }
    assert!(flipped > 8 * 250 * keys.len(), "{flipped}");
}

#[test]
fn every_bit_of_its_text_counts() {
    let (keys, authenticator) = judged();
    let tokens: Vec<_> = keys.iter().map(|key| token(key, "t", 60)).collect();
    let config = ProptestConfig {
        cases: 4096,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(chosen in 0..tokens.len(), place in any::<prop::sample::Index>(), bit in 0..8_u8)| {
        let mut text = tokens[chosen].clone().into_bytes();
        let at = place.index(text.len());
        text[at] ^= 1 << bit;
        prop_assert!(!is_let_in(&authenticator, &text), "bit {bit} of byte {at}");
    });
}

//! A revoked JWT in another spelling, and odd tokens of every shape.

use http::StatusCode;
use num_bigint::BigUint;
use portcullis::HttpError;
use portcullis_conformance::{
    AnsweringClient, World, from_base64url, get, parts, post_active, protected, with_signature,
};
use portcullis_testing::{Endpoint, SigningAlgorithm};

use crate::support::inactive;

const ONE_OF_EACH_FAMILY: [SigningAlgorithm; 4] = [
    SigningAlgorithm::RS256,
    SigningAlgorithm::PS256,
    SigningAlgorithm::EdDSA,
    SigningAlgorithm::ES256,
];

/// The order of P-256 (FIPS 186-5).
const ORDER: &[u8] = b"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

/// The same token, signed by (r, n - s) in place of (r, s): anybody can make one of the other.
fn with_other_signature(token: &str) -> String {
    let signature = from_base64url(parts(token)[2]);
    let (r, s) = signature.split_at(32);
    let order = BigUint::parse_bytes(ORDER, 16).unwrap();
    let other = (order - BigUint::from_bytes_be(s)).to_bytes_be();
    let padding = vec![0; 32 - other.len()];
    with_signature(token, [r, &padding, &other].concat())
}

#[tokio::test]
async fn the_other_signature_of_a_revoked_jwt_is_in_doubt_as_well() {
    let world = World::start().await;
    let router = protected(world.asking().connect().await.unwrap().hybrid());
    let jwt = || {
        world
            .server
            .token()
            .algorithm(SigningAlgorithm::ES256)
            .jwt()
    };
    // It is a good signature.
    let reply = get(&router, &with_other_signature(&jwt())).await;
    assert_eq!(reply.status, StatusCode::OK);

    let token = jwt();
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    world.server.revoke(&token);
    post_active(&router, &token).await.assert_invalid_token();
    let other = with_other_signature(&token);
    assert_ne!(token, other);
    get(&router, &other).await.assert_invalid_token();
}

#[tokio::test]
async fn the_other_signature_of_a_jwt_that_was_only_introspected_is_in_doubt_as_well() {
    // The last letter of `r` holds bits of `s` as well: some of these differ in it.
    for _ in 0..8 {
        let world = World::start().await;
        let issuer = world.asking().connect().await.unwrap();
        let token = world.server.token();
        let token = token.algorithm(SigningAlgorithm::ES256).jwt();
        world.server.revoke(&token);
        get(&protected(issuer.introspection()), &token)
            .await
            .assert_invalid_token();
        let other = with_other_signature(&token);
        for verifier in [protected(issuer.hybrid()), protected(issuer.jwt())] {
            get(&verifier, &other).await.assert_invalid_token();
        }
    }
}

/// Logs and traces often keep a token without its signature.
#[tokio::test]
async fn who_knows_a_token_but_for_its_signature_brings_no_doubt_upon_it() {
    for algorithm in ONE_OF_EACH_FAMILY {
        let world = World::start().await;
        let issuer = world.asking().connect().await.unwrap();
        let token = world.server.token().algorithm(algorithm).jwt();
        let length = from_base64url(parts(&token)[2]).len();
        let forged = [vec![0; length], vec![7; length], vec![7], Vec::new()];
        for signature in forged {
            let forged = with_signature(&token, signature);
            let introspection = protected(issuer.introspection());
            let reply = get(&introspection, &forged).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        }
        for verifier in [protected(issuer.hybrid()), protected(issuer.jwt())] {
            let calls = world.server.request_count(Endpoint::Introspection);
            let reply = get(&verifier, &token).await;
            assert_eq!(reply.status, StatusCode::OK, "{algorithm:?}");
            let later = world.server.request_count(Endpoint::Introspection);
            assert_eq!(later, calls, "{algorithm:?}");
        }
    }
}

#[tokio::test]
async fn no_other_spelling_of_a_revoked_jwt_passes() {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for algorithm in ONE_OF_EACH_FAMILY {
        let world = World::start().await;
        let router = protected(world.asking().connect().await.unwrap().hybrid());
        let token = world.server.token().algorithm(algorithm).jwt();
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);
        world.server.revoke(&token);
        post_active(&router, &token).await.assert_invalid_token();
        let (front, _) = token.split_at(token.len() - 1);
        let last = LETTERS.chars().map(|letter| format!("{front}{letter}"));
        let longer = ["=", "==", ".", ".A", "A", "AA"].map(|more| format!("{token}{more}"));
        for spelling in last.chain(longer) {
            let reply = get(&router, &spelling).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{spelling}");
        }
    }
}

/// Numbers below a bound, the same ones in every run (xorshift).
fn numbers() -> impl FnMut(usize) -> usize {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below).unwrap()).unwrap()
    }
}

/// The text with up to four letters changed, left out or put in.
fn garbled(text: &str, letters: &[char], below: &mut impl FnMut(usize) -> usize) -> String {
    let mut text: Vec<_> = text.chars().collect();
    for _ in 0..=below(4) {
        let (at, letter) = (below(text.len()), letters[below(letters.len())]);
        match below(3) {
            0 => text[at] = letter,
            1 => drop(text.remove(at)),
            _ => text.insert(at, letter),
        }
    }
    text.into_iter().collect()
}

#[tokio::test]
async fn odd_tokens_make_no_500() {
    let world = World::start().await;
    let client = AnsweringClient::new(|_| async { Ok::<_, HttpError>(inactive()) });
    let issuer = world.asking().http_client(client).connect().await.unwrap();
    let routers = [
        protected(issuer.hybrid()),
        protected(issuer.introspection()),
        protected(issuer.jwt()),
    ];
    let good = world.server.token().jwt();
    let letters: Vec<_> = "abcXYZ019-._~+/=eyJ".chars().collect();
    let mut below = numbers();
    for _ in 0..1000 {
        let length = 1 + below(60);
        let letter = |_| letters[below(letters.len())];
        let random: String = (0..length).map(letter).collect();
        let garbled = garbled(&good, &letters, &mut below);
        for token in [random, garbled].iter().filter(|token| **token != good) {
            for router in &routers {
                let status = get(router, token).await.status.as_u16();
                // 503 where a key id is garbled, and no key may be fetched for it.
                assert!(matches!(status, 400 | 401 | 503), "{status}: {token}");
            }
        }
    }
}

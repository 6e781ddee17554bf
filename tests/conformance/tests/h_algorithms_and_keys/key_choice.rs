#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use portcullis::{Clock, Credentials, Freshness, JwtVerifier, TokenVerifier, Verification};
use portcullis_conformance::{LocalWorld, T0, World, from_base64url, get, parts, protected};
use portcullis_testing::{Endpoint, SigningAlgorithm, SigningKey};
use serde_json::Value;

use super::publishing;

#[tokio::test]
async fn h23_without_a_kid_the_only_key_is_tried() {
    let local = LocalWorld::start().await;
    for algorithm in [
        SigningAlgorithm::RS256,
        SigningAlgorithm::ES256,
        SigningAlgorithm::EdDSA,
    ] {
        let token = local.server().token().without_header("kid");
        let good = token.clone().algorithm(algorithm).jwt();
        local.accepts(&good, algorithm.name()).await;
        let stranger = SigningKey::generate(algorithm);
        let forged = token.signed_with(&stranger).jwt();
        local.refuses_unasked(&forged, algorithm.name()).await;
    }
}

#[tokio::test]
async fn h23_without_a_kid_four_keys_are_tried() {
    let others: [_; 4] = std::array::from_fn(|_| SigningKey::generate(SigningAlgorithm::ES256));
    let local = publishing(others.iter().map(SigningKey::jwk)).await;
    let own = local.server().signing_key(SigningAlgorithm::ES256);
    let in_their_order = [&own].into_iter().chain(&others);
    for (number, key) in in_their_order.enumerate() {
        let named = local.server().token().signed_with(key);
        local
            .accepts(&named.clone().jwt(), &format!("key {number}, named"))
            .await;
        let unnamed = named.without_header("kid").jwt();
        let case = format!("key {number}, not named");
        if number < 4 {
            local.accepts(&unnamed, &case).await;
        } else {
            local.refuses_unasked(&unnamed, &case).await;
        }
    }
}

#[tokio::test]
async fn h23_without_a_kid_and_without_a_key_it_is_refused() {
    let local = LocalWorld::start().await;
    let stranger = SigningKey::generate(SigningAlgorithm::ES512);
    let token = local
        .server()
        .token()
        .signed_with(&stranger)
        .without_header("kid");
    let token = token.claim("iat", T0 - 60);
    local.refuses(&token.clone().jwt(), "no ES512 key").await;
    let published = stranger.with_key_id("published");
    let local = publishing([published.jwk()]).await;
    let token = local
        .server()
        .token()
        .signed_with(&stranger)
        .without_header("kid");
    local.accepts(&token.jwt(), "an ES512 key").await;
}

#[tokio::test]
async fn h24_an_unknown_kid_is_refetched_once_then_refused() {
    let local = LocalWorld::start().await;
    let stranger = SigningKey::generate(SigningAlgorithm::ES256);
    let token = local.server().token().signed_with(&stranger).jwt();
    local.refuses(&token, "a stranger's key").await;
    assert_eq!(local.server().request_count(Endpoint::Jwks), 1);

    // The refetch is worth its while: a rotated key is known from its first token on.
    let rotated = local.server().rotate(
        SigningAlgorithm::RS256,
        portcullis_testing::Rotation::KeepOld,
    );
    local
        .accepts(
            &local.server().token().signed_with(&rotated).jwt(),
            "a new key",
        )
        .await;
    assert_eq!(local.server().request_count(Endpoint::Jwks), 2);
    local
        .accepts(
            &local.server().token().signed_with(&rotated).jwt(),
            "now known",
        )
        .await;
    assert_eq!(local.server().request_count(Endpoint::Jwks), 2);
}

#[tokio::test]
async fn h24_refetches_for_unknown_kids_are_rate_limited() {
    let local = LocalWorld::start().await;
    let stranger = SigningKey::generate(SigningAlgorithm::ES256);
    let unknown = |number: u32| {
        let token = local.server().token().signed_with(&stranger);
        let token = token.header("kid", format!("unknown-{number}"));
        token.claim("iat", T0 - 60).jwt()
    };
    for number in 0..50 {
        local
            .refuses(&unknown(number), &format!("unknown {number}"))
            .await;
    }
    assert_eq!(local.server().request_count(Endpoint::Jwks), 5);
    local.world.clock.advance(Duration::from_secs(10));
    for number in 50..60 {
        local
            .refuses(&unknown(number), &format!("unknown {number}"))
            .await;
    }
    assert_eq!(local.server().request_count(Endpoint::Jwks), 6);
    local
        .accepts(&local.server().token().jwt(), "a known key")
        .await;
}

#[tokio::test]
async fn h25_a_duplicate_kid_is_resolved_by_type() {
    let same = |algorithm| SigningKey::generate(algorithm).with_key_id("same");
    let keys = [
        same(SigningAlgorithm::EdDSA),
        same(SigningAlgorithm::ES384),
        same(SigningAlgorithm::ES256),
        same(SigningAlgorithm::RS256),
        same(SigningAlgorithm::PS256),
    ];
    let local = publishing(keys.iter().map(SigningKey::jwk)).await;
    for key in &keys {
        let token = local.server().token().signed_with(key).jwt();
        local.accepts(&token, key.algorithm().name()).await;
        let stranger = same(key.algorithm());
        let forged = local.server().token().signed_with(&stranger).jwt();
        local.refuses_unasked(&forged, key.algorithm().name()).await;
    }
}

#[tokio::test]
async fn h25_several_keys_of_one_kid_and_type_are_each_tried() {
    for algorithm in [SigningAlgorithm::RS256, SigningAlgorithm::ES256] {
        let keys: [_; 3] =
            std::array::from_fn(|_| SigningKey::generate(algorithm).with_key_id("same"));
        let local = publishing(keys.iter().map(SigningKey::jwk)).await;
        for (number, key) in keys.iter().enumerate() {
            let token = local.server().token().signed_with(key).jwt();
            local
                .accepts(&token, &format!("{algorithm} {number}"))
                .await;
        }
        let stranger = SigningKey::generate(algorithm).with_key_id("same");
        let forged = local.server().token().signed_with(&stranger).jwt();
        local.refuses_unasked(&forged, algorithm.name()).await;
    }
}

/// Two trusted issuers behind one service, told apart by the `iss` that a token claims.
struct Both {
    first: (String, JwtVerifier),
    second: JwtVerifier,
}

impl TokenVerifier for Both {
    fn verify(&self, credentials: &Credentials, freshness: Freshness) -> Verification {
        let [_, payload, _] = parts(credentials.token.as_str());
        let claims: Value = serde_json::from_slice(&from_base64url(payload)).unwrap();
        if claims["iss"] == *self.first.0 {
            self.first.1.verify(credentials, freshness)
        } else {
            self.second.verify(credentials, freshness)
        }
    }

    fn can_ask(&self) -> bool {
        false
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.second.clock()
    }
}

#[tokio::test]
async fn h27_keys_belong_to_their_issuer() {
    let (a, b) = (World::start().await, World::start().await);
    let both = Both {
        first: (
            a.server.issuer().to_owned(),
            a.realm().build().unwrap().jwt(),
        ),
        second: b.realm().build().unwrap().jwt(),
    };
    let router = protected(both);
    for algorithm in [SigningAlgorithm::RS256, SigningAlgorithm::EdDSA] {
        for (own, other) in [(&a, &b), (&b, &a)] {
            let good = own.server.token().algorithm(algorithm).jwt();
            assert_eq!(
                get(&router, &good).await.status,
                StatusCode::OK,
                "{algorithm}"
            );
            // The other's key and key id under our issuer; older than any key set.
            let key = other.server.signing_key(algorithm);
            let token = own.server.token().signed_with(&key).claim("iat", T0 - 60);
            get(&router, &token.clone().jwt())
                .await
                .assert_invalid_token();
            // The other's key under our key id, and without any.
            let named = own.server.signing_key(algorithm);
            let renamed = token.clone().header("kid", named.key_id()).jwt();
            get(&router, &renamed).await.assert_invalid_token();
            let unnamed = token.without_header("kid").jwt();
            get(&router, &unnamed).await.assert_invalid_token();
        }
    }
}

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use portcullis::{Algorithm, KeySet};
use portcullis_conformance::{
    CapturedLog, LocalWorld, World, base64url, from_base64url, get, protected,
};
use portcullis_testing::{Endpoint, SigningAlgorithm, SigningKey};
use serde_json::{Value, json};
use tracing::Level;

use super::publishing;

/// How many keys of a set of one can be used.
fn usable(jwk: &Value) -> usize {
    let set = json!({"keys": [jwk]}).to_string();
    KeySet::parse(set.as_bytes(), Algorithm::ALL)
        .unwrap()
        .usable_keys()
}

/// The JWK with some members changed; `null` removes one.
fn patched(jwk: &Value, patch: &Value) -> Value {
    let mut jwk = jwk.clone();
    let members = jwk.as_object_mut().unwrap();
    for (name, value) in patch.as_object().unwrap().clone() {
        members.remove(&name);
        if !value.is_null() {
            members.insert(name, value);
        }
    }
    jwk
}

/// Asserts that tokens by the key are refused when it is published like this, while the other
/// keys of the set go on working.
async fn is_useless(key: &SigningKey, jwk: Value, case: &str) {
    assert_eq!(usable(&jwk), 0, "{case}");
    let local = publishing([jwk]).await;
    local
        .refuses(&local.server().token().signed_with(key).jwt(), case)
        .await;
    local.accepts(&local.server().token().jwt(), case).await;
}

async fn is_useful(key: &SigningKey, jwk: Value, case: &str) {
    let local = publishing([jwk]).await;
    local
        .accepts(&local.server().token().signed_with(key).jwt(), case)
        .await;
}

#[tokio::test]
async fn h17_an_encryption_key_never_verifies() {
    let world = World::start().await;
    let key = world.server.encryption_key();
    let local = LocalWorld::on(world, |realm| realm).await;
    let token = local.server().token().signed_with(&key).jwt();
    local
        .refuses_unasked(&token, "as Keycloak publishes it")
        .await;
    let unnamed = local
        .server()
        .token()
        .signed_with(&key)
        .without_header("kid")
        .jwt();
    local
        .refuses_unasked(&unnamed, "without naming the key")
        .await;
    for (patch, is_good) in [
        (json!({"alg": "RS256"}), false),
        (json!({"alg": null}), false),
        (json!({"use": "sig", "alg": "RSA-OAEP"}), false),
        (json!({"use": null, "alg": "RSA-OAEP-256"}), false),
        (json!({"use": "sig", "alg": "RS256"}), true),
    ] {
        let jwk = patched(&key.jwk(), &patch);
        assert_eq!(usable(&jwk), usize::from(is_good), "{patch}");
        local.server().remove_key(key.key_id());
        local.server().clear_added_jwks();
        local.server().add_jwk(jwk);
        let issuer = local.world.realm().build().unwrap();
        let reply = get(&protected(issuer.jwt()), &token).await;
        assert_eq!(reply.status.is_success(), is_good, "{patch}: {reply:?}");
    }
}

#[tokio::test]
async fn h18_a_key_that_is_not_for_verifying_is_skipped() {
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    for patch in [
        json!({"key_ops": ["sign"]}),
        json!({"key_ops": ["encrypt", "wrapKey"]}),
        json!({"key_ops": []}),
        json!({"key_ops": ["Verify"]}),
        json!({"key_ops": ["x-unknown"]}),
        json!({"key_ops": "verify"}),
        json!({"key_ops": [1]}),
        json!({"use": null, "key_ops": ["sign"]}),
        json!({"use": "enc", "key_ops": ["verify"]}),
        json!({"use": "SIG"}),
        json!({"use": "x-unknown"}),
        json!({"use": ""}),
        json!({"use": 1}),
    ] {
        is_useless(&key, patched(&key.jwk(), &patch), &patch.to_string()).await;
    }
    for patch in [
        json!({}),
        json!({"key_ops": ["verify"]}),
        json!({"key_ops": ["sign", "verify"]}),
        json!({"use": null, "key_ops": ["verify", "x-unknown"]}),
        json!({"use": null}),
    ] {
        is_useful(&key, patched(&key.jwk(), &patch), &patch.to_string()).await;
    }
}

#[tokio::test]
async fn h19_an_ec_point_must_be_whole_and_on_its_curve() {
    for algorithm in [
        SigningAlgorithm::ES256,
        SigningAlgorithm::ES384,
        SigningAlgorithm::ES512,
    ] {
        let key = SigningKey::generate(algorithm);
        let jwk = key.jwk();
        let (x, y) = (
            from_base64url(jwk["x"].as_str().unwrap()),
            from_base64url(jwk["y"].as_str().unwrap()),
        );
        let mut off_curve = y.clone();
        *off_curve.last_mut().unwrap() ^= 1;
        let zero = base64url(vec![0; x.len()]);
        let longer = |bytes: &[u8]| base64url([&[0], bytes].concat());
        for patch in [
            json!({"x": base64url(&x[1..])}),
            json!({"x": base64url(&x[..x.len() - 1])}),
            json!({"x": longer(&x)}),
            json!({"y": base64url(&y[1..])}),
            json!({"y": longer(&y)}),
            json!({"y": base64url(off_curve)}),
            json!({"x": base64url(&y), "y": base64url(&x)}),
            json!({"x": zero, "y": zero}),
            json!({"x": ""}),
            json!({"x": null}),
            json!({"y": null}),
            json!({"x": base64url(vec![0xff; x.len()])}),
        ] {
            let case = format!("{algorithm} {patch}");
            is_useless(&key, patched(&jwk, &patch), &case).await;
        }
        is_useful(&key, jwk, algorithm.name()).await;
    }
}

#[tokio::test]
async fn h21_a_published_private_key_is_used_as_public_and_warned_about_once() {
    let log = CapturedLog::start();
    let world = World::start().await;
    let key = world.server.signing_key(SigningAlgorithm::ES256);
    let secret = base64url([0x77; 32]);
    world.server.patch_jwk(key.key_id(), &json!({"d": secret}));
    let issuer = world.realm().build().unwrap();
    let router = protected(issuer.jwt());
    for round in 1..=3 {
        let token = world.server.token().signed_with(&key).jwt();
        assert!(
            get(&router, &token).await.status.is_success(),
            "round {round}"
        );
        assert_eq!(world.server.request_count(Endpoint::Jwks), round);
        // The set is fetched again for the next token.
        world.clock.advance(Duration::from_secs(601));
    }
    let warnings = log.matching(Level::WARN, "PRIVATE");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(log.lines().iter().all(|line| !line.text.contains(&secret)));
}

#[tokio::test]
async fn h22_a_broken_key_is_skipped_alone() {
    let rsa = SigningKey::generate(SigningAlgorithm::RS256).jwk();
    let ec = SigningKey::generate(SigningAlgorithm::ES256).jwk();
    let okp = SigningKey::generate(SigningAlgorithm::EdDSA).jwk();
    let broken = [
        json!(null),
        json!(1),
        json!("key"),
        json!([]),
        json!({}),
        json!({"kid": "alone"}),
        json!({"kty": "XYZ", "kid": "a"}),
        json!({"kty": "rsa", "n": "AQAB", "e": "AQAB"}),
        patched(&rsa, &json!({"kty": null})),
        patched(&rsa, &json!({"kty": 1})),
        patched(&rsa, &json!({"kty": "EC"})),
        patched(&rsa, &json!({"n": null})),
        patched(&rsa, &json!({"e": null})),
        patched(&rsa, &json!({"n": ""})),
        patched(&rsa, &json!({"e": ""})),
        patched(&rsa, &json!({"n": 5})),
        patched(&rsa, &json!({"e": 65537})),
        patched(&rsa, &json!({"n": "not base64url!"})),
        patched(&rsa, &json!({"e": "AQAB=="})),
        patched(&rsa, &json!({"n": base64url([0; 256])})),
        patched(&rsa, &json!({"kid": 7})),
        patched(&rsa, &json!({"alg": 7})),
        patched(&rsa, &json!({"alg": "XS256"})),
        patched(&ec, &json!({"crv": null})),
        patched(&ec, &json!({"crv": "P-999"})),
        patched(&ec, &json!({"crv": "p-256"})),
        patched(&ec, &json!({"crv": 256})),
        patched(&okp, &json!({"crv": "X25519"})),
        patched(&okp, &json!({"x": null})),
        patched(&okp, &json!({"x": base64url([1; 31])})),
        patched(&okp, &json!({"x": base64url([1; 33])})),
    ];
    for jwk in &broken {
        assert_eq!(usable(jwk), 0, "{jwk}");
    }
    for jwk in [&rsa, &ec, &okp] {
        assert_eq!(usable(jwk), 1, "{jwk}");
    }
    let last = SigningKey::generate(SigningAlgorithm::ES256);
    let local = publishing(broken.into_iter().chain([last.jwk()])).await;
    for algorithm in [
        SigningAlgorithm::RS256,
        SigningAlgorithm::ES256,
        SigningAlgorithm::EdDSA,
    ] {
        let token = local.server().token().algorithm(algorithm).jwt();
        local.accepts(&token, algorithm.name()).await;
    }
    let token = local.server().token().signed_with(&last).jwt();
    local.accepts(&token, "the last of the set").await;
}

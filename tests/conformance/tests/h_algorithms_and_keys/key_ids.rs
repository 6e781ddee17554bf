use portcullis_conformance::{CapturedLog, LocalWorld, T0};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::{Value, json};

use super::publishing;

const HOSTILE: [&str; 14] = [
    "../../../../dev/null",
    "/etc/passwd",
    "file:///dev/null",
    "http://127.0.0.1:1/jwks",
    "' OR 1=1--",
    "'; DROP TABLE keys; --",
    "|/bin/sh",
    "$(id)",
    "\0",
    "a\0b",
    "a\r\nSet-Cookie: x=1",
    "\u{1b}[2J",
    "\u{202e}evil",
    "",
];

#[tokio::test]
async fn h26_a_hostile_kid_is_refused() {
    let local = LocalWorld::start().await;
    let token = local.server().token().claim("iat", T0 - 60);
    local.accepts(&token.clone().jwt(), "its own kid").await;
    for kid in HOSTILE {
        local
            .refuses(&token.clone().header("kid", kid).jwt(), kid)
            .await;
    }
    let long = token.header("kid", "k".repeat(10 * 1024)).jwt();
    local.refuses_unasked(&long, "10 KiB").await;
}

#[tokio::test]
async fn h26_a_kid_is_opaque_and_case_sensitive() {
    let keys = HOSTILE.map(|kid| SigningKey::generate(SigningAlgorithm::ES256).with_key_id(kid));
    let mixed = SigningKey::generate(SigningAlgorithm::ES256).with_key_id("Key-Id");
    let jwks = keys.iter().chain([&mixed]).map(SigningKey::jwk);
    let local = publishing(jwks).await;
    for key in keys.iter().chain([&mixed]) {
        let token = local.server().token().signed_with(key).jwt();
        local.accepts(&token, key.key_id()).await;
    }
    for kid in [
        "key-id",
        "KEY-ID",
        "Key-Id ",
        " Key-Id",
        "Key-I",
        "Key\u{2010}Id",
    ] {
        let token = local
            .server()
            .token()
            .signed_with(&mixed)
            .header("kid", kid);
        local.refuses(&token.claim("iat", T0 - 60).jwt(), kid).await;
    }
}

#[tokio::test]
async fn h26_a_kid_that_is_no_string_is_refused() {
    let local = LocalWorld::start().await;
    let numbered = SigningKey::generate(SigningAlgorithm::ES256);
    let mut jwk = numbered.jwk();
    jwk["kid"] = json!(1);
    local.server().add_jwk(jwk);
    let local = LocalWorld::on(local.world, |realm| realm).await;
    for kid in [
        json!(1),
        json!([]),
        Value::Null,
        json!({}),
        json!(true),
        json!(["a"]),
    ] {
        for algorithm in [SigningAlgorithm::RS256, SigningAlgorithm::ES256] {
            let token = local.server().token().algorithm(algorithm);
            let token = token.header("kid", kid.clone()).jwt();
            local.refuses_unasked(&token, &kid.to_string()).await;
        }
    }
}

#[tokio::test]
async fn h26_a_kid_is_never_logged_raw() {
    let log = CapturedLog::start();
    let local = LocalWorld::start().await;
    let stranger = SigningKey::generate(SigningAlgorithm::ES256);
    let long = "k".repeat(2000);
    for kid in HOSTILE.into_iter().chain([long.as_str()]) {
        let token = local
            .server()
            .token()
            .signed_with(&stranger)
            .header("kid", kid);
        local.refuses(&token.claim("iat", T0 - 60).jwt(), kid).await;
    }
    let lines = log.lines();
    let told = lines
        .iter()
        .filter(|line| line.text.contains("unknown_key"));
    assert_eq!(told.count(), HOSTILE.len() + 1, "{lines:?}");
    for line in &lines {
        assert!(!line.text.chars().any(char::is_control), "{line:?}");
        assert!(!line.text.contains('\u{202e}'), "{line:?}");
        assert!(!line.text.contains(&"k".repeat(100)), "{line:?}");
    }
}

/// Of what the issuer itself publishes nothing is logged raw either.
#[tokio::test]
async fn h26_a_published_kid_is_never_logged_raw() {
    let log = CapturedLog::start();
    let keys = HOSTILE.map(|kid| json!({"kty": "XYZ", "kid": kid, "d": "AA"}));
    let local = publishing(keys).await;
    local
        .accepts(&local.server().token().jwt(), "a good key")
        .await;
    let lines = log.lines();
    let told = lines.iter().filter(|line| line.text.contains("dev/null"));
    assert!(told.count() > 0, "{lines:?}");
    for line in &lines {
        assert!(!line.text.chars().any(char::is_control), "{line:?}");
    }
}

use http::StatusCode;
use portcullis_testing::{SigningAlgorithm, SigningKey};

use crate::world::{World, now};

const RULES: &str = r#"
[upstreams.full]
authorization = "phantom"
hosts = ["api.example"]
[upstreams.same]
authorization = "keep"
hosts = ["api.example"]
[upstreams.none]
authorization = "remove"
[[rules]]
path = "/full"
upstream = "full"
[[rules]]
path = "/same"
upstream = "same"
[[rules]]
path = "/none"
upstream = "none"
[[rules]]
path = "/unnamed"
"#;

const LIVE: &str = r#"
[upstreams.full]
authorization = "phantom"
hosts = ["api.example"]
[[rules]]
path = "/live"
live = true
upstream = "full"
"#;

/// The claims of a JWT, as text.
fn claims(jwt: &str) -> String {
    use std::str::from_utf8;
    let payload = jwt.split('.').nth(1).unwrap();
    let decoded = data_encoding(payload);
    from_utf8(&decoded).unwrap().to_owned()
}

/// base64url without padding.
fn data_encoding(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.bytes() {
        let place = LETTERS.iter().position(|&other| other == letter).unwrap();
        bits = (bits << 6) | u32::try_from(place).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    bytes
}

#[tokio::test]
async fn a_token_that_is_not_full_is_swapped_for_the_full_one_where_the_upstream_is_named() {
    let world = World::start().await;
    let gate = world.gate(RULES);
    for token in [
        world.token().opaque(),
        world.token().audience("orders-api").lightweight(),
    ] {
        let full = gate.ask("GET /full", &token).await;
        assert_eq!(full.status, StatusCode::OK);
        assert_eq!(full.only("x-auth-subject"), "alice");
        let phantom = full.only("authorization").strip_prefix("Bearer ").unwrap();
        assert_ne!(phantom, token);
        assert!(claims(phantom).contains(r#""sub":"alice""#));
        for path in ["/none", "/unnamed"] {
            let answer = gate.ask(&format!("GET {path}"), &token).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!(answer.only("authorization"), "", "{path}");
        }
        let same = gate.ask("GET /same", &token).await;
        assert_eq!(same.only("authorization"), format!("Bearer {token}"));
    }
}

#[tokio::test]
async fn a_full_token_is_the_full_one() {
    let world = World::start().await;
    let gate = world.gate(RULES);
    let token = world.token().jwt();
    let full = gate.ask("GET /full", &token).await;
    assert_eq!(full.only("authorization"), format!("Bearer {token}"));
    assert_eq!(world.calls(), 0);
}

#[tokio::test]
async fn a_full_token_is_the_full_one_also_where_the_issuer_was_asked_about_it() {
    let world = World::start().await;
    world
        .server
        .add_client(portcullis_testing::Client::new("gateway", "hush"));
    let gate = world.gate(LIVE);
    let token = world.token().jwt();
    let full = gate.ask("GET /live", &token).await;
    assert_eq!(full.status, StatusCode::OK);
    assert_eq!(full.only("authorization"), format!("Bearer {token}"));
    assert_eq!(world.calls(), 1);
    // One that says nothing of its user does not go on as if it were one.
    let lightweight = world.token().audience("orders-api").lightweight();
    let refused = gate.ask("GET /live", &lightweight).await;
    assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR);
    refused.assert_nobody();
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_key_is_no_bearer_token_afterwards() {
    let world = World::start().await;
    let gate = world.gate_with(LIVE, |authenticator| {
        authenticator.dpop(portcullis::Dpop::at("https://api.example").unwrap())
    });
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    let bound = world
        .token()
        .claim("cnf", serde_json::json!({ "jkt": key.thumbprint() }));
    let token = bound.opaque();
    let proof = world
        .server
        .dpop_proof(&key, "GET", "https://api.example/live")
        .token(&token)
        .issued_at(now())
        .jwt();
    let authorization = format!("DPoP {token}");
    let lines = [("authorization", authorization.as_str()), ("dpop", &proof)];
    let full = gate.ask_with("GET /live", &lines).await;
    assert_eq!(full.status, StatusCode::OK);
    let phantom = full.only("authorization").strip_prefix("DPoP ").unwrap();
    assert_ne!(phantom, token);
    assert!(claims(phantom).contains(r#""sub":"alice""#));
}

#[tokio::test]
async fn where_the_issuer_gives_no_full_token_none_goes_on() {
    let world = World::start().await;
    world
        .server
        .add_client(portcullis_testing::Client::new("gateway", "hush"));
    let gate = world.gate(RULES);
    let answer = gate.ask("GET /full", &world.token().opaque()).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    answer.assert_nobody();
    // It is this upstream's trouble alone.
    let other = gate.ask("GET /none", &world.token().opaque()).await;
    assert_eq!(other.status, StatusCode::OK);
}

#[tokio::test]
async fn the_token_of_a_public_request_goes_nowhere() {
    let world = World::start().await;
    let gate = world.gate("[[rules]]\npath = \"/**\"\npublic = true\n");
    let answer = gate.ask("GET /", &world.token().jwt()).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.assert_nobody();
}

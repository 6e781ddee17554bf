//! Section Z: what a JWT library was measured to let through, and is refused here by checks of our own;
//! and what it was measured to trip over, and does no harm here.

use portcullis::{Algorithm, KeySet};
use portcullis_conformance::{AUDIENCE, LocalWorld, T0, World, parts};
use portcullis_testing::SigningAlgorithm;
use serde_json::json;

#[tokio::test]
async fn z1_headers_and_claims_that_others_overlook() {
    let local = LocalWorld::start().await;
    let token = || local.server().token();
    local.accepts(&token().jwt(), "good").await;
    let issuer = local.server().issuer();
    for (case, token) in [
        ("crit", token().header("crit", json!(["exp"]))),
        ("b64", token().header("b64", false)),
        ("typ", token().header("typ", "logout+jwt")),
        (
            "iss as a list",
            token().claim("iss", json!([issuer, "https://evil.example"])),
        ),
        ("no iss", token().without_claim("iss")),
        ("no aud", token().without_claim("aud")),
        ("iat ahead", token().claim("iat", T0 + 3600)),
    ] {
        local.refuses_unasked(&token.jwt(), case).await;
    }
}

#[tokio::test]
async fn z2_what_a_key_says_of_itself_counts() {
    let world = World::start().await;
    for (algorithm, patch) in [
        (SigningAlgorithm::RS256, json!({"use": "enc"})),
        (SigningAlgorithm::PS256, json!({"key_ops": ["encrypt"]})),
        (SigningAlgorithm::ES256, json!({"alg": "ES384"})),
    ] {
        let key = world.server.signing_key(algorithm);
        world.server.patch_jwk(key.key_id(), &patch);
    }
    let _ = world.server.signing_key(SigningAlgorithm::ES512);
    let local = LocalWorld::on(world, |realm| realm).await;
    for algorithm in [
        SigningAlgorithm::RS256,
        SigningAlgorithm::PS256,
        SigningAlgorithm::ES256,
    ] {
        let token = local.server().token().algorithm(algorithm).jwt();
        local.refuses(&token, algorithm.name()).await;
    }
    let token = local
        .server()
        .token()
        .algorithm(SigningAlgorithm::ES512)
        .jwt();
    local.accepts(&token, "ES512").await;
    let empty = json!({"keys": [{"kty": "oct", "k": ""}]}).to_string();
    let keys = KeySet::parse(empty.as_bytes(), Algorithm::ALL).unwrap();
    assert_eq!(keys.usable_keys(), 0);
}

#[tokio::test]
async fn z3_every_name_stands_once_and_every_part_has_one_spelling() {
    let local = LocalWorld::start().await;
    let issuer = local.server().issuer().to_owned();
    let with = |members: &str| {
        let exp = T0 + 60;
        let payload = format!(
            r#"{{"iss":"{issuer}","aud":"{AUDIENCE}","sub":"a","typ":"Bearer","exp":{exp}{members}}}"#
        );
        local.server().token().raw_payload(payload).jwt()
    };
    local.accepts(&with(""), "good").await;
    for members in [
        r#","tenant":"a","tenant":"b""#,
        r#","deep":{"a":1,"a":2}"#,
        r#","exp":99999999999"#,
        r#","nbf":-1"#,
        r#","iat":1e400"#,
    ] {
        local.refuses_unasked(&with(members), members).await;
    }
    let token = with("");
    let [header, payload, signature] = parts(&token);
    for text in [
        format!("{header}.{payload}.{signature}="),
        format!("{header}=.{payload}.{signature}"),
        format!("{header}.{payload}.{signature}.{signature}"),
        format!("{header}.{payload}."),
    ] {
        local.refuses_unasked(&text, &text).await;
    }
}

#[tokio::test]
async fn z4_a_key_or_a_header_that_nobody_knows_does_no_harm() {
    let world = World::start().await;
    for jwk in [
        json!({"kty": "XYZ", "kid": "new"}),
        json!({"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA", "kid": "curve"}),
        json!({"kty": "RSA", "kid": "without n"}),
        json!("not a key"),
    ] {
        world.server.add_jwk(jwk);
    }
    let local = LocalWorld::on(world, |realm| realm).await;
    let token = local.server().token();
    let token = token
        .header("x-new", json!({"a": [1]}))
        .header("x-number", 7);
    local.accepts(&token.jwt(), "good").await;
}

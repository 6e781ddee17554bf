//! Dates that are none, and signatures that prove nothing.

use http::StatusCode;
use portcullis_conformance::{AUDIENCE, LocalWorld, T0, World, base64url, get, protected};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::{Value, json};

use crate::support::{assert_ok, calls};

#[tokio::test]
async fn y52_jsonwebtoken_cve_2026_25537_a_date_of_the_wrong_type_is_not_an_absent_one() {
    let local = LocalWorld::start().await;
    let world = World::start().await;
    let asking = protected(world.asking().build().unwrap().introspection());
    let good = json!({"active": true, "aud": AUDIENCE, "exp": T0 + 60});
    world.server.set_introspection_answer("good", good.clone());
    assert_ok(&get(&asking, "good").await);
    for claim in ["exp", "nbf", "iat"] {
        for value in [
            json!("1"),
            json!("9999999999"),
            Value::Null,
            json!(true),
            json!([T0 + 60]),
            json!({}),
        ] {
            let case = format!("{claim}: {value}");
            let token = local.server().token().claim(claim, value.clone()).jwt();
            local.refuses_unasked(&token, &case).await;
            let mut answer = good.clone();
            answer[claim] = value;
            let token = base64url(&case);
            world.server.set_introspection_answer(&token, answer);
            let reply = get(&asking, &token).await;
            assert_ne!(reply.status, StatusCode::OK, "{case}");
        }
    }
}

#[tokio::test]
async fn y53_authlib_cve_2024_37568_a_public_key_is_no_secret_where_no_algorithms_are_named() {
    let local = LocalWorld::start().await;
    let key = local.server().signing_key(SigningAlgorithm::RS256);
    let (pem, der) = (key.public_key_pem(), key.public_key_der());
    for secret in [pem.clone().into_bytes(), pem.trim().into(), der] {
        let forged = SigningKey::hmac(SigningAlgorithm::HS256, secret).unwrap();
        let token = local.server().token();
        let token = token.signed_with(&forged.with_key_id(key.key_id()));
        local.refuses_unasked(&token.jwt(), "HS256").await;
    }
    local.accepts(&local.server().token().jwt(), "RS256").await;
}

#[tokio::test]
async fn y53_joserfc_an_empty_hmac_key_signs_nothing() {
    let world = World::start().await;
    world
        .server
        .add_jwk(json!({"kty": "oct", "kid": "empty", "k": "", "alg": "HS256", "use": "sig"}));
    let local = LocalWorld::on(world, |realm| realm).await;
    let empty = SigningKey::hmac(SigningAlgorithm::HS256, Vec::new()).unwrap();
    let token = local.server().token();
    let forged = token.clone().signed_with(&empty.with_key_id("empty"));
    local.refuses_unasked(&forged.jwt(), "empty").await;
    let unsigned = token.header("alg", "HS256").signature(Vec::new());
    local.refuses_unasked(&unsigned.jwt(), "no signature").await;
}

#[tokio::test]
async fn y53_authlib_cve_2025_61920_giant_segments_are_refused_before_anything_is_done() {
    let local = LocalWorld::start().await;
    let world = World::start().await;
    let hybrid = protected(world.asking().build().unwrap().hybrid());
    let giant = base64url(vec![b' '; 1024 * 1024]);
    let good = local.server().token().jwt();
    let parts: Vec<&str> = good.split('.').collect();
    for token in [
        format!("{giant}.{}.{}", parts[1], parts[2]),
        format!("{}.{giant}.{}", parts[0], parts[2]),
        format!("{}.{}.{giant}", parts[0], parts[1]),
        giant,
    ] {
        local.refuses_unasked(&token, "giant").await;
        get(&hybrid, &token).await.assert_invalid_token();
    }
    assert_eq!(calls(&world), 0, "nor is the server bothered with one");
}

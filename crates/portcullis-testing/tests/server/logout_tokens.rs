//! Logout tokens: what they say, and what a test can make of them.

use std::time::{Duration, UNIX_EPOCH};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
};
use portcullis_testing::{AuthorizationServer, SigningAlgorithm, SigningKey};
use serde_json::json;

use crate::support::{START, TestClock, decode, introspect, verifies};

#[tokio::test]
async fn a_logout_token_is_that_of_keycloak() {
    let clock = TestClock::new();
    let server = AuthorizationServer::builder()
        .clock(clock.as_function())
        .start()
        .await
        .unwrap();
    let alice = server.login("alice");
    clock.advance(7);
    let token = alice.logout_token().audience("shop").jwt();
    let key = server.signing_key(SigningAlgorithm::RS256);
    assert!(verifies(&token, &RSA_PKCS1_2048_8192_SHA256, &key));
    let (header, mut claims) = decode(&token);
    assert_eq!(
        header,
        json!({"alg": "RS256", "typ": "logout+jwt", "kid": key.key_id()})
    );
    let id = claims.as_object_mut().unwrap().remove("jti").unwrap();
    assert_eq!(id.as_str().unwrap().len(), 36);
    assert_eq!(
        claims,
        json!({
            "exp": START + 127,
            "iat": START + 7,
            "iss": server.issuer(),
            "aud": "shop",
            "sub": "alice",
            "typ": "Logout",
            "sid": alice.id(),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        })
    );
    let (_, others) = decode(&alice.logout_token().jwt());
    assert_ne!(others["jti"], id);
    assert_eq!(others["aud"], "test-app");
}

#[tokio::test]
async fn every_part_can_be_changed_or_made_wrong() {
    let server = AuthorizationServer::start().await.unwrap();
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    let token = server
        .logout_token()
        .claim("aud", json!(["shop", "desk"]))
        .claim("nonce", json!(null))
        .without_claim("sid")
        .issued_at(at(1_000))
        .expires_at(at(2_000))
        .header("typ", "JWT")
        .without_header("kid")
        .algorithm(SigningAlgorithm::PS256)
        .jwt();
    let key = server.signing_key(SigningAlgorithm::PS256);
    assert!(verifies(&token, &RSA_PSS_2048_8192_SHA256, &key));
    let (header, claims) = decode(&token);
    assert_eq!(header, json!({"alg": "PS256", "typ": "JWT"}));
    assert_eq!(claims["aud"], json!(["shop", "desk"]));
    assert_eq!(claims["nonce"], json!(null));
    assert!(claims.as_object().unwrap().contains_key("nonce"));
    assert!(claims.get("sid").is_none());
    assert_eq!(
        (&claims["iat"], &claims["exp"]),
        (&json!(1_000), &json!(2_000))
    );

    let stranger = SigningKey::generate(SigningAlgorithm::ES256);
    let forged = server.logout_token().signed_with(&stranger).jwt();
    assert!(verifies(&forged, &ECDSA_P256_SHA256_FIXED, &stranger));
    assert_eq!(decode(&forged).0["kid"], stranger.key_id());

    let only = json!({"events": []});
    let only_claims = server.logout_token().only_claims(only.clone()).jwt();
    assert_eq!(decode(&only_claims).1, only);

    let raw = server
        .logout_token()
        .raw_header(r#"{"alg":"none"}"#)
        .raw_payload(r#"{"sid":1}"#)
        .signature([])
        .jwt();
    assert_eq!(raw, "eyJhbGciOiJub25lIn0.eyJzaWQiOjF9.");
}

#[tokio::test]
async fn a_logout_token_is_no_access_token_and_ends_nothing_by_itself() {
    let server = AuthorizationServer::start().await.unwrap();
    let alice = server.login("alice");
    let access = alice.token().jwt();
    let logout = alice.logout_token().jwt();
    assert_eq!(introspect(&server, &logout).await, json!({"active": false}));
    assert_eq!(introspect(&server, &access).await["active"], true);
}

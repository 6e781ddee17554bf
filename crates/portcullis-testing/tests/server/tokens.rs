//! Minting: what tokens say and who signed them.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519,
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, VerificationAlgorithm,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_testing::{AuthorizationServer, KeyError, KeyUse, SigningAlgorithm, SigningKey};
use serde_json::{Value, json};

use crate::support::{START, TestClock, decode, introspect, published_key_ids, verifies};

#[tokio::test]
async fn every_algorithm_signs_with_its_published_key() {
    let server = AuthorizationServer::start().await.unwrap();
    let algorithms: [(SigningAlgorithm, &'static dyn VerificationAlgorithm); 6] = [
        (SigningAlgorithm::RS256, &RSA_PKCS1_2048_8192_SHA256),
        (SigningAlgorithm::PS256, &RSA_PSS_2048_8192_SHA256),
        (SigningAlgorithm::ES256, &ECDSA_P256_SHA256_FIXED),
        (SigningAlgorithm::ES384, &ECDSA_P384_SHA384_FIXED),
        (SigningAlgorithm::ES512, &ECDSA_P521_SHA512_FIXED),
        (SigningAlgorithm::EdDSA, &ED25519),
    ];
    for (algorithm, verification) in algorithms {
        let token = server.token().algorithm(algorithm).jwt();
        let (header, _) = decode(&token);
        let key = server.signing_key(algorithm);
        assert_eq!(
            header,
            json!({"alg": algorithm.name(), "typ": "JWT", "kid": key.key_id()})
        );
        assert!(verifies(&token, verification, &key), "{algorithm}");
        assert!(
            published_key_ids(&server)
                .await
                .contains(&key.key_id().to_owned())
        );
        assert_eq!(introspect(&server, &token).await["active"], true);
    }
}

#[tokio::test]
async fn the_defaults_are_those_of_a_keycloak_token() {
    let clock = TestClock::new();
    let server = AuthorizationServer::builder()
        .clock(clock.as_function())
        .start()
        .await
        .unwrap();
    let (_, claims) = decode(&server.token().jwt());
    assert_eq!(claims["iss"], server.issuer());
    assert_eq!(claims["iat"], START);
    assert_eq!(claims["exp"], START + 300);
    assert_eq!(claims["aud"], "orders-api");
    assert_eq!(claims["sub"], "alice");
    assert_eq!(claims["typ"], "Bearer");
    assert_eq!(claims["realm_access"], json!({"roles": ["user"]}));
    for name in ["jti", "azp", "sid", "scope", "resource_access"] {
        assert!(!claims[name].is_null(), "{name}");
    }
    let (_, others) = decode(&server.token().jwt());
    assert_ne!(claims["jti"], others["jti"]);
    assert_ne!(claims["sid"], others["sid"]);
}

#[tokio::test]
async fn every_part_can_be_changed() {
    let server = AuthorizationServer::start().await.unwrap();
    let token = server
        .token()
        .claim("aud", json!(["x", "orders-api"]))
        .without_claim("sid")
        .client_roles("orders-api", ["writer"])
        .header("typ", "at+jwt")
        .header("crit", json!(["x"]))
        .without_header("kid")
        .jwt();
    let (header, claims) = decode(&token);
    assert_eq!(
        header,
        json!({"alg": "RS256", "typ": "at+jwt", "crit": ["x"]})
    );
    assert_eq!(claims["aud"], json!(["x", "orders-api"]));
    assert!(claims.get("sid").is_none());
    let roles =
        json!({"account": {"roles": ["view-profile"]}, "orders-api": {"roles": ["writer"]}});
    assert_eq!(claims["resource_access"], roles);

    let (_, only) = decode(&server.token().only_claims(json!({"sub": "bob"})).jwt());
    assert_eq!(only, json!({"sub": "bob"}));
}

#[tokio::test]
async fn raw_parts_are_signed_as_they_are() {
    let server = AuthorizationServer::start().await.unwrap();
    let key = server.signing_key(SigningAlgorithm::ES256);
    let header = r#"{"alg":"none","alg":"ES256"}"#;
    let raw = server
        .token()
        .signed_with(&key)
        .raw_header(header)
        .raw_payload("[1,")
        .jwt();
    let direct = key.sign_raw(header, "[1,");
    for token in [&raw, &direct] {
        assert!(verifies(token, &ECDSA_P256_SHA256_FIXED, &key));
        let parts: Vec<&str> = token.split('.').collect();
        assert_eq!(URL_SAFE_NO_PAD.decode(parts[0]).unwrap(), header.as_bytes());
        assert_eq!(URL_SAFE_NO_PAD.decode(parts[1]).unwrap(), b"[1,");
    }
    assert_eq!(introspect(&server, &raw).await, json!({"active": false}));

    let unsigned = server.token().header("alg", "none").signature([]).jwt();
    assert!(unsigned.ends_with('.'));
    assert_eq!(
        introspect(&server, &unsigned).await,
        json!({"active": false})
    );
}

#[tokio::test]
async fn tokens_of_strangers_are_unknown() {
    let server = AuthorizationServer::start().await.unwrap();
    let other = AuthorizationServer::start().await.unwrap();
    let own = server.signing_key(SigningAlgorithm::RS256);
    let strangers = [
        other
            .signing_key(SigningAlgorithm::RS256)
            .with_key_id(own.key_id()),
        SigningKey::generate(SigningAlgorithm::RS256).with_key_id(own.key_id()),
        SigningKey::hmac(SigningAlgorithm::HS256, own.public_key_pem()).unwrap(),
        server.encryption_key(),
    ];
    for key in &strangers {
        assert_ne!(key.public_key_der(), own.public_key_der());
        let token = server.token().signed_with(key).jwt();
        assert_eq!(
            introspect(&server, &token).await,
            json!({"active": false}),
            "{key:?}"
        );
    }
    assert_eq!(server.encryption_key().key_use(), KeyUse::Encryption);
}

#[test]
fn a_key_changes_its_algorithm_only_within_its_family() {
    let key = SigningKey::generate(SigningAlgorithm::RS256);
    assert_eq!(
        key.with_algorithm(SigningAlgorithm::PS512)
            .unwrap()
            .key_id(),
        key.key_id()
    );
    let refused = key.with_algorithm(SigningAlgorithm::ES256).unwrap_err();
    assert!(matches!(refused, KeyError::Family { .. }));
    assert!(matches!(
        SigningKey::hmac(SigningAlgorithm::ES256, "x"),
        Err(KeyError::Family { .. })
    ));
}

#[test]
fn a_public_key_has_the_lines_of_a_pem_file() {
    let pem = SigningKey::generate(SigningAlgorithm::RS256).public_key_pem();
    let lines: Vec<&str> = pem.lines().collect();
    assert_eq!(lines.first(), Some(&"-----BEGIN PUBLIC KEY-----"));
    assert_eq!(lines.last(), Some(&"-----END PUBLIC KEY-----"));
    assert!(
        lines[1..lines.len() - 2]
            .iter()
            .all(|line| line.len() == 64)
    );
}

#[tokio::test]
async fn a_lightweight_token_leaves_the_rest_to_introspection() {
    let server = AuthorizationServer::start().await.unwrap();
    let builder = server.token().realm_roles(["admin"]).claim("auth_time", 1);
    let names =
        |claims: &Value| -> Vec<String> { claims.as_object().unwrap().keys().cloned().collect() };
    let token = builder.clone().lightweight();
    let (_, claims) = decode(&token);
    let kept = ["azp", "exp", "iat", "iss", "jti", "scope", "sid", "typ"];
    assert_eq!(names(&claims), kept);
    assert!(claims["jti"].as_str().unwrap().starts_with("onltro:"));
    let answer = introspect(&server, &token).await;
    assert_eq!(answer["sub"], "alice");
    assert_eq!(answer["aud"], "orders-api");
    assert_eq!(answer["auth_time"], 1);
    assert_eq!(answer["realm_access"]["roles"], json!(["admin"]));
    assert_eq!(answer["jti"], claims["jti"]);

    let (_, mapped) = decode(&builder.audience("orders-api").lightweight());
    assert_eq!(mapped["aud"], "orders-api");
    assert_eq!(names(&mapped).len(), kept.len() + 1);
}

//! Tokens that are bound to a key.

use std::time::SystemTime;

use portcullis_conformance::{CapturedLog, get};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use reqwest::header::HeaderMap;
use serde_json::json;

use crate::world::{LEDGER, ORDERS, World, services};

/// A proof for the token endpoint (RFC 9449 §4.2).
fn proof(world: &World, key: &SigningKey) -> HeaderMap {
    let jwk = key.jwk();
    let header = json!({
        "typ": "dpop+jwt",
        "alg": "ES256",
        "jwk": { "kty": jwk["kty"], "crv": jwk["crv"], "x": jwk["x"], "y": jwk["y"] },
    });
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let payload = json!({
        "jti": SigningKey::generate(SigningAlgorithm::ES256).key_id(),
        "htm": "POST",
        "htu": format!("{}/token", world.server.issuer()),
        "iat": now.unwrap().as_secs(),
    });
    let proof = key.sign_raw(header.to_string(), payload.to_string());
    HeaderMap::from_iter([("dpop".parse().unwrap(), proof.parse().unwrap())])
}

#[tokio::test]
async fn a_token_bound_to_a_key_is_refused_as_a_bearer_token() {
    let Some(world) = World::start().await else {
        return;
    };
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    let log = CapturedLog::start();
    for resource in [ORDERS, LEDGER] {
        let proof = proof(&world, &key);
        let token = world.shop.bound_token(Some(resource), "read", proof).await;
        let token = token.unwrap();
        let [(_, introspection), (_, hybrid)] = services(world.asking().resource(LEDGER));
        get(&hybrid, &token).await.assert_invalid_token();
        assert_eq!(log.last_rejection().unwrap().0, "sender_constrained");
        if resource == ORDERS {
            let said = world.shop.introspect(&token).await.unwrap();
            assert!(said["cnf"]["jkt"].is_string(), "{said}");
            get(&introspection, &token).await.assert_invalid_token();
            assert_eq!(log.last_rejection().unwrap().0, "sender_constrained");
        }
    }
}

//! Clients that prove who they are with an assertion (RFC 7523). The server takes each one once.

use http::StatusCode;
use portcullis::{Algorithm, ClientAuthentication, ClientKey, IssuerBuilder, WithCredentials};
use portcullis_conformance::{CapturedLog, get, post_active};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::{Value, json};
use tracing::Level;

use crate::world::{ORDERS, World, services};

const SECRET: &str = "a secret that is longer than its hash";

/// Asserts that this client learns what it asks, again and again.
async fn assert_taken(case: &str, token: &str, issuer: IssuerBuilder<WithCredentials>) {
    for (way, service) in services(issuer) {
        for _ in 0..3 {
            let reply = post_active(&service, token).await;
            assert_eq!(reply.status, StatusCode::OK, "{case}: {way}: {reply:?}");
        }
        get(&service, "garbage").await.assert_invalid_token();
    }
}

/// Asserts 500, and that the log says why.
async fn assert_refused(case: &str, token: &str, issuer: IssuerBuilder<WithCredentials>) {
    for (way, service) in services(issuer) {
        let log = CapturedLog::start();
        let status = post_active(&service, token).await.status;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{case}: {way}");
        let said = log.matching(Level::ERROR, "client_credentials_refused");
        assert!(!said.is_empty(), "{case}: {way}: {:?}", log.lines());
    }
}

/// The metadata of a client with this public key.
fn with_key(key: &SigningKey) -> Value {
    json!({
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": { "keys": [key.jwk()] },
    })
}

#[tokio::test]
async fn an_assertion_under_the_clients_secret_is_taken_once_and_the_next_is_fresh() {
    let world = World::with(|configuration| {
        let method = json!({
            "client_secret": SECRET,
            "token_endpoint_auth_method": "client_secret_jwt",
        });
        configuration.client("api", method)
    });
    let Some(world) = world.await else {
        return;
    };
    let token = world.token(ORDERS).await;
    let asking = |secret| {
        let client = ClientAuthentication::client_secret_jwt("api", secret).unwrap();
        world.local().client_authentication(client)
    };
    assert_taken("client_secret_jwt", &token, asking(SECRET)).await;
    let wrong = SECRET.to_uppercase();
    assert_refused("another secret", &token, asking(&wrong)).await;
}

#[tokio::test]
async fn an_assertion_under_a_private_key_is_taken_whatever_its_kind_and_form() {
    let kinds = [
        ("RS256", SigningAlgorithm::RS256),
        ("PS256", SigningAlgorithm::PS256),
        ("ES256", SigningAlgorithm::ES256),
        ("EdDSA", SigningAlgorithm::EdDSA),
    ];
    let keys = kinds.map(|(name, algorithm)| (name, SigningKey::generate(algorithm)));
    let world = World::with(|configuration| {
        keys.iter()
            .fold(configuration, |configuration, (name, key)| {
                configuration.client(name, with_key(key))
            })
    });
    let Some(world) = world.await else {
        return;
    };
    let token = world.token(ORDERS).await;
    for (name, key) in &keys {
        let jwk = ClientKey::from_jwk(key.private_jwk().to_string()).unwrap();
        assert_taken(name, &token, world.local().private_key_jwt(*name, jwk)).await;
        let pem = ClientKey::from_pem(key.private_key_pem()).unwrap();
        let algorithm = Algorithm::ALL.iter().find(|it| it.to_string() == *name);
        let pem = pem.algorithm(*algorithm.unwrap()).unwrap();
        assert_taken(name, &token, world.local().private_key_jwt(*name, pem)).await;
    }
}

#[tokio::test]
async fn an_assertion_under_a_strangers_key_is_500() {
    let (key, stranger) = (
        SigningKey::generate(SigningAlgorithm::ES256),
        SigningKey::generate(SigningAlgorithm::ES256),
    );
    let world = World::with(|configuration| configuration.client("api", with_key(&key)));
    let Some(world) = world.await else {
        return;
    };
    let token = world.token(ORDERS).await;
    let strange = ClientKey::from_jwk(stranger.private_jwk().to_string()).unwrap();
    let asking = world.local().private_key_jwt("api", strange);
    assert_refused("a stranger's key", &token, asking).await;
}

//! Introspection answers that the issuer signs (RFC 9701).

use http::StatusCode;
use portcullis::{IssuerBuilder, WithCredentials};
use portcullis_conformance::{CapturedLog, get, post_active};
use portcullis_oidc_provider_suite::Configuration;
use serde_json::{Value, json};

use crate::world::{ALGORITHMS, ORDERS, World, services};

const SECRET: &str = "the secret of clients with signed answers";

/// Registers a client whose answers are made like this; its id is `name`.
fn with_client(configuration: Configuration, name: &str, metadata: &Value) -> Configuration {
    let mut all = json!({ "client_secret": SECRET });
    let members = all.as_object_mut().unwrap();
    members.extend(metadata.as_object().unwrap().clone());
    configuration.client(name, all)
}

fn asking(world: &World, client: &str) -> IssuerBuilder<WithCredentials> {
    world
        .local()
        .client_secret(client, SECRET)
        .signed_introspection()
}

#[tokio::test]
async fn signed_answers_are_required_and_accepted_whatever_the_algorithm() {
    let world = World::with(|configuration| {
        let configuration = configuration.signing_with(&ALGORITHMS);
        ALGORITHMS
            .iter()
            .fold(configuration, |configuration, algorithm| {
                let metadata = json!({ "introspection_signed_response_alg": algorithm });
                with_client(configuration, algorithm, &metadata)
            })
    });
    let Some(world) = world.await else {
        return;
    };
    let token = world.alice().await.access;
    for algorithm in ALGORITHMS {
        for (way, service) in services(asking(&world, algorithm)) {
            let reply = get(&service, &token).await;
            assert_eq!(
                reply.status,
                StatusCode::OK,
                "{algorithm}: {way}: {reply:?}"
            );
            let claims = reply.json();
            // Of the token, not of the answer around it.
            assert_eq!(claims["aud"], ORDERS, "{algorithm}: {way}");
            assert_eq!(claims["sub"], "alice", "{algorithm}: {way}");
            let reply = post_active(&service, &token).await;
            assert_eq!(reply.status, StatusCode::OK, "{algorithm}: {way}");
            get(&service, "garbage").await.assert_invalid_token();
        }
    }
    world.shop.revoke(&token).await.unwrap();
    for (_, service) in services(asking(&world, "RS256")) {
        post_active(&service, &token).await.assert_invalid_token();
    }
}

#[tokio::test]
async fn an_answer_that_is_not_signed_is_no_answer_where_signed_ones_are_required() {
    let world = World::with(|configuration| {
        with_client(configuration, "api", &json!({})).without_signed_introspection()
    });
    let Some(world) = world.await else {
        return;
    };
    let token = world.token(ORDERS).await;
    let log = CapturedLog::start();
    for (way, service) in services(asking(&world, "api")) {
        for token in [&*token, "garbage"] {
            get(&service, token).await.assert_unavailable();
            let reason = log.last_rejection().unwrap().0;
            assert_eq!(reason, "issuer_answer_malformed", "{way}");
        }
        post_active(&service, &token).await.assert_unavailable();
    }
    for (way, service) in services(world.local().client_secret("api", SECRET)) {
        assert_eq!(get(&service, &token).await.status, StatusCode::OK, "{way}");
    }
}

#[tokio::test]
async fn an_answer_signed_with_our_secret_or_encrypted_is_no_answer() {
    let world = World::with(|configuration| {
        let hmac = json!({ "introspection_signed_response_alg": "HS256" });
        let encrypted = json!({
            "introspection_signed_response_alg": "RS256",
            "introspection_encrypted_response_alg": "dir",
            "introspection_encrypted_response_enc": "A128CBC-HS256",
        });
        let configuration = with_client(configuration, "hmac", &hmac);
        with_client(configuration, "encrypted", &encrypted)
    });
    let Some(world) = world.await else {
        return;
    };
    let token = world.token(ORDERS).await;
    let log = CapturedLog::start();
    for client in ["hmac", "encrypted"] {
        for (way, service) in services(asking(&world, client)) {
            get(&service, &token).await.assert_unavailable();
            let reason = log.last_rejection().unwrap().0;
            assert_eq!(reason, "issuer_answer_malformed", "{client}: {way}");
        }
    }
}

#[tokio::test]
async fn answers_signed_with_a_new_key_are_accepted_without_a_restart() {
    let world = World::with(|configuration| with_client(configuration, "api", &json!({})));
    let Some(mut world) = world.await else {
        return;
    };
    let asking = services(asking(&world, "api"));
    let before = world.token(ORDERS).await;
    for (way, service) in &asking {
        assert_eq!(get(service, &before).await.status, StatusCode::OK, "{way}");
    }
    let rotated = world.server.withdraw_all_but("second", &["RS256"]);
    rotated.await.unwrap();
    let after = world.token(ORDERS).await;
    for (way, service) in &asking {
        let reply = get(service, &after).await;
        assert_eq!(reply.status, StatusCode::OK, "{way}: {reply:?}");
    }
}

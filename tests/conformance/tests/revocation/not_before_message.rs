//! What Keycloak posts to the admin URL of a client, and what is none of it.

use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use portcullis::NotBeforeReceiver;
use portcullis_conformance::{FRONT_END, Instance, World, notify, send};
use portcullis_testing::{
    AdminMessageBuilder, AuthorizationServer, Endpoint, Fault, Rotation, SigningAlgorithm,
    SigningKey,
};
use serde_json::{Value, json};

use crate::{
    cut_offs::{CutOffs, admin, push},
    support::{MINUTE, SECOND},
};

/// Asserts that a message is refused, and that nobody was asked or cut off.
async fn refuses(told: &CutOffs, message: AdminMessageBuilder, case: &str) {
    let polls = told.realm.polls();
    let status = told.push(message).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{case}");
    assert!(told.instance.issuer.revocations().is_empty(), "{case}");
    assert_eq!(told.realm.polls(), polls, "{case}");
}

#[tokio::test]
async fn one_by_anybody_else_is_refused() {
    let told = CutOffs::start().await;
    let message = || told.message(told.now_and(60));
    let stranger = AuthorizationServer::start().await.unwrap();
    let theirs = stranger.signing_key(SigningAlgorithm::RS256);
    let own = told.world.server.signing_key(SigningAlgorithm::RS256);
    let secret = own.public_key_pem().into_bytes();
    let hmac = SigningKey::hmac(SigningAlgorithm::HS256, secret).unwrap();
    for (case, message) in [
        ("stranger", message().signed_with(&theirs)),
        (
            "stranger by our key id",
            message().signed_with(&theirs).header("kid", own.key_id()),
        ),
        ("hmac", message().signed_with(&hmac)),
        (
            "none",
            message().header("alg", "none").signature(Vec::new()),
        ),
        ("zeros", message().signature(vec![0; 256])),
    ] {
        refuses(&told, message, case).await;
    }
}

/// A token, an ID token or a logout token is signed by the same keys.
#[tokio::test]
async fn what_names_issuer_subject_or_audience_is_no_message() {
    let told = CutOffs::start().await;
    for name in ["iss", "sub", "aud"] {
        for value in [json!("x"), Value::Null, json!([])] {
            let case = format!("{name}: {value}");
            let message = told.message(told.now_and(60)).claim(name, value);
            refuses(&told, message, &case).await;
        }
    }
    let server = &told.world.server;
    for token in [
        server.token().jwt(),
        server.token().claim("action", "PUSH_NOT_BEFORE").jwt(),
        server.logout_token().jwt(),
    ] {
        let request = Request::post("/keycloak/k_push_not_before").body(Body::from(token));
        let reply = send(&told.admin, request.unwrap()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn one_for_another_client_or_of_another_action_is_refused() {
    let told = CutOffs::start().await;
    let message = || told.message(told.now_and(60));
    for resource in [
        json!("other-app"),
        json!([FRONT_END]),
        json!(""),
        Value::Null,
    ] {
        let case = resource.to_string();
        refuses(&told, message().claim("resource", resource), &case).await;
    }
    refuses(&told, message().without_claim("resource"), "no resource").await;
    for action in [
        json!("push_not_before"),
        json!("TEST"),
        json!(1),
        Value::Null,
    ] {
        let case = action.to_string();
        refuses(&told, message().claim("action", action), &case).await;
    }
    refuses(&told, message().without_claim("action"), "no action").await;
}

#[tokio::test]
async fn its_end_lies_ahead_and_not_far() {
    let told = CutOffs::start().await;
    let now = told.world.clock.system_time();
    let ending = |end| told.message(told.now_and(1)).expires_at(end);
    for (case, end) in [
        ("over", now - 30 * SECOND),
        ("long over", now - 60 * MINUTE),
        ("far", now + 91 * SECOND),
        ("very far", now + 24 * 60 * MINUTE),
    ] {
        refuses(&told, ending(end), case).await;
    }
    for end in [Value::Null, json!("1700000100"), json!(-1), json!(1e300)] {
        let case = end.to_string();
        let message = told.message(told.now_and(1)).claim("expiration", end);
        refuses(&told, message, &case).await;
    }
    let endless = told.message(told.now_and(1)).without_claim("expiration");
    refuses(&told, endless, "none").await;
    for end in [now - 29 * SECOND, now + 30 * SECOND, now + 90 * SECOND] {
        assert_eq!(told.push(ending(end)).await, StatusCode::OK, "{end:?}");
    }
}

#[tokio::test]
async fn without_a_cut_off_it_is_refused() {
    let told = CutOffs::start().await;
    for value in [json!("1700000100"), Value::Null, json!(-1), json!([])] {
        let case = value.to_string();
        let message = told.message(0).claim("notBefore", value);
        refuses(&told, message, &case).await;
    }
    let message = told.message(0).without_claim("notBefore");
    refuses(&told, message, "none").await;
}

#[tokio::test]
async fn both_paths_take_it_and_no_more_than_64_kib() {
    let told = CutOffs::start().await;
    for path in ["k_push_not_before", "k_logout"] {
        let post = async |body: Vec<u8>| {
            let request = Request::post(format!("/keycloak/{path}"));
            send(&told.admin, request.body(Body::from(body)).unwrap()).await
        };
        let message = told.message(told.now_and(1)).jwt();
        let taken = post(message.clone().into_bytes()).await;
        assert_eq!(taken.status, StatusCode::OK);
        assert_eq!(taken.headers[header::CACHE_CONTROL], "no-store");
        // Keycloak ends the line.
        let spaced = post(format!(" {message}\r\n").into_bytes()).await;
        assert_eq!(spaced.status, StatusCode::OK);
        let long = vec![b'x'; NotBeforeReceiver::MAX_LENGTH + 1];
        assert_eq!(post(long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
        for bad in [Vec::new(), b"x".to_vec(), vec![0xff, 0xfe]] {
            let reply = post(bad).await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST);
            assert_eq!(reply.json()["error"], "invalid_request");
        }
    }
    let get = Request::builder()
        .method(Method::GET)
        .uri("/keycloak/k_logout");
    let reply = send(&told.admin, get.body(Body::empty()).unwrap()).await;
    assert!(reply.status.is_client_error());
    // It is no logout token either.
    let message = told.message(told.now_and(1)).jwt();
    let reply = notify(&told.instance.receiver, &message).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn without_keys_it_is_503() {
    let world = World::start().await;
    let issuer = world.told().not_before_clients([FRONT_END]);
    let instance = Instance::with(&world, issuer).await;
    let admin = admin(&instance);
    let message = || world.server.not_before_message(FRONT_END);
    world.server.inject(Endpoint::Jwks, Fault::status(500));
    world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
    push(&admin, message()).await.assert_unavailable();
    world.server.clear_faults(Endpoint::Jwks);
    world.clock.advance(SECOND);
    assert_eq!(push(&admin, message()).await.status, StatusCode::OK);
}

//! R1, R2, R3, R13: a push and its answer (RFC 8935).

use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use portcullis::{SecurityEventReceipt, SecurityEventReceiver};
use portcullis_conformance::{AUDIENCE, World, send};
use portcullis_testing::AuthorizationServer;

use crate::support::{EVENT_TYPE, Scene, assert_refused};

#[tokio::test]
async fn r1_the_content_type_is_that_of_a_security_event() {
    let scene = Scene::start().await;
    let alice = scene.world.server.login("alice");
    let (event, token) = (alice.session_revoked().jwt(), alice.token().jwt());
    let name = "content-type";
    for headers in [
        &[][..],
        &[(name, "")],
        &[(name, "application/jwt")],
        &[(name, "application/json")],
        &[(name, "application/secevent")],
        &[(name, "application/secevent+jwtx")],
        &[(name, "text/plain, application/secevent+jwt")],
        &[(name, EVENT_TYPE), (name, EVENT_TYPE)],
    ] {
        let reply = scene.post(headers, &event).await;
        assert_refused(&reply, "invalid_request", &format!("{headers:?}"));
    }
    scene.assert_good(&token, 0, "nothing came of it").await;
    for kind in [
        "application/secevent+jwt; charset=utf-8",
        "Application/SecEvent+JWT",
    ] {
        let reply = scene.post(&[(name, kind)], &event).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED, "{kind}");
    }
    scene.assert_over(&token, "it was taken").await;
}

#[tokio::test]
async fn r1_it_is_a_post() {
    let scene = Scene::start().await;
    let event = scene.world.server.login("alice").session_revoked().jwt();
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let request = Request::builder()
            .method(method.clone())
            .uri("/events")
            .header(header::CONTENT_TYPE, EVENT_TYPE)
            .body(Body::from(event.clone()))
            .unwrap();
        let reply = send(&scene.router, request).await;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
    }
    assert!(scene.revocations.is_empty());
}

#[tokio::test]
async fn r2_what_is_taken_is_202_with_an_empty_body() {
    let scene = Scene::start().await;
    let reply = scene
        .push(&scene.world.server.login("alice").session_revoked().jwt())
        .await;
    assert_eq!(reply.status, StatusCode::ACCEPTED);
    assert!(reply.body.is_empty(), "{reply:?}");
    assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn r3_a_refusal_is_400_with_its_code_in_english() {
    let scene = Scene::start().await;
    let alice = scene.world.server.login("alice");
    let other = AuthorizationServer::start().await.unwrap();
    let key = other.signing_key(portcullis_testing::SigningAlgorithm::RS256);
    for (event, err) in [
        ("no event at all".to_owned(), "invalid_request"),
        (String::new(), "invalid_request"),
        (
            alice.session_revoked().signed_with(&key).jwt(),
            "invalid_key",
        ),
        (
            alice.session_revoked().signature(*b"none").jwt(),
            "invalid_key",
        ),
        (
            alice.session_revoked().claim("iss", other.issuer()).jwt(),
            "invalid_issuer",
        ),
        (
            alice.session_revoked().audience("stock-api").jwt(),
            "invalid_audience",
        ),
    ] {
        let reply = scene.push(&event).await;
        assert_refused(&reply, err, err);
        assert_eq!(reply.headers[header::CONTENT_TYPE], "application/json");
        assert_eq!(reply.headers[header::CONTENT_LANGUAGE], "en");
        assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
        // Whoever sends it learns nothing of the configuration.
        let body = reply.json().to_string();
        assert!(!body.contains(scene.world.server.issuer()), "{body}");
    }
    scene
        .assert_good(&alice.token().jwt(), 0, "nothing came of it")
        .await;
}

#[tokio::test]
async fn r3_what_is_too_long_is_413() {
    let scene = Scene::start().await;
    let alice = scene.world.server.login("alice");
    let length = SecurityEventReceiver::MAX_LENGTH;
    let long = "x".repeat(length / 4 * 3);
    let event = alice.session_revoked().claim("txn", long).jwt();
    assert!(event.len() > length);
    let reply = scene.push(&event).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(reply.json()["err"], "invalid_request");

    let long = "x".repeat(length / 4 * 3 - 2048);
    scene
        .take(&alice.session_revoked().claim("txn", long).jwt())
        .await;
    assert_eq!(scene.revocations.len(), 1);
}

#[tokio::test]
async fn r3_what_is_too_long_is_so_however_it_comes_in() {
    let world = World::start().await;
    let issuer = world.realm().security_event_audience(AUDIENCE);
    let receiver = issuer.connect().await.unwrap();
    let receiver = receiver.security_event_receiver().unwrap();
    let event = world.server.login("alice").session_revoked().jwt();
    let long = event.clone() + &"x".repeat(SecurityEventReceiver::MAX_LENGTH);
    for (body, receipt) in [
        (long, SecurityEventReceipt::TooLong),
        (event, SecurityEventReceipt::Taken),
    ] {
        let received = receiver.receive(None, Some(EVENT_TYPE), body.as_bytes());
        assert_eq!(received.await, receipt);
    }
}

#[tokio::test]
async fn r13_without_the_authorization_that_was_agreed_upon_it_is_401() {
    let agreed = "Bearer of-the-transmitter";
    let scene = Scene::with(|realm| realm.security_event_authorization(agreed)).await;
    let alice = scene.world.server.login("alice");
    let (event, token) = (alice.session_revoked().jwt(), alice.token().jwt());
    let kind = ("content-type", EVENT_TYPE);
    for headers in [
        &[kind][..],
        &[kind, ("authorization", "")],
        &[kind, ("authorization", "Bearer of-another")],
        &[kind, ("authorization", "of-the-transmitter")],
        &[kind, ("authorization", "Bearer of-the-transmitte")],
        &[kind, ("authorization", "Bearer of-the-transmitters")],
        &[kind, ("authorization", agreed), ("authorization", agreed)],
        &[("authorization", "Basic x")],
    ] {
        let case = format!("{headers:?}");
        let reply = scene.post(headers, &event).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{case}");
        assert_eq!(reply.headers[header::WWW_AUTHENTICATE], "Bearer", "{case}");
        assert_eq!(reply.json()["err"], "authentication_failed", "{case}");
    }
    scene.assert_good(&token, 0, "nothing came of it").await;
    let reply = scene.post(&[kind, ("authorization", agreed)], &event).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED);
    scene.assert_over(&token, "it was taken").await;
}

#[tokio::test]
async fn r13_unless_it_was_agreed_upon_none_is_looked_at() {
    let scene = Scene::start().await;
    let event = scene.world.server.login("alice").session_revoked().jwt();
    let headers = [("content-type", EVENT_TYPE), ("authorization", "Bearer x")];
    let reply = scene.post(&headers, &event).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED);
}

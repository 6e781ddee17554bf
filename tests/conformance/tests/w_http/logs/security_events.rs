//! Security events, what they come with, and what they are polled with.

use axum::{Router, body::Body};
use http::{Request, StatusCode};
use portcullis::AccessToken;
use portcullis_axum::security_event_route;
use portcullis_conformance::{AUDIENCE, protected, send, until};
use portcullis_testing::Endpoint;

use super::scene::{ID, SECRET, Scene};

const AGREED: &str = "Bearer hush-of-the-transmitter";

async fn push(router: &Router, event: &str, authorization: &str) -> StatusCode {
    let request = Request::post("/events")
        .header("content-type", "application/secevent+jwt")
        .header("authorization", authorization)
        .body(Body::from(event.to_owned()));
    send(router, request.unwrap()).await.status
}

#[tokio::test]
async fn w14_no_security_event_and_no_secret_of_its_way_is_logged() {
    let mut scene = Scene::set().await;
    let own = "hush-of-the-receiver";
    let address = scene.world.server.url(Endpoint::SecurityEvents);
    let realm = scene.world.realm().client_secret(ID, SECRET);
    let builder = realm
        .security_event_audience(AUDIENCE)
        .security_event_authorization(AGREED)
        .poll_security_events(address, move || async move { AccessToken::new(own) });
    let printed = format!("{builder:?} {builder:#?}");
    let issuer = builder.build().unwrap();
    let receiver = issuer.security_event_receiver().unwrap();
    let printed = format!("{printed} {issuer:?} {receiver:?}");
    let router = protected(issuer.hybrid()).route("/events", security_event_route(receiver));
    for secret in [own, "hush-of-the-transmitter", "hush-of-another"] {
        scene.secrets.add(secret);
    }

    let alice = scene.world.server.login("alice-by-name");
    let token = scene.world.server.login("bob-by-name").token().jwt();
    scene.present(&router, &token).await;
    let good = alice.session_revoked().jwt();
    for (event, authorization, status) in [
        (good.clone(), AGREED, 202),
        (good.clone(), "Bearer hush-of-another", 401),
        (
            alice.session_revoked().signature(*b"forged").jwt(),
            AGREED,
            400,
        ),
        (alice.session_revoked().audience("other").jwt(), AGREED, 400),
        (alice.token().jwt(), AGREED, 400),
    ] {
        scene.secrets.token(&event);
        let reply = push(&router, &event, authorization).await;
        assert_eq!(reply, status);
    }
    scene.secrets.add(alice.id());
    scene.secrets.add("alice-by-name");

    let polled = alice.credential_change().jwt();
    scene.secrets.token(&polled);
    scene.world.server.queue_security_event(polled);
    until(|| scene.world.server.queued_security_events().is_empty()).await;
    let request = &scene.world.server.requests(Endpoint::SecurityEvents)[0];
    assert_eq!(
        request.header("authorization"),
        Some("Bearer hush-of-the-receiver")
    );
    scene.secrets.assert_absent_from(&printed);
    scene.assert_nothing_leaked(&["a security event is refused", "`Authorization`"]);
}

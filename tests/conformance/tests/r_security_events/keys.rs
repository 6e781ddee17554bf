//! R17: the issuer's keys decide who has signed an event, and where they cannot be had nobody does.

use std::time::Duration;

use http::StatusCode;
use portcullis_testing::{Endpoint, Fault, Rotation, SigningAlgorithm};

use crate::support::{MINUTE, Scene};

#[tokio::test]
async fn r17_without_keys_an_event_is_503_and_taken_when_it_comes_again() {
    let scene = Scene::start().await;
    let alice = scene.world.server.login("alice");
    let token = alice.token().jwt();
    scene
        .world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
    let event = alice.session_revoked().jwt();
    scene
        .world
        .server
        .inject(Endpoint::Jwks, Fault::status(500));
    let reply = scene.push(&event).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(reply.retry_after().is_some());
    assert!(reply.body.is_empty());
    scene.assert_good(&token, 0, "not judged").await;

    scene.world.server.clear_faults(Endpoint::Jwks);
    scene.world.clock.advance(MINUTE);
    scene.take(&event).await;
    scene.assert_over(&token, "taken").await;
}

#[tokio::test]
async fn r17_a_key_that_a_newer_set_has_not_signs_nothing() {
    let scene = Scene::start().await;
    let event = scene.world.server.login("alice").session_revoked();
    let event = event.header("kid", "made-up").jwt();
    scene.refuse(&event, "invalid_key", "made up").await;
    assert_eq!(scene.world.server.requests(Endpoint::Jwks).len(), 1);
}

#[tokio::test]
async fn r17_a_flood_of_forged_events_has_a_bucket_of_its_own() {
    let scene = Scene::start().await;
    let server = &scene.world.server;
    let mut statuses = Vec::new();
    for number in 0..200 {
        // Each is younger than the set that the one before has fetched.
        scene.world.clock.advance(Duration::from_millis(10));
        let event = server.login("alice").session_revoked();
        let kid = format!("made-up-{number}");
        let forged = event.header("kid", kid).signature(*b"forged").jwt();
        statuses.push(scene.push(&forged).await.status);
    }
    let fetches = server.requests(Endpoint::Jwks).len();
    assert!(fetches <= 6, "{fetches} fetches");
    for status in statuses {
        assert!(
            matches!(
                status,
                StatusCode::BAD_REQUEST | StatusCode::SERVICE_UNAVAILABLE
            ),
            "{status}"
        );
    }
    assert!(scene.revocations.is_empty());
    // Tokens have theirs, and events under known keys need none.
    let alice = server.login("alice");
    let known = alice.session_revoked().jwt();
    server.rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
    let bob = server.login("bob").token().jwt();
    assert_eq!(scene.status(&bob).await, StatusCode::OK);
    scene.take(&known).await;
    assert_eq!(scene.revocations.len(), 1);
}

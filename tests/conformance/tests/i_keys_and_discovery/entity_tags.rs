//! I15: a set that has not changed is renewed without being sent again, and nothing else is.

use std::{task::Poll, time::Duration};

use axum::Router;
use http::StatusCode;
use portcullis_conformance::{KeyServer, T0, World, get, poll_once, protected};
use portcullis_testing::{Answer, Endpoint, Fault, Rotation, SigningAlgorithm};

use crate::support::{fetches, lasting, status, unknown, unknown_since};

const SECOND: Duration = Duration::from_secs(1);
const TAG: &str = "\"one\"";
const TAGGED: &[(&str, &str)] = &[("etag", TAG)];

/// Brings the set to the age at which it has been fetched again: 90 per cent of ten minutes.
async fn refresh(world: &World, keys: &KeyServer, router: &Router, token: &str) {
    let before = keys.asked();
    world.clock.advance(540 * SECOND);
    assert_eq!(status(router, token).await, StatusCode::OK);
    assert_eq!(keys.asked(), before + 1);
}

fn not_modified(keys: &KeyServer, headers: &[(&'static str, &str)]) {
    keys.answer(StatusCode::NOT_MODIFIED, headers, "");
}

#[tokio::test]
async fn i15_a_304_renews_the_set_over_the_wire() {
    let world = World::start().await;
    let router = protected(world.realm().build().unwrap().jwt());
    let token = lasting(&world);
    let tagged = Fault::headers().header("etag", TAG).times(1);
    world.server.inject(Endpoint::Jwks, tagged);
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);

    let unchanged = Fault::answer(Answer::new(304).header("etag", TAG));
    world.server.inject(Endpoint::Jwks, unchanged);
    for refreshes in 1..=3 {
        // Old enough that it is waited for.
        world.clock.advance(600 * SECOND);
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);
        assert_eq!(fetches(&world), 1 + refreshes);
    }
    let requests = world.server.requests(Endpoint::Jwks);
    let conditions: Vec<_> = requests
        .iter()
        .map(|request| request.header("if-none-match"))
        .collect();
    assert_eq!(conditions, [None, Some(TAG), Some(TAG), Some(TAG)]);
}

/// Of other keys it says as much as when it was sent: the tag may be the same for all.
#[tokio::test]
async fn i15_a_renewed_set_lives_anew_and_judges_no_younger_kids_than_before() {
    let world = World::start().await;
    let keys = KeyServer::of(&world, TAGGED);
    let issuer = keys.realm(&world).unknown_key_fetches(1, 86_400 * SECOND);
    let router = protected(issuer.connect().await.unwrap().jwt());
    let token = lasting(&world);
    get(&router, &unknown(&world, "first"))
        .await
        .assert_invalid_token();
    world.clock.advance(400 * SECOND);
    let younger = unknown_since(&world, "second", T0 + 400);
    get(&router, &younger).await.assert_unavailable();
    assert_eq!(keys.asked(), 2);

    not_modified(&keys, TAGGED);
    world.clock.advance(140 * SECOND);
    assert_eq!(status(&router, &token).await, StatusCode::OK);
    assert_eq!(keys.asked(), 3);
    get(&router, &younger).await.assert_unavailable();
    let older = unknown(&world, "third");
    let Poll::Ready(reply) = poll_once(&mut Box::pin(get(&router, &older))) else {
        panic!("it waits");
    };
    reply.assert_invalid_token();
    for (seconds, asked) in [(419, 3), (121, 4)] {
        world.clock.advance(seconds * SECOND);
        assert_eq!(status(&router, &token).await, StatusCode::OK);
        assert_eq!(keys.asked(), asked);
    }
}

#[tokio::test]
async fn i15_what_a_304_says_of_caching_counts_and_its_silence_changes_nothing() {
    for (headers, life) in [
        (&[][..], 100),
        (&[("cache-control", "max-age=200")], 200),
        (&[("cache-control", "no-cache")], 60),
        (&[("age", "30")], 70),
    ] {
        let world = World::start().await;
        let keys = KeyServer::of(&world, &[("etag", TAG), ("cache-control", "max-age=100")]);
        let router = keys.router(&world).await;
        let token = lasting(&world);
        not_modified(&keys, headers);
        world.clock.advance(90 * SECOND);
        assert_eq!(status(&router, &token).await, StatusCode::OK);
        assert_eq!(keys.asked(), 2);
        let life = life * SECOND;
        for (hundredths, asked) in [(69, 2), (21, 3)] {
            world.clock.advance(life / 100 * hundredths);
            assert_eq!(status(&router, &token).await, StatusCode::OK);
            assert_eq!(keys.asked(), asked, "{headers:?}");
        }
        assert_eq!(keys.last_asked_with("if-none-match").unwrap(), TAG);
    }
}

#[tokio::test]
async fn i15_a_304_that_nobody_asked_for_is_no_set() {
    let world = World::start().await;
    let token = lasting(&world);
    let keys = KeyServer::of(&world, &[]);
    not_modified(&keys, &[]);
    assert!(keys.realm(&world).connect().await.is_err());
    let router = protected(keys.realm(&world).build().unwrap().jwt());
    get(&router, &token).await.assert_unavailable();

    // Nor is it one when there is a set that had no tag, or none that can be sent back.
    for headers in [&[][..], &[("etag", "one")], &[("etag", TAG), ("etag", TAG)]] {
        let world = World::start().await;
        let token = lasting(&world);
        let keys = KeyServer::of(&world, headers);
        let router = keys.router(&world).await;
        not_modified(&keys, TAGGED);
        refresh(&world, &keys, &router, &token).await;
        assert_eq!(keys.last_asked_with("if-none-match"), None);
        // The set was not renewed: it ends when it would have.
        world.clock.advance(60 * SECOND + 3600 * SECOND);
        get(&router, &token).await.assert_unavailable();
    }
}

/// What the server stumbled over may have been the question.
#[tokio::test]
async fn i15_a_304_about_another_set_is_refused_and_the_next_fetch_is_plain() {
    let world = World::start().await;
    let keys = KeyServer::of(&world, TAGGED);
    let router = keys.router(&world).await;
    let token = lasting(&world);
    not_modified(&keys, &[("etag", "\"two\"")]);
    refresh(&world, &keys, &router, &token).await;
    assert_eq!(keys.last_asked_with("if-none-match").unwrap(), TAG);

    world.clock.advance(SECOND);
    keys.publish(&world, TAGGED);
    assert_eq!(status(&router, &token).await, StatusCode::OK);
    assert_eq!(keys.asked(), 3);
    assert_eq!(keys.last_asked_with("if-none-match"), None);

    // A weak tag is the same tag.
    not_modified(&keys, &[("etag", "W/\"one\"")]);
    refresh(&world, &keys, &router, &token).await;
    world.clock.advance(300 * SECOND);
    assert_eq!(status(&router, &token).await, StatusCode::OK);
    assert_eq!(keys.asked(), 4);
}

#[tokio::test]
async fn i15_a_set_that_was_dropped_is_not_renewed() {
    let world = World::start().await;
    let keys = KeyServer::of(&world, TAGGED);
    let router = keys.router(&world).await;
    let token = lasting(&world);
    not_modified(&keys, TAGGED);
    world.clock.advance(600 * SECOND + 3600 * SECOND);
    get(&router, &token).await.assert_unavailable();
    assert_eq!(keys.last_asked_with("if-none-match"), None);
}

/// A tag belongs to an address.
#[tokio::test]
async fn i15_a_set_is_not_renewed_by_another_address() {
    let world = World::start().await;
    let tagged = Fault::headers().header("etag", TAG);
    world.server.inject(Endpoint::Jwks, tagged);
    let issuer = world.realm().jwks_max_age(7200 * SECOND);
    let router = protected(issuer.connect().await.unwrap().jwt());
    let token = lasting(&world);
    let moved = Fault::answer(Answer::json(&world.server.jwks()).header("etag", TAG));
    world.server.inject(Endpoint::Other, moved);
    let address = world.server.url(Endpoint::Other);
    world
        .server
        .patch_discovery(&serde_json::json!({"jwks_uri": address}));
    for asked in [1, 2] {
        world.clock.advance(7200 * SECOND);
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);
        assert_eq!(world.server.request_count(Endpoint::Other), asked);
    }
    let requests = world.server.requests(Endpoint::Other);
    assert_eq!(requests[0].header("if-none-match"), None);
    assert_eq!(requests[1].header("if-none-match"), Some(TAG));
    assert_eq!(fetches(&world), 1);
}

/// Some servers change their keys and not their tag.
#[tokio::test]
async fn i8_a_new_key_is_found_whatever_the_entity_tag() {
    // While the set is good, when it is due, and after its life.
    for (seconds, asked) in [(0, 2), (540, 3), (600, 3), (3000, 3)] {
        let world = World::start().await;
        let keys = KeyServer::of(&world, TAGGED);
        keys.confirm_any_tag();
        let router = keys.router(&world).await;
        world.clock.advance(seconds * SECOND);
        let _new = world
            .server
            .rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
        keys.publish(&world, TAGGED);
        assert_eq!(status(&router, &lasting(&world)).await, StatusCode::OK);
        assert_eq!(keys.asked(), asked, "{seconds}");
        assert_eq!(keys.last_asked_with("if-none-match"), None);
    }
}

/// The fetch that it has waited for was made for others, and told them that nothing is new.
#[tokio::test]
async fn i8_a_new_key_that_waits_for_the_next_fetch_is_not_refused_by_an_entity_tag() {
    let world = World::start().await;
    let keys = KeyServer::of(&world, TAGGED);
    keys.confirm_any_tag();
    let issuer = keys.realm(&world).unknown_key_fetches(1, 500 * SECOND);
    let router = protected(issuer.connect().await.unwrap().jwt());
    let known = lasting(&world);
    get(&router, &unknown(&world, "stranger"))
        .await
        .assert_invalid_token();
    let _new = world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
    keys.publish(&world, TAGGED);
    tokio::time::pause();
    let honest = lasting(&world);
    let mut honest = Box::pin(get(&router, &honest));
    assert!(poll_once(&mut honest).is_pending());

    world.clock.advance(540 * SECOND);
    assert_eq!(status(&router, &known).await, StatusCode::OK);
    assert_eq!(keys.asked(), 3);
    assert_eq!(keys.last_asked_with("if-none-match").unwrap(), TAG);
    assert_eq!(honest.await.status, StatusCode::OK);
    assert_eq!(keys.asked(), 4);
    assert_eq!(keys.last_asked_with("if-none-match"), None);
}

#[tokio::test]
async fn i12_a_tag_that_never_changes_keeps_a_withdrawn_key_alive_for_an_hour_at_the_most() {
    let world = World::start().await;
    let keys = KeyServer::of(&world, TAGGED);
    let router = protected(keys.realm(&world).connect().await.unwrap().jwt());
    let token = lasting(&world);
    assert_eq!(status(&router, &token).await, StatusCode::OK);
    let _ = world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::DropOld);
    keys.publish(&world, TAGGED);
    keys.confirm_any_tag();
    for _ in 0..5 {
        world.clock.advance(600 * SECOND);
        assert_eq!(status(&router, &token).await, StatusCode::OK);
    }
    world.clock.advance(600 * SECOND);
    get(&router, &token).await.assert_invalid_token();
}

//! I15: what a server says of caching is listened to, within bounds of our own.

use std::{task::Poll, time::Duration};

use axum::Router;
use http::StatusCode;
use portcullis_conformance::{KeyServer, T0, World, get, poll_once, protected};
use portcullis_testing::{Rotation, SigningAlgorithm};

use crate::support::{lasting, status, unknown, unknown_since};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Asserts that the set that is here lives for so long: it is fetched again in the background
/// somewhere between 70 and 90 per cent of that, once, and for nobody before.
async fn assert_life(world: &World, keys: &KeyServer, router: &Router, life: Duration, case: &str) {
    let (token, before) = (lasting(world), keys.asked());
    for (hundredth, fetches) in [(0, 0), (69, 0), (90, 1), (100, 1), (155, 1), (180, 2)] {
        // Each fetch that is looked for happens at a moment of the test's choice: at 90 per cent.
        let passed = match hundredth {
            0 => 0,
            69 => 69,
            90 => 21,
            100 => 10,
            155 => 55,
            _ => 25,
        };
        world.clock.advance(life / 100 * passed);
        assert_eq!(status(router, &token).await, StatusCode::OK, "{case}");
        let fetched = keys.asked() - before;
        assert_eq!(fetched, fetches, "{case}: at {hundredth} %");
    }
}

#[tokio::test]
async fn i15_a_max_age_is_clamped_to_a_minute_and_jwks_max_age() {
    for (cache_control, life) in [
        (None, 10 * MINUTE),
        (Some("public"), 10 * MINUTE),
        (Some("max-age=300"), 5 * MINUTE),
        (Some("Public, Max-Age=300, must-revalidate"), 5 * MINUTE),
        (Some("max-age=600"), 10 * MINUTE),
        (Some("max-age=31536000, immutable"), 10 * MINUTE),
        (Some("max-age=99999999999999999999"), 10 * MINUTE),
        (Some("max-age=60"), MINUTE),
        (Some("max-age=59"), MINUTE),
        (Some("max-age=0"), MINUTE),
        (Some("max-age=soon"), MINUTE),
        (Some("max-age=300, max-age=120"), 2 * MINUTE),
        (Some("no-cache"), MINUTE),
        (Some("no-store"), MINUTE),
        (Some("max-age=300, no-store"), MINUTE),
    ] {
        let world = World::start().await;
        let headers: Vec<_> = cache_control
            .map(|value| ("cache-control", value))
            .into_iter()
            .collect();
        let keys = KeyServer::of(&world, &headers);
        let router = keys.router(&world).await;
        let case = format!("{cache_control:?}");
        assert_life(&world, &keys, &router, life, &case).await;
    }
}

#[tokio::test]
async fn i15_a_jwks_max_age_below_a_minute_is_both_bounds() {
    for cache_control in ["no-store", "max-age=5", "max-age=300"] {
        let world = World::start().await;
        let keys = KeyServer::of(&world, &[("cache-control", cache_control)]);
        let issuer = keys.realm(&world).jwks_max_age(30 * SECOND);
        let router = protected(issuer.connect().await.unwrap().jwt());
        assert_life(&world, &keys, &router, 30 * SECOND, cache_control).await;
    }
}

#[tokio::test]
async fn i15_no_store_does_not_mean_a_fetch_per_request() {
    let world = World::start().await;
    let keys = KeyServer::of(
        &world,
        &[("cache-control", "no-store, no-cache, max-age=0")],
    );
    let router = keys.router(&world).await;
    let token = lasting(&world);
    for _ in 0..100 {
        assert_eq!(status(&router, &token).await, StatusCode::OK);
    }
    assert_eq!(keys.asked(), 1);
}

#[tokio::test]
async fn i12_a_withdrawn_key_works_no_longer_than_max_age_whatever_the_server_says() {
    for cache_control in ["max-age=31536000, immutable", "public", "no-store"] {
        let world = World::start().await;
        let headers = [("cache-control", cache_control)];
        let keys = KeyServer::of(&world, &headers);
        let router = keys.router(&world).await;
        let token = lasting(&world);
        let _new = world
            .server
            .rotate(SigningAlgorithm::RS256, Rotation::DropOld);
        keys.publish(&world, &headers);
        world.clock.advance(10 * MINUTE);
        get(&router, &token).await.assert_invalid_token();
        assert_eq!(status(&router, &lasting(&world)).await, StatusCode::OK);
        assert_eq!(keys.asked(), 2, "{cache_control}");
    }
}

/// Caches on the way are asked to look whether there is a newer set.
#[tokio::test]
async fn i15_every_fetch_asks_for_what_is_published_now() {
    let world = World::start().await;
    let keys = KeyServer::of(&world, &[]);
    let router = keys.router(&world).await;
    assert_eq!(keys.last_asked_with("cache-control").unwrap(), "no-cache");
    get(&router, &unknown(&world, "stranger")).await;
    assert_eq!(keys.asked(), 2);
    assert_eq!(keys.last_asked_with("cache-control").unwrap(), "no-cache");
}

#[tokio::test]
async fn i15_the_time_in_caches_is_part_of_the_life() {
    for (cache_control, age, life) in [
        ("max-age=300", "100", 200 * SECOND),
        ("max-age=300", "0", 300 * SECOND),
        ("max-age=300", "soon", 300 * SECOND),
        ("max-age=300", "290", MINUTE),
        ("max-age=300", "99999999999999999999", MINUTE),
        ("max-age=86400", "100", 500 * SECOND),
        ("public", "100", 500 * SECOND),
    ] {
        let world = World::start().await;
        let keys = KeyServer::of(&world, &[("cache-control", cache_control), ("age", age)]);
        let router = keys.router(&world).await;
        let case = format!("{cache_control}, {age}");
        assert_life(&world, &keys, &router, life, &case).await;
    }
}

/// A set that a cache has kept since before the token was issued may lack its key.
#[tokio::test]
async fn i14_a_set_out_of_a_cache_judges_only_tokens_that_are_older_than_it() {
    let world = World::start().await;
    let keys = KeyServer::of(&world, &[("age", "300")]);
    let router = keys.router(&world).await;
    // Even a fetch that began for the token brings no verdict.
    for number in 0..7 {
        let younger = unknown_since(&world, &format!("younger-{number}"), T0 - 300);
        get(&router, &younger).await.assert_unavailable();
        let honest = unknown_since(&world, &format!("honest-{number}"), T0);
        get(&router, &honest).await.assert_unavailable();
    }
    let older = unknown_since(&world, "older", T0 - 331);
    get(&router, &older).await.assert_invalid_token();
    assert_eq!(keys.asked(), 6);

    // When nothing was loaded yet it is the same.
    let router = protected(keys.realm(&world).build().unwrap().jwt());
    let younger = unknown_since(&world, "younger", T0 - 300);
    get(&router, &younger).await.assert_unavailable();
    let older = unknown_since(&world, "older", T0 - 331);
    get(&router, &older).await.assert_invalid_token();

    // The issuer itself is believed.
    keys.publish(&world, &[("age", "0")]);
    world.clock.advance(10 * SECOND);
    let younger = unknown_since(&world, "younger", T0);
    get(&router, &younger).await.assert_invalid_token();
}

/// By a set of a cache no token is judged that the next set may know.
#[tokio::test]
async fn i14_a_rotation_behind_a_cache_is_503_until_the_cache_has_it() {
    let world = World::start().await;
    let keys = KeyServer::of(&world, &[("age", "30")]);
    let router = keys.router(&world).await;
    let _new = world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
    let honest = lasting(&world);
    for _ in 0..3 {
        get(&router, &honest).await.assert_unavailable();
    }
    keys.publish(&world, &[("age", "1")]);
    assert_eq!(status(&router, &honest).await, StatusCode::OK);
}

#[tokio::test]
async fn i15_a_judgement_at_once_needs_no_fetch() {
    let world = World::start().await;
    let keys = KeyServer::of(&world, &[("age", "300")]);
    let issuer = keys.realm(&world).unknown_key_fetches(1, 3600 * SECOND);
    let router = protected(issuer.connect().await.unwrap().jwt());
    get(&router, &unknown_since(&world, "first", T0))
        .await
        .assert_unavailable();
    let older = unknown_since(&world, "older", T0 - 331);
    let Poll::Ready(reply) = poll_once(&mut Box::pin(get(&router, &older))) else {
        panic!("it waits");
    };
    reply.assert_invalid_token();
    assert_eq!(keys.asked(), 2);
}

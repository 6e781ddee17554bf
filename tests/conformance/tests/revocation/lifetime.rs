//! What is over is remembered for as long as a token lives at the most. What lives longer is asked
//! about, since what has happened to it may be forgotten.

use http::StatusCode;
use portcullis::Reason;
use portcullis_conformance::{AUDIENCE, CLIENT_ID, CLIENT_SECRET, Instance, World, protected};
use serde_json::json;

use crate::support::{MINUTE, SECOND, admitted_after, rejection, status};

async fn ten_minutes() -> (World, Instance) {
    let world = World::start().await;
    let issuer = world.told().max_token_lifetime(10 * MINUTE);
    let instance = Instance::with(&world, issuer).await;
    (world, instance)
}

#[tokio::test]
async fn a_token_that_lives_longer_is_asked_about_in_each_window() {
    let (world, instance) = ten_minutes().await;
    let token = world.server.token().expires_in(10 * MINUTE + SECOND).jwt();
    for calls in 1..5 {
        for _ in 0..3 {
            admitted_after(&world, &instance.hybrid, &token, calls).await;
            world.clock.advance(3 * SECOND);
        }
        world.clock.advance(SECOND);
    }
    world.server.revoke(&token);
    world.clock.advance(10 * SECOND);
    assert_eq!(
        status(&instance.hybrid, &token).await,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn one_that_lives_exactly_as_long_is_not() {
    let (world, instance) = ten_minutes().await;
    let token = world.server.token().expires_in(10 * MINUTE).jwt();
    for _ in 0..5 {
        admitted_after(&world, &instance.hybrid, &token, 0).await;
        world.clock.advance(MINUTE);
    }
}

#[tokio::test]
async fn one_that_does_not_say_how_long_is_asked_about() {
    let (world, instance) = ten_minutes().await;
    for token in [
        world.server.token().without_claim("iat").jwt(),
        world.server.token().without_claim("iat").opaque(),
        world.server.token().without_claim("exp").opaque(),
    ] {
        for calls in 1..4 {
            admitted_after(&world, &instance.hybrid, &token, calls).await;
            world.clock.advance(11 * SECOND);
        }
    }
}

/// The window is that of the rechecks.
#[tokio::test]
async fn the_window_can_be_set() {
    let world = World::start().await;
    let issuer = world.told().max_token_lifetime(10 * MINUTE);
    let instance = Instance::with(&world, issuer.recheck_every(MINUTE)).await;
    let token = world.server.token().expires_in(60 * MINUTE).jwt();
    admitted_after(&world, &instance.hybrid, &token, 1).await;
    world.clock.advance(59 * SECOND);
    admitted_after(&world, &instance.hybrid, &token, 1).await;
}

#[tokio::test]
async fn where_nobody_can_be_asked_it_is_refused_and_the_setting_named() {
    let (world, instance) = ten_minutes().await;
    for token in [
        world.server.token().expires_in(10 * MINUTE + SECOND).jwt(),
        world.server.token().without_claim("iat").jwt(),
    ] {
        let rejection = rejection(instance.issuer.jwt(), &token).await;
        assert_eq!(rejection.reason(), Reason::LivesTooLong);
        assert_eq!(rejection.status(), StatusCode::UNAUTHORIZED);
        assert!(
            rejection
                .diagnosis()
                .detail()
                .contains("max_token_lifetime")
        );
    }
    let good = world.server.token().expires_in(10 * MINUTE).jwt();
    assert_eq!(status(&instance.jwt, &good).await, StatusCode::OK);
}

/// A lifetime that would end before it began is none.
#[tokio::test]
async fn odd_lifetimes_are_no_way_around() {
    let (world, instance) = ten_minutes().await;
    let now = world.clock.system_time();
    // `iat` is what the limit is counted from, `nbf` is nothing to it.
    let token = world.server.token().expires_in(60 * MINUTE);
    let token = token.claim("nbf", json!(0)).jwt();
    admitted_after(&world, &instance.hybrid, &token, 1).await;
    let ahead = world.server.token().issued_at(now + 20 * SECOND);
    let ahead = ahead.expires_in(10 * MINUTE + 21 * SECOND).jwt();
    admitted_after(&world, &instance.hybrid, &ahead, 1).await;
}

/// Without news nothing is remembered, and so nothing can be forgotten.
#[tokio::test]
async fn a_service_that_is_told_nothing_has_no_limit() {
    let world = World::start().await;
    let issuer = world
        .realm()
        .client_secret(CLIENT_ID, CLIENT_SECRET)
        .max_token_lifetime(MINUTE);
    let router = protected(issuer.build().unwrap().hybrid());
    let token = world.server.token().audience(AUDIENCE);
    let token = token.expires_in(60 * MINUTE).jwt();
    admitted_after(&world, &router, &token, 0).await;
}

#[tokio::test]
async fn impossible_limits_fail_the_build() {
    let world = World::start().await;
    for limit in [std::time::Duration::ZERO, 367 * 86_400 * SECOND] {
        let error = world.told().max_token_lifetime(limit).build().unwrap_err();
        assert!(error.to_string().contains("max_token_lifetime"), "{error}");
    }
    let error = world.told().max_revocations(0).build().unwrap_err();
    assert!(error.to_string().contains("max_revocations"), "{error}");
}

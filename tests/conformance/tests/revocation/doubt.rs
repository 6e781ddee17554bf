//! What a live answer has called inactive: everywhere asked about, until an answer calls it active.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use portcullis_conformance::{T0, get, poll_once, post_active, queueing};
use tokio::sync::Semaphore;

use crate::support::{MINUTE, SECOND, admitted_after, live_status, status, told};

#[tokio::test]
async fn it_is_asked_about_on_every_route_until_an_answer_calls_it_active() {
    let (world, instance) = told().await;
    let token = world
        .server
        .token()
        .subject("ali")
        .expires_in(50 * MINUTE)
        .jwt();
    instance.admits(&token).await;
    world.server.disable_user("ali");
    post_active(&instance.hybrid, &token)
        .await
        .assert_invalid_token();
    for router in [&instance.hybrid, &instance.introspection, &instance.jwt] {
        get(router, &token).await.assert_invalid_token();
    }
    // An answer is repeated for five seconds, then the server is asked again.
    let mut calls = world.calls_about(&token);
    for _ in 0..3 {
        world.clock.advance(5 * SECOND);
        calls += 1;
        get(&instance.hybrid, &token).await.assert_invalid_token();
        assert_eq!(world.calls_about(&token), calls);
        for _ in 0..4 {
            world.clock.advance(SECOND);
            get(&instance.hybrid, &token).await.assert_invalid_token();
        }
        assert_eq!(world.calls_about(&token), calls);
    }
    world.server.enable_user("ali");
    world.clock.advance(5 * SECOND);
    admitted_after(&world, &instance.hybrid, &token, calls + 1).await;
    for _ in 0..3 {
        world.clock.advance(MINUTE);
        admitted_after(&world, &instance.hybrid, &token, calls + 1).await;
    }
}

#[tokio::test]
async fn an_active_answer_vouches_for_that_token_alone() {
    let (world, instance) = told().await;
    let session = world.server.login("ali");
    let (one, other) = (session.token().jwt(), session.token().jwt());
    world.server.disable_user("ali");
    for token in [&one, &other] {
        post_active(&instance.hybrid, token)
            .await
            .assert_invalid_token();
    }
    world.server.enable_user("ali");
    world.clock.advance(6 * SECOND);
    assert_eq!(live_status(&instance.hybrid, &one).await, StatusCode::OK);
    assert_eq!(status(&instance.jwt, &one).await, StatusCode::OK);
    assert_eq!(
        status(&instance.jwt, &other).await,
        StatusCode::UNAUTHORIZED
    );
    let asked = world.calls_about(&other);
    admitted_after(&world, &instance.hybrid, &other, asked + 1).await;
}

/// Its siblings live on, as they do at the server: only rechecks draw conclusions about them.
#[tokio::test]
async fn a_revoked_token_says_nothing_of_its_siblings() {
    let (world, instance) = told().await;
    let session = world.server.login("alice");
    let (one, other) = (session.token().jwt(), session.token().jwt());
    world.server.revoke(&one);
    post_active(&instance.hybrid, &one)
        .await
        .assert_invalid_token();
    admitted_after(&world, &instance.hybrid, &other, 0).await;
}

/// What was said last counts, whatever the time of day was then.
#[tokio::test]
async fn an_inactive_answer_counts_after_the_time_of_day_was_set_back() {
    let (world, instance) = told().await;
    let token = world.server.token().subject("ali").jwt();
    world.server.disable_user("ali");
    assert_eq!(
        live_status(&instance.hybrid, &token).await,
        StatusCode::UNAUTHORIZED
    );
    world.clock.jump_to(T0 + 40);
    world.server.enable_user("ali");
    world.clock.advance(6 * SECOND);
    assert_eq!(status(&instance.hybrid, &token).await, StatusCode::OK);
    world.server.disable_user("ali");
    world.clock.advance(SECOND);
    assert_eq!(
        live_status(&instance.hybrid, &token).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        status(&instance.hybrid, &token).await,
        StatusCode::UNAUTHORIZED
    );
    world.clock.advance(10 * SECOND);
    assert_eq!(
        status(&instance.hybrid, &token).await,
        StatusCode::UNAUTHORIZED
    );
}

/// However coarse the clock is, and though dates are kept in milliseconds: of two answers the one that was
/// asked for later counts.
#[tokio::test]
async fn an_answer_counts_from_the_moment_it_was_asked_for() {
    for tick in [Duration::ZERO, Duration::from_micros(1)] {
        let (world, instance) = told().await;
        let token = world.server.token().subject("ali").jwt();
        for _ in 0..3 {
            world.server.disable_user("ali");
            world.clock.advance(tick);
            let refused = live_status(&instance.hybrid, &token).await;
            assert_eq!(refused, StatusCode::UNAUTHORIZED);
            let refused = status(&instance.jwt, &token).await;
            assert_eq!(refused, StatusCode::UNAUTHORIZED);
            world.server.enable_user("ali");
            for _ in 0..2 {
                world.clock.advance(tick);
                assert_eq!(live_status(&instance.hybrid, &token).await, StatusCode::OK);
                assert_eq!(status(&instance.jwt, &token).await, StatusCode::OK);
            }
        }
    }
}

/// Also of a request that was judged before, and waits for its turn.
#[tokio::test]
async fn it_is_asked_about_when_the_request_gets_its_turn() {
    for (is_enabled, expected) in [(true, StatusCode::OK), (false, StatusCode::UNAUTHORIZED)] {
        let (world, instance) = told().await;
        let token = world.server.token().subject("ali");
        let token = token.expires_in(50 * MINUTE).jwt();
        let permits = Arc::new(Semaphore::new(1));
        let mut queued = queueing(instance.issuer.introspection(), &permits, &token);
        assert!(poll_once(&mut queued).is_pending(), "the server is asked");
        let permit = permits.clone().acquire_owned().await.unwrap();
        admitted_after(&world, &instance.introspection, &token, 1).await;
        assert!(poll_once(&mut queued).is_pending(), "no permit is left");

        world.server.disable_user("ali");
        let status = live_status(&instance.hybrid, &token).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        if is_enabled {
            world.server.enable_user("ali");
        }
        world.clock.advance(5 * SECOND);
        let calls = world.calls_about(&token);
        drop(permit);
        assert_eq!(queued.await, expected);
        assert_eq!(world.calls_about(&token), calls + 1);
    }
}

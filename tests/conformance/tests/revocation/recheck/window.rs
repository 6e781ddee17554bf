//! How often a token is asked about, and who waits for it.

use http::StatusCode;
use portcullis_conformance::{Crowd, T0, getting, poll_once};

use super::{WINDOW, lasting, rechecking, used};
use crate::{
    air::Air,
    support::{MINUTE, SECOND, live_status, status},
};

#[tokio::test]
async fn a_token_in_use_is_asked_about_once_in_a_window() {
    let air = rechecking().await;
    let token = lasting(&air).jwt();
    for calls in 1..6 {
        for _ in 0..10 {
            for _ in 0..5 {
                assert_eq!(used(&air, &token).await, StatusCode::OK);
            }
            assert_eq!(air.server.calls(), calls);
            air.world.clock.advance(SECOND);
        }
    }
}

#[tokio::test]
async fn a_token_that_is_not_used_is_not_asked_about() {
    let air = rechecking().await;
    let token = lasting(&air).jwt();
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    air.pass(300).await;
    assert_eq!(air.server.calls(), 1);
}

#[tokio::test]
async fn unless_it_is_asked_for_nobody_is_asked_again() {
    let air = Air::start().await;
    let token = lasting(&air).jwt();
    for _ in 0..10 {
        assert_eq!(used(&air, &token).await, StatusCode::OK);
        air.world.clock.advance(MINUTE);
    }
    assert_eq!(air.server.calls(), 0);
}

/// A request whose token is due is served, and its successor hears of the answer.
#[tokio::test]
async fn nobody_waits_while_it_is_in_use() {
    let air = rechecking().await;
    let token = lasting(&air).jwt();
    for _ in 0..3 {
        air.server.close();
        let calls = air.server.calls();
        for _ in 0..10 {
            let mut request = Box::pin(getting(&air.instance.hybrid, &token));
            assert!(poll_once(&mut request).is_ready(), "it waits");
        }
        air.settle().await;
        assert_eq!(air.server.calls(), calls + 1);
        air.server.open();
        air.settle().await;
        air.world.clock.advance(WINDOW);
    }
}

/// It may have ended long ago.
#[tokio::test]
async fn who_comes_back_after_a_while_waits_for_the_answer() {
    let air = rechecking().await;
    let token = lasting(&air).jwt();
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    air.world.clock.advance(MINUTE);
    air.server.close();
    let mut crowd = Crowd::of(10, |_| getting(&air.instance.hybrid, &token));
    crowd.step_first_until(|| air.server.calls() == 2).await;
    crowd.step();
    air.server.open();
    for reply in crowd.replies().await {
        assert_eq!(reply.status, StatusCode::OK);
    }
    assert_eq!(air.server.calls(), 2);
    air.world.clock.advance(MINUTE);
    air.server.end(&token);
    let crowd = Crowd::of(10, |_| getting(&air.instance.hybrid, &token));
    for reply in crowd.replies().await {
        reply.assert_invalid_token();
    }
}

/// Of one that was never seen it is known when it was issued.
#[tokio::test]
async fn a_new_token_is_served_and_an_old_one_waits() {
    let air = rechecking().await;
    let now = air.world.clock.system_time();
    let token = || lasting(&air);
    let new = token().issued_at(now - 9 * SECOND).jwt();
    let old = token().issued_at(now - 11 * SECOND).jwt();
    let undated = token().without_claim("iat").jwt();
    for token in [&new, &old, &undated] {
        air.server.end(token);
    }
    assert_eq!(used(&air, &new).await, StatusCode::OK);
    for token in [&new, &old, &undated] {
        assert_eq!(used(&air, token).await, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn an_answer_that_somebody_else_had_asked_for_counts() {
    let air = rechecking().await;
    let token = lasting(&air).jwt();
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    air.world.clock.advance(5 * SECOND);
    assert_eq!(
        live_status(&air.instance.hybrid, &token).await,
        StatusCode::OK
    );
    let calls = air.server.calls();
    air.world.clock.advance(9 * SECOND);
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    assert_eq!(air.server.calls(), calls);
    air.world.clock.advance(SECOND);
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    assert_eq!(air.server.calls(), calls + 1);
}

/// They are asked about anyway, as often as was set.
#[tokio::test]
async fn opaque_tokens_are_none_of_its_business() {
    let air = rechecking().await;
    let dates = serde_json::json!({"iat": T0 + 60, "exp": T0 + 360});
    air.server.say("opaque", dates);
    for _ in 0..29 {
        assert_eq!(used(&air, "opaque").await, StatusCode::OK);
        air.world.clock.advance(SECOND);
    }
    assert_eq!(air.server.calls(), 1);
}

#[tokio::test]
async fn a_forged_token_is_not_asked_about() {
    let air = rechecking().await;
    let forged = lasting(&air).signature(vec![0; 256]).jwt();
    assert_eq!(used(&air, &forged).await, StatusCode::UNAUTHORIZED);
    assert_eq!(air.server.calls(), 0);
}

#[tokio::test]
async fn other_routes_of_the_issuer_go_on_as_they_do() {
    let air = rechecking().await;
    let token = lasting(&air).jwt();
    for _ in 0..5 {
        assert_eq!(status(&air.instance.jwt, &token).await, StatusCode::OK);
        air.pass(11).await;
    }
    assert_eq!(air.server.calls(), 0);
}

//! A JWT and the answer about it that contradict each other: it is refused, until they agree.

use http::StatusCode;
use serde_json::json;

use super::{WINDOW, lasting, rechecking, used};
use crate::support::{SECOND, live_status, status};

#[tokio::test]
async fn it_is_refused_on_every_request_from_then_on() {
    let air = rechecking().await;
    let token = lasting(&air).subject("alice").jwt();
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    air.server.say(&token, json!({"sub": "mallory"}));
    air.world.clock.advance(WINDOW);
    used(&air, &token).await;
    for _ in 0..30 {
        air.world.clock.advance(SECOND);
        assert_eq!(used(&air, &token).await, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn one_that_has_to_wait_for_its_answer_is_refused_too() {
    let air = rechecking().await;
    let token = lasting(&air).subject("alice").jwt();
    air.server.say(&token, json!({"sub": "mallory"}));
    air.world.clock.advance(60 * SECOND);
    for _ in 0..30 {
        assert_eq!(used(&air, &token).await, StatusCode::UNAUTHORIZED);
        air.world.clock.advance(SECOND);
    }
}

/// Without rechecks as well: the server was asked live, and what it said was no yes.
#[tokio::test]
async fn a_live_route_that_finds_it_out_tells_the_others() {
    let air = crate::air::Air::start().await;
    let token = lasting(&air).subject("alice").jwt();
    assert_eq!(status(&air.instance.hybrid, &token).await, StatusCode::OK);
    air.server.say(&token, json!({"sub": "mallory"}));
    for _ in 0..5 {
        air.world.clock.advance(SECOND);
        let live = live_status(&air.instance.hybrid, &token).await;
        assert_eq!(live, StatusCode::UNAUTHORIZED);
        air.world.clock.advance(SECOND);
        for router in [&air.instance.hybrid, &air.instance.jwt] {
            assert_eq!(status(router, &token).await, StatusCode::UNAUTHORIZED);
        }
    }
}

#[tokio::test]
async fn once_they_agree_it_is_good_again() {
    let air = rechecking().await;
    let token = lasting(&air).subject("alice").jwt();
    air.server.say(&token, json!({"sub": "mallory"}));
    air.world.clock.advance(60 * SECOND);
    assert_eq!(used(&air, &token).await, StatusCode::UNAUTHORIZED);
    air.server.say(&token, json!({"sub": "alice"}));
    air.world.clock.advance(6 * SECOND);
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    let calls = air.server.calls();
    air.world.clock.advance(SECOND);
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    assert_eq!(air.server.calls(), calls);
}

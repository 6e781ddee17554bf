//! The promise: whatever has ended is refused within a window and the deadline of a call.

use http::StatusCode;
use portcullis_conformance::{Crowd, Instance, World, get, getting, poll_once};
use portcullis_testing::Endpoint;

use super::{WINDOW, lasting, rechecking, used};
use crate::{
    air::Air,
    support::{SECOND, status},
};

/// Seconds from an end to the first refusal that the promise allows: a window and a deadline.
const PROMISED: u32 = 13;

/// Uses a token once a second, from the moment of its end on, by a real server.
async fn refused_after(world: &World, instance: &Instance, token: &str) -> u32 {
    for second in 0..=2 * PROMISED {
        let calls = world.server.request_count(Endpoint::Introspection);
        let status = status(&instance.hybrid, token).await;
        if status == StatusCode::UNAUTHORIZED {
            return second;
        }
        for _ in 0..2_000 {
            tokio::task::yield_now().await;
        }
        assert!(world.server.request_count(Endpoint::Introspection) <= calls + 1);
        world.clock.advance(SECOND);
    }
    panic!("it is never refused");
}

#[tokio::test]
async fn whatever_ends_a_token_without_a_word_is_found_in_time() {
    type End = fn(&World, &portcullis_testing::Session, &str);
    let ends: [(&str, End); 4] = [
        ("revoked", |world, _, token| {
            world.server.revoke(token);
        }),
        ("user disabled", |world, session, _| {
            world.server.disable_user(session.user());
        }),
        ("session ended in silence", |_, session, _| session.end()),
        ("client's cut-off", |world, _, _| {
            let now = world.clock.system_time();
            world.server.set_client_not_before("test-app", now + SECOND);
        }),
    ];
    for (case, end) in ends {
        // In use already, and found in time wherever in the window it ends.
        for used_for in [0, 1, 5, 9, 10, 12] {
            let world = World::start().await;
            let issuer = world.told().recheck_every(WINDOW);
            let instance = Instance::with(&world, issuer).await;
            let session = world.server.login("ali");
            let token = session.token().jwt();
            for _ in 0..used_for {
                assert_eq!(status(&instance.hybrid, &token).await, StatusCode::OK);
                for _ in 0..500 {
                    tokio::task::yield_now().await;
                }
                world.clock.advance(SECOND);
            }
            end(&world, &session, &token);
            let took = refused_after(&world, &instance, &token).await;
            assert!(took <= PROMISED, "{case}, {used_for}: {took} s");
            // And it stays so.
            for _ in 0..30 {
                world.clock.advance(SECOND);
                get(&instance.hybrid, &token).await.assert_invalid_token();
            }
        }
    }
}

/// The answer is on its way. Whoever is served now is served beyond what was promised.
#[tokio::test]
async fn beyond_the_promise_a_request_waits_for_the_call_in_the_air() {
    let air = rechecking().await;
    let token = lasting(&air).jwt();
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    air.server.end(&token);
    air.world.clock.advance(12 * SECOND);
    air.server.close();
    // It can be served for another second, and is asked about.
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    assert_eq!(air.server.calls(), 2);
    air.world.clock.advance(SECOND + SECOND / 2);
    let crowd = Crowd::of(5, |_| getting(&air.instance.hybrid, &token));
    air.server.open();
    for reply in crowd.replies().await {
        reply.assert_invalid_token();
    }
    assert_eq!(air.server.calls(), 2);
}

/// Whoever has a token that is over could keep it alive by coming and going.
#[tokio::test]
async fn a_client_that_goes_away_spares_nobody_the_question() {
    let air = Air::with(|issuer| issuer.recheck_every(WINDOW).recheck_budget(1)).await;
    let token = lasting(&air).jwt();
    air.server.end(&token);
    air.world.clock.advance(60 * SECOND);
    // Somebody else has the turn of this second, so that the question has to wait for the next.
    let other = lasting(&air).subject("bob").jwt();
    assert_eq!(used(&air, &other).await, StatusCode::OK);
    let mut request = Box::pin(getting(&air.instance.hybrid, &token));
    assert!(poll_once(&mut request).is_pending());
    drop(request);
    let crowd = Crowd::of(3, |_| getting(&air.instance.hybrid, &token));
    air.pass(2).await;
    for reply in crowd.replies().await {
        reply.assert_invalid_token();
    }
}

/// However often it is used meanwhile, and by whom.
#[tokio::test]
async fn what_was_found_is_refused_by_every_route_that_verifies_locally() {
    let air = rechecking().await;
    let token = lasting(&air).jwt();
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    air.server.end(&token);
    air.world.clock.advance(WINDOW);
    assert_eq!(used(&air, &token).await, StatusCode::OK, "asked about now");
    for router in [&air.instance.hybrid, &air.instance.jwt] {
        get(router, &token).await.assert_invalid_token();
    }
}

/// A machine may stand still while a call is in the air.
#[tokio::test]
async fn an_answer_to_a_call_of_long_ago_is_no_answer_for_today() {
    let air = rechecking().await;
    let token = lasting(&air).jwt();
    air.server.close();
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    assert_eq!(air.server.calls(), 1);
    air.server.end(&token);
    air.world.clock.advance(60 * SECOND);
    let crowd = Crowd::of(3, |_| getting(&air.instance.hybrid, &token));
    air.server.open();
    for reply in crowd.replies().await {
        reply.assert_invalid_token();
    }
}

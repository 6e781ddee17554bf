//! From when on an instance is known to have missed nothing, and what becomes of tokens that were
//! issued before.

use std::time::Duration;

use http::StatusCode;
use portcullis::{Cause, Readiness, Timestamp};
use portcullis_conformance::{Crowd, Instance, MemoryFeed, T0, World, get, getting, pass_start};
use portcullis_testing::Endpoint;

use crate::support::{MINUTE, SECOND, admitted_after, status};

/// An instance that was started this second, with tokens from before.
async fn started(world: &World) -> (Instance, MemoryFeed) {
    let feed = MemoryFeed::new();
    let issuer = world.told().revocation_feed(feed.clone());
    let instance = Instance::new(issuer).await;
    instance.begin();
    world.clock.advance(SECOND);
    (instance, feed)
}

#[tokio::test]
async fn what_was_issued_before_the_start_is_asked_about_once_and_later_ones_never() {
    let world = World::start().await;
    let old = world.server.token().jwt();
    world.clock.advance(MINUTE);
    let (instance, _) = started(&world).await;
    // By whose clock was it issued?
    let within_leeway = world.server.token().jwt();
    for token in [&old, &within_leeway] {
        for _ in 0..3 {
            admitted_after(&world, &instance.hybrid, token, 1).await;
            world.clock.advance(SECOND);
        }
    }
    pass_start(&world);
    let new = world.server.token().jwt();
    for _ in 0..3 {
        admitted_after(&world, &instance.hybrid, &new, 0).await;
        world.clock.advance(SECOND);
    }
    for token in [&old, &within_leeway] {
        admitted_after(&world, &instance.hybrid, token, 1).await;
    }
}

/// It had ended before the start, and nobody will tell of it again.
#[tokio::test]
async fn a_session_that_had_ended_before_the_start_is_found() {
    let world = World::start().await;
    let session = world.server.login("alice");
    let token = session.token().jwt();
    session.log_out().await;
    world.clock.advance(MINUTE);
    let (instance, _) = started(&world).await;
    for _ in 0..3 {
        get(&instance.hybrid, &token).await.assert_invalid_token();
        world.clock.advance(10 * SECOND);
    }
}

#[tokio::test]
async fn the_count_begins_with_the_first_who_asks() {
    let world = World::start().await;
    let instance = Instance::of(world.told().build().unwrap());
    world.clock.advance(MINUTE);
    let since = instance.issuer.revocations().complete_since().unwrap();
    assert_eq!(since, Timestamp::from_seconds(T0 as i64 + 60));
    world.clock.advance(MINUTE);
    let later = instance.issuer.revocations().complete_since().unwrap();
    assert_eq!(later, since);
}

/// News is dated in whole milliseconds, rounded up: the doubt of a start may lie ahead of the clock, and
/// a server may answer before it is over.
#[tokio::test]
async fn a_doubt_that_is_rounded_up_past_the_clock_takes_one_question_all_the_same() {
    let world = World::start().await;
    let old = world.server.token().jwt();
    let instance = Instance::of(world.told().build().unwrap());
    world.clock.advance(SECOND + Duration::from_micros(300));
    admitted_after(&world, &instance.hybrid, &old, 1).await;
}

#[tokio::test]
async fn who_is_told_nothing_has_nothing_to_miss() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    assert_eq!(issuer.revocations().complete_since(), None);
    let router = portcullis_conformance::protected(issuer.hybrid());
    let token = world.server.token().jwt();
    admitted_after(&world, &router, &token, 0).await;
}

#[tokio::test]
async fn a_feed_that_may_have_lost_something_has_everybody_asked_about_once_more() {
    let world = World::start().await;
    let (instance, feed) = started(&world).await;
    pass_start(&world);
    let token = world.server.token().jwt();
    admitted_after(&world, &instance.hybrid, &token, 0).await;
    world.clock.advance(MINUTE);
    for sink in feed.sinks() {
        sink.doubt();
    }
    world.clock.advance(SECOND);
    for _ in 0..3 {
        admitted_after(&world, &instance.hybrid, &token, 1).await;
        world.clock.advance(SECOND);
    }
    // A doubt is never taken back.
    for sink in feed.sinks() {
        sink.reach_back(Timestamp::from_seconds(T0 as i64 - 3600));
    }
    let other = world
        .server
        .token()
        .issued_at(world.clock.system_time() - MINUTE);
    admitted_after(&world, &instance.hybrid, &other.jwt(), 1).await;
}

/// A feed that has kept everything since then has told it by now.
#[tokio::test]
async fn a_feed_that_reaches_back_spares_the_questions() {
    let world = World::start().await;
    world.clock.advance(60 * MINUTE);
    let old = world.server.token().jwt();
    world.clock.advance(MINUTE);
    let (instance, feed) = started(&world).await;
    let an_hour_ago = Timestamp::from_seconds(T0 as i64 + 60);
    for sink in feed.sinks() {
        sink.reach_back(an_hour_ago);
        assert_eq!(sink.complete_since(), Some(an_hour_ago));
    }
    admitted_after(&world, &instance.hybrid, &old, 0).await;
    let older = world
        .server
        .token()
        .issued_at(world.clock.system_time() - 61 * MINUTE);
    admitted_after(&world, &instance.hybrid, &older.jwt(), 1).await;
}

/// While nothing is heard, what may have been missed grows.
#[tokio::test]
async fn a_feed_that_is_cut_off_leaves_everything_in_doubt_until_it_is_back() {
    let world = World::start().await;
    let (instance, feed) = started(&world).await;
    pass_start(&world);
    assert_eq!(instance.issuer.readiness(), Readiness::Ready);
    let token = world.server.token().expires_in(50 * MINUTE).jwt();
    for sink in feed.sinks() {
        sink.lose();
    }
    world.clock.advance(SECOND);
    let silent = Readiness::Degraded(vec![Cause::FeedSilent]);
    assert_eq!(instance.issuer.readiness(), silent);
    admitted_after(&world, &instance.hybrid, &token, 1).await;
    for calls in 2..5 {
        world.clock.advance(31 * SECOND);
        admitted_after(&world, &instance.hybrid, &token, calls).await;
    }
    for sink in feed.sinks() {
        sink.hear();
    }
    assert_eq!(instance.issuer.readiness(), Readiness::Ready);
    // It has said by now what it could not say before.
    let other = world.server.token().jwt();
    for _ in 0..3 {
        world.clock.advance(31 * SECOND);
        admitted_after(&world, &instance.hybrid, &other, 0).await;
    }
}

#[tokio::test]
async fn where_the_server_does_not_answer_nobody_is_let_in_unasked() {
    let world = World::start().await;
    let old = world.server.token().jwt();
    world.clock.advance(MINUTE);
    let (instance, _) = started(&world).await;
    world.server.stop().await.unwrap();
    get(&instance.hybrid, &old).await.assert_unavailable();
    world.server.restart().await.unwrap();
    world.clock.advance(10 * SECOND);
    assert_eq!(status(&instance.hybrid, &old).await, StatusCode::OK);
}

/// However many come at once: they wait for the same call.
#[tokio::test]
async fn a_crowd_with_one_token_costs_one_call_and_one_turn() {
    let world = World::start().await;
    let issuer = world.told().recheck_budget(1);
    let old = world.server.token().jwt();
    world.clock.advance(MINUTE);
    let instance = Instance::new(issuer).await;
    instance.begin();
    world.clock.advance(SECOND);
    let crowd = Crowd::of(100, |_| getting(&instance.hybrid, &old));
    for reply in crowd.replies().await {
        assert_eq!(reply.status, StatusCode::OK);
    }
    assert_eq!(world.server.request_count(Endpoint::Introspection), 1);
}

/// By the time of the clock that is watched here none passes, so there is no second turn.
#[tokio::test]
async fn the_budget_spreads_the_calls() {
    let world = World::start().await;
    let issuer = world.told().recheck_budget(5);
    let tokens: Vec<_> = (0..20)
        .map(|number| world.server.login(format!("user-{number}")).token().jwt())
        .collect();
    world.clock.advance(MINUTE);
    let instance = Instance::new(issuer).await;
    instance.begin();
    world.clock.advance(SECOND);
    let crowd = Crowd::of(20, |number| getting(&instance.hybrid, &tokens[number]));
    let replies = crowd.replies().await;
    let served = replies
        .iter()
        .filter(|reply| reply.status == StatusCode::OK);
    assert_eq!(served.count(), 5);
    for reply in replies
        .iter()
        .filter(|reply| reply.status != StatusCode::OK)
    {
        reply.assert_unavailable();
    }
    assert_eq!(world.calls(), 5);
}

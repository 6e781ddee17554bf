//! Which counts, news of an inactive answer from elsewhere or an active answer of our own: what is later.

use std::time::Duration;

use http::StatusCode;
use portcullis::{RevocationNotice, RevocationSink};
use portcullis_conformance::{
    Instance, MemoryFeed, MemoryStore, World, get, pass_start, state_keys, until,
};
use portcullis_testing::{Endpoint, HoldPoint};
use serde_json::{Value, json};

use crate::support::{MINUTE, SECOND, live_status, status};

/// Two instances that share what they are told.
async fn two() -> (World, [Instance; 2], MemoryFeed) {
    let world = World::start().await;
    let (feed, store) = (MemoryFeed::new(), MemoryStore::new(&world.clock));
    let start = async || {
        let issuer = world.told().revocation_feed(feed.clone());
        let issuer = issuer.shared_store(store.clone(), &state_keys());
        let instance = Instance::new(issuer).await;
        instance.begin();
        instance
    };
    let instances = [start().await, start().await];
    pass_start(&world);
    until(|| feed.sinks().len() == 2).await;
    (world, instances, feed)
}

/// What a token gets where nobody can be asked.
async fn local(instance: &Instance, token: &str) -> StatusCode {
    status(&instance.jwt, token).await
}

/// What is on its way has arrived.
async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// Whether the clock has moved in between or not.
#[tokio::test]
async fn an_answer_that_was_asked_for_after_the_news_clears_it_and_newer_news_does_not_wait() {
    for pause in [Duration::ZERO, 6 * SECOND] {
        let (world, [one, other], _) = two().await;
        let token = world.server.token().subject("ali");
        let token = token.expires_in(50 * MINUTE).jwt();
        for _ in 0..3 {
            world.server.disable_user("ali");
            let refused = live_status(&one.hybrid, &token).await;
            assert_eq!(refused, StatusCode::UNAUTHORIZED);
            settle().await;
            for instance in [&one, &other] {
                let refused = local(instance, &token).await;
                assert_eq!(refused, StatusCode::UNAUTHORIZED, "{pause:?}");
            }
            world.server.enable_user("ali");
            world.clock.advance(pause);
            for instance in [&one, &other] {
                assert_eq!(live_status(&instance.hybrid, &token).await, StatusCode::OK);
                let admitted = local(instance, &token).await;
                assert_eq!(admitted, StatusCode::OK, "{pause:?}");
            }
            world.clock.advance(pause);
        }
    }
}

/// The others tell it on where they know more of the token than whoever was given it.
#[tokio::test]
async fn an_own_answer_that_others_tell_again_is_as_old_as_it_is() {
    let (world, [one, other], feed) = two().await;
    let token = world.server.token().subject("ali");
    let token = token.expires_in(50 * MINUTE).jwt();
    feed.set_stuck(true);
    world.server.disable_user("ali");
    for router in [&one.introspection, &other.introspection, &other.hybrid] {
        let refused = status(router, &token).await;
        assert_eq!(refused, StatusCode::UNAUTHORIZED);
        settle().await;
    }
    assert_eq!(world.calls_about(&token), 1, "one answer, and one alone");
    let told = feed.published();
    assert_eq!(told.len(), 1);

    world.server.enable_user("ali");
    world.clock.advance(6 * SECOND);
    assert_eq!(status(&one.introspection, &token).await, StatusCode::OK);
    for notice in &told {
        feed.sinks().iter().for_each(|sink| sink.take(notice));
    }
    assert_eq!(local(&one, &token).await, StatusCode::OK);
    assert_eq!(local(&other, &token).await, StatusCode::UNAUTHORIZED);

    // An answer of the other's own is news, however late it comes.
    assert_eq!(live_status(&other.hybrid, &token).await, StatusCode::OK);
    world.server.disable_user("ali");
    world.clock.advance(SECOND);
    let refused = live_status(&other.hybrid, &token).await;
    assert_eq!(refused, StatusCode::UNAUTHORIZED);
    settle().await;
    let told = feed.published();
    assert_eq!(told.len(), 2);
    world.clock.advance(2 * SECOND);
    assert_eq!(local(&one, &token).await, StatusCode::OK, "not told yet");
    feed.sinks().iter().for_each(|sink| sink.take(&told[1]));
    assert_eq!(local(&one, &token).await, StatusCode::UNAUTHORIZED);
}

/// What it was suspected of before that is nobody's business any more.
#[tokio::test]
async fn nobody_is_told_what_a_later_answer_has_settled() {
    let (world, [one, _], feed) = two().await;
    let token = world.server.token().subject("ali").jwt();
    world.server.disable_user("ali");
    let refused = status(&one.introspection, &token).await;
    assert_eq!(refused, StatusCode::UNAUTHORIZED);
    world.server.enable_user("ali");
    world.clock.advance(6 * SECOND);
    assert_eq!(status(&one.introspection, &token).await, StatusCode::OK);
    // Only now it is known to be no invention.
    assert_eq!(status(&one.hybrid, &token).await, StatusCode::OK);
    settle().await;
    assert!(feed.published().is_empty());
    assert_eq!(local(&one, &token).await, StatusCode::OK);
}

/// However the clock stands still: whatever was not known when the call began is no part of its answer.
#[tokio::test]
async fn what_may_have_been_missed_while_a_call_is_under_way_is_asked_about_after_it() {
    let losses: [fn(&RevocationSink); 3] = [
        RevocationSink::listen,
        RevocationSink::lose,
        RevocationSink::doubt,
    ];
    for (number, loss) in losses.into_iter().enumerate() {
        let (world, [one, _], feed) = two().await;
        let token = world.server.token().expires_in(50 * MINUTE).jwt();
        let sinks = feed.sinks();
        let tell = |what: fn(&RevocationSink)| sinks.iter().for_each(what);
        tell(RevocationSink::doubt);
        let gate = world
            .server
            .hold(Endpoint::Introspection, HoldPoint::AfterAnswer);
        let router = one.hybrid.clone();
        let held = token.clone();
        let asking = tokio::spawn(async move { get(&router, &held).await });
        gate.wait_for(1).await;
        tell(loss);
        // A silence is one from the next millisecond on.
        world.clock.advance(SECOND / 1000);
        gate.release();
        assert_eq!(asking.await.unwrap().status, StatusCode::OK);
        assert_eq!(world.calls_about(&token), 2, "loss {number}");
    }
}

/// Who could make notices could as well forge logouts; but a number out of order must not make this
/// instance deaf.
#[tokio::test]
async fn no_date_of_an_own_answer_lies_in_the_future() {
    let (world, [one, _], feed) = two().await;
    let token = world.server.token().subject("ali");
    let token = token.expires_in(50 * MINUTE).jwt();
    assert_eq!(status(&one.hybrid, &token).await, StatusCode::OK);
    world.server.disable_user("ali");
    let refused = live_status(&one.hybrid, &token).await;
    assert_eq!(refused, StatusCode::UNAUTHORIZED);
    settle().await;
    world.server.enable_user("ali");
    world.clock.advance(6 * SECOND);
    let own = feed.published().remove(0);
    let mut later: Value = serde_json::from_slice(&own.encode()).unwrap();
    later["asked"] = json!(later["asked"].as_i64().unwrap() + 5_000);
    later["origin"]["began"] = json!(u64::MAX);
    let later = RevocationNotice::decode(later.to_string().as_bytes()).unwrap();
    feed.sinks().iter().for_each(|sink| sink.take(&later));
    assert_eq!(local(&one, &token).await, StatusCode::UNAUTHORIZED);
    world.clock.advance(SECOND);
    assert_eq!(live_status(&one.hybrid, &token).await, StatusCode::OK);
    assert_eq!(local(&one, &token).await, StatusCode::OK);

    world.server.disable_user("ali");
    world.clock.advance(6 * SECOND);
    let refused = live_status(&one.hybrid, &token).await;
    assert_eq!(refused, StatusCode::UNAUTHORIZED);
    assert_eq!(local(&one, &token).await, StatusCode::UNAUTHORIZED);
}

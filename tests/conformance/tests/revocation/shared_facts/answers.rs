//! What one instance has learned, the others need not ask for, and in which cases they do.

use http::StatusCode;
use portcullis::ManualClock;
use portcullis_conformance::{AUDIENCE, Recorded, get, post_active, state_keys};

use super::Pair;
use crate::support::{MINUTE, SECOND, live_status, status};

#[tokio::test]
async fn two_instances_ask_once() {
    let recorded = Recorded::start();
    let pair = Pair::start().await;
    let token = pair.opaque("opaque-token");
    assert_eq!(status(&pair.here().hybrid, &token).await, StatusCode::OK);
    pair.settle().await;
    for router in [&pair.other.hybrid, &pair.other.introspection] {
        assert_eq!(status(router, &token).await, StatusCode::OK);
    }
    assert_eq!(pair.air.server.calls(), 1);
    assert_eq!(pair.shared(&recorded, "hit"), 1.0);
    assert_eq!(pair.shared(&recorded, "miss"), 1.0);
}

/// As young as the verifier would take its own: the life of the cache is counted from the call.
#[tokio::test]
async fn what_is_too_old_is_asked_for_again() {
    let pair = Pair::with(|issuer| issuer.introspection_cache(20 * SECOND)).await;
    let token = pair.opaque("opaque-token");
    assert_eq!(status(&pair.here().hybrid, &token).await, StatusCode::OK);
    pair.settle().await;
    pair.air.world.clock.advance(18 * SECOND);
    assert_eq!(status(&pair.other.hybrid, &token).await, StatusCode::OK);
    assert_eq!(pair.air.server.calls(), 1);
    pair.air.world.clock.advance(2 * SECOND);
    assert_eq!(status(&pair.other.hybrid, &token).await, StatusCode::OK);
    assert_eq!(pair.air.server.calls(), 2);
}

#[tokio::test]
async fn an_inactive_answer_is_shared_for_as_long_as_it_is_repeated() {
    let pair = Pair::start().await;
    let token = pair.opaque("opaque-token");
    pair.air.server.end(&token);
    for instance in [pair.here(), &pair.other] {
        let status = status(&instance.hybrid, &token).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        pair.settle().await;
    }
    assert_eq!(pair.air.server.calls(), 1);
    pair.air.world.clock.advance(5 * SECOND);
    assert_eq!(
        status(&pair.other.hybrid, &token).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(pair.air.server.calls(), 2);
}

/// What tells access tokens from others is each service's own to say: an instance may be ahead of the
/// others, or be configured otherwise.
#[tokio::test]
async fn the_kind_of_token_is_judged_by_who_reads() {
    let pair = Pair::start().await;
    let store = &pair.store;
    let strict = pair.air.another(|issuer| {
        let issuer = issuer.shared_store(store.clone(), &state_keys());
        issuer.access_tokens_have(["token_type"])
    });
    let strict = strict.await;
    let (first, second) = (pair.opaque("first-token"), pair.opaque("second-token"));
    assert_eq!(status(&pair.here().hybrid, &first).await, StatusCode::OK);
    pair.settle().await;
    for router in [&strict.hybrid, &strict.introspection] {
        assert_eq!(status(router, &first).await, StatusCode::UNAUTHORIZED);
    }
    let refused = status(&strict.introspection, &second).await;
    assert_eq!(refused, StatusCode::UNAUTHORIZED);
    pair.settle().await;
    let status = status(&pair.other.introspection, &second).await;
    assert_eq!(status, StatusCode::OK);
    // Nobody had to ask again.
    assert_eq!(pair.air.server.calls(), 2);
}

/// What was asked later counts, whichever is put last.
#[tokio::test]
async fn an_older_answer_never_takes_the_place_of_a_newer_one() {
    let pair = Pair::start().await;
    let token = pair.opaque("opaque-token");
    // The first call stays in the air while a later one says that it is over.
    pair.air.server.close();
    let slow = {
        let (router, token) = (pair.here().introspection.clone(), token.clone());
        tokio::spawn(async move { get(&router, &token).await.status })
    };
    pair.settle().await;
    assert_eq!(pair.air.server.calls(), 1);
    pair.air.world.clock.advance(2 * SECOND);
    pair.air.server.end(&token);
    let live = {
        let (router, token) = (pair.other.hybrid.clone(), token.clone());
        tokio::spawn(async move { post_active(&router, &token).await.status })
    };
    pair.settle().await;
    assert_eq!(pair.air.server.calls(), 2);
    pair.air.server.open();
    assert_eq!(live.await.unwrap(), StatusCode::UNAUTHORIZED);
    slow.await.unwrap();
    pair.settle().await;
    let later = pair
        .air
        .another(|issuer| issuer.shared_store(pair.store.clone(), &state_keys()))
        .await;
    assert_eq!(
        status(&later.introspection, &token).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(pair.air.server.calls(), 2);
}

/// The clock of another instance may be ahead: what it was told before is no news then.
#[tokio::test]
async fn an_answer_that_may_be_older_outweighs_no_inactive_one() {
    let pair = Pair::start().await;
    let ahead = ManualClock::at(pair.now() + 20);
    let (clock, store) = (ahead.clone(), pair.store.clone());
    let other = pair.air.another(|issuer| {
        let issuer = issuer.shared_store(store, &state_keys());
        issuer.clock(clock)
    });
    let other = other.await;
    let token = pair.air.world.server.token().expires_in(50 * MINUTE).jwt();
    assert_eq!(live_status(&other.hybrid, &token).await, StatusCode::OK);
    pair.settle().await;
    pair.air.world.clock.advance(5 * SECOND);
    pair.air.server.end(&token);
    for seconds in [0, 6, 20, 40] {
        pair.air.world.clock.advance(seconds * SECOND);
        let router = &pair.here().hybrid;
        let status = match seconds {
            0 => live_status(router, &token).await,
            _ => status(router, &token).await,
        };
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{seconds}");
        pair.settle().await;
    }
}

#[tokio::test]
async fn a_live_answer_is_never_taken_from_it() {
    let recorded = Recorded::start();
    let pair = Pair::start().await;
    let token = pair.air.world.server.token().jwt();
    for calls in 1..4 {
        for instance in [pair.here(), &pair.other] {
            assert_eq!(live_status(&instance.hybrid, &token).await, StatusCode::OK);
        }
        pair.settle().await;
        assert_eq!(pair.air.server.calls(), 2 * calls);
    }
    assert_eq!(pair.store.reads(), 0);
    assert_eq!(pair.shared(&recorded, "hit"), 0.0);
    // What a live answer has learned is there for those who may take it.
    assert!(!pair.store.entries().is_empty());
}

#[tokio::test]
async fn a_lightweight_token_is_completed_once_for_all() {
    let pair = Pair::start().await;
    let token = pair.air.world.server.token().subject("alice");
    let token = token.audience(AUDIENCE).expires_in(50 * MINUTE);
    let token = token.lightweight();
    pair.air
        .server
        .say(&token, serde_json::json!({"sub": "alice"}));
    for _ in 0..4 {
        for instance in [pair.here(), &pair.other] {
            let reply = get(&instance.hybrid, &token).await;
            assert_eq!(reply.status, StatusCode::OK);
            assert_eq!(reply.json()["sub"], "alice");
            pair.settle().await;
        }
        pair.air.world.clock.advance(10 * MINUTE);
    }
    assert_eq!(pair.air.server.calls(), 1);
}

/// Facts are no verdict: what has ended is refused, whoever has asked.
#[tokio::test]
async fn what_is_shared_is_judged_like_what_was_asked_for() {
    let pair = Pair::start().await;
    let session = pair.air.world.server.login("alice");
    let now = pair.now();
    let said = serde_json::json!({"sid": session.id(), "iat": now, "exp": now + 300});
    pair.air.server.say("opaque-token", said);
    assert_eq!(
        status(&pair.here().hybrid, "opaque-token").await,
        StatusCode::OK
    );
    pair.settle().await;
    pair.other.hear_of(&session).await;
    assert_eq!(
        status(&pair.other.hybrid, "opaque-token").await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(pair.air.server.calls(), 1);
}

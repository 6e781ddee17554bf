//! I14: a key id that the set does not have, and when that is a verdict.

use std::{task::Poll, time::Duration};

use axum::Router;
use http::StatusCode;
use portcullis_conformance::{CapturedLog, KeyServer, T0, World, get, poll_once};
use portcullis_testing::{Rotation, SigningAlgorithm};
use tracing::Level;

use crate::support::{join_all, unknown, unknown_since};

/// A router whose unknown kids have used up their fetches.
async fn exhausted(world: &World) -> (KeyServer, Router) {
    let keys = KeyServer::of(world, &[]);
    let router = keys.patient_router(world).await;
    for number in 0..5 {
        let token = unknown(world, &format!("stranger-{number}"));
        get(&router, &token).await.assert_invalid_token();
    }
    assert_eq!(keys.asked(), 6);
    (keys, router)
}

#[tokio::test]
async fn i14_a_set_fetched_after_the_token_was_issued_is_a_verdict() {
    let world = World::start().await;
    let (keys, router) = exhausted(&world).await;
    // Judged at the first poll: nobody is waited for. By whichever of the two clocks, which may
    // differ by 30 seconds, the token is older than the set.
    let token = unknown_since(&world, "older", T0 - 31);
    let mut request = Box::pin(get(&router, &token));
    let Poll::Ready(reply) = poll_once(&mut request) else {
        panic!("it waits");
    };
    reply.assert_invalid_token();
    assert_eq!(keys.asked(), 6);
}

#[tokio::test]
async fn i14_an_older_set_is_none_and_the_wait_ends_with_503() {
    let world = World::start().await;
    let (keys, router) = exhausted(&world).await;
    for iat in [T0 - 30, T0, T0 + 20] {
        let token = unknown_since(&world, "younger", iat);
        let reply = get(&router, &token).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{iat}");
        reply.assert_unavailable();
        let wait = reply.retry_after().unwrap();
        assert!((1..=10).contains(&wait), "{wait}");
    }
    let undated = world
        .server
        .token()
        .without_claim("iat")
        .header("kid", "undated")
        .jwt();
    get(&router, &undated).await.assert_unavailable();
    assert_eq!(keys.asked(), 6);
}

#[tokio::test]
async fn i14_who_waits_is_served_by_the_next_fetch() {
    let world = World::start().await;
    let (keys, router) = exhausted(&world).await;
    let _new = world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
    keys.publish(&world, &[]);
    let good = world.server.token().jwt();
    let bad = unknown_since(&world, "nobody", T0);
    let mut good = Box::pin(get(&router, &good));
    let mut bad = Box::pin(get(&router, &bad));
    assert!(poll_once(&mut good).is_pending());
    assert!(poll_once(&mut bad).is_pending());

    // The bucket earns a fetch again; whoever comes next takes it, for all who wait.
    world.clock.advance(Duration::from_secs(10));
    let held = keys.hold();
    let next = unknown(&world, "stranger-6");
    let mut next = Box::pin(get(&router, &next));
    assert!(poll_once(&mut next).is_pending());
    // The fetch has begun, and is waited for as long as patience lasts.
    assert!(poll_once(&mut good).is_pending());
    assert!(poll_once(&mut bad).is_pending());
    drop(held);
    assert_eq!(good.await.status, StatusCode::OK);
    bad.await.assert_invalid_token();
    next.await.assert_invalid_token();
    assert_eq!(keys.asked(), 7);
}

#[tokio::test]
async fn i14_no_more_than_256_wait() {
    let world = World::start().await;
    let (keys, router) = exhausted(&world).await;
    let ask = |number: usize| {
        let token = unknown_since(&world, &format!("younger-{number}"), T0);
        let router = router.clone();
        Box::pin(async move { get(&router, &token).await })
    };
    let mut waiting = Vec::new();
    for number in 0..256 {
        let mut request = ask(number);
        assert!(poll_once(&mut request).is_pending(), "{number}");
        waiting.push(request);
    }
    let Poll::Ready(reply) = poll_once(&mut ask(256)) else {
        panic!("the 257th waits");
    };
    reply.assert_unavailable();

    // One who goes away makes room for another.
    waiting.pop();
    let mut another = ask(257);
    assert!(poll_once(&mut another).is_pending());
    waiting.push(another);

    for reply in join_all(waiting).await {
        reply.assert_unavailable();
    }
    assert_eq!(keys.asked(), 6);
}

/// Anybody can cause it in masses, so it is no warning.
#[tokio::test]
async fn i14_who_has_waited_in_vain_or_finds_no_place_is_told_so_by_a_reason_of_its_own() {
    let world = World::start().await;
    let (_keys, router) = exhausted(&world).await;
    let younger = unknown_since(&world, "younger", T0);
    let pending = Some(("key_pending".to_owned(), Level::DEBUG));
    let logs = CapturedLog::start();
    get(&router, &younger).await.assert_unavailable();
    assert_eq!(logs.last_rejection(), pending);

    let mut waiting = Vec::new();
    let logs = CapturedLog::start();
    let turned_away = loop {
        let mut request = Box::pin(get(&router, &younger));
        match poll_once(&mut request) {
            Poll::Pending => waiting.push(request),
            Poll::Ready(reply) => break reply,
        }
    };
    turned_away.assert_unavailable();
    assert_eq!(waiting.len(), 256);
    assert_eq!(logs.last_rejection(), pending);
    assert!(logs.matching(Level::WARN, "").is_empty());
    assert!(logs.matching(Level::ERROR, "").is_empty());
}

//! I9: whatever key ids strangers think of, the issuer hears little of it and good tokens nothing.

use std::{collections::HashSet, task::Poll, time::Duration};

use axum::Router;
use http::StatusCode;
use portcullis_conformance::{T0, World, get, poll_once, protected};
use portcullis_testing::{Endpoint, HoldPoint};
use tokio::task::JoinSet;

use crate::support::{fetches, join_all, unknown, unknown_since};

/// Asserts that a token is answered without waiting for anything.
fn assert_good_at_once(router: &Router, token: &str) {
    let Poll::Ready(reply) = poll_once(&mut Box::pin(get(router, token))) else {
        panic!("a known key waits");
    };
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn i9_a_thousand_unknown_kids_one_after_another_cause_five_fetches() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    let known = world.server.token().jwt();
    world.server.clear_requests();
    for number in 0..1000 {
        let token = unknown(&world, &format!("stranger-{number}"));
        get(&router, &token).await.assert_invalid_token();
        assert_good_at_once(&router, &known);
    }
    assert_eq!(fetches(&world), 5);

    // Each period earns one more.
    for period in 1..=3 {
        world.clock.advance(Duration::from_secs(10));
        for number in 0..100 {
            let token = unknown(&world, &format!("stranger-{period}-{number}"));
            get(&router, &token).await.assert_invalid_token();
        }
        assert_eq!(fetches(&world), 5 + period);
    }
}

#[tokio::test]
async fn i9_a_thousand_unknown_kids_at_once_cause_five_fetches_at_the_most() {
    // Issued before the set was fetched, and as late as possible.
    for iat in [T0 - 60, T0] {
        let world = World::start().await;
        let router = protected(world.realm().connect().await.unwrap().jwt());
        let known = world.server.token().jwt();
        world.server.clear_requests();
        let gate = world.server.hold(Endpoint::Jwks, HoldPoint::BeforeAnswer);
        let (mut flood, mut statuses) = (Vec::new(), Vec::new());
        for number in 0..1000 {
            let token = unknown_since(&world, &format!("stranger-{number}"), iat);
            let stranger = router.clone();
            let mut request = Box::pin(async move { get(&stranger, &token).await });
            // As many wait as there are places; nobody else does.
            match poll_once(&mut request) {
                Poll::Pending => flood.push(request),
                Poll::Ready(reply) => statuses.push(reply.status),
            }
            assert_good_at_once(&router, &known);
        }
        assert_eq!(flood.len(), 256);
        gate.wait_for(1).await;
        assert_good_at_once(&router, &known);
        gate.release();
        let replies = join_all(flood).await;
        statuses.extend(replies.into_iter().map(|reply| reply.status));
        assert_good_at_once(&router, &known);
        assert!(fetches(&world) <= 5, "{}", fetches(&world));

        let kinds: HashSet<_> = statuses.into_iter().collect();
        // Who waits longer than patience lasts is not judged; nor is, by a set that was fetched
        // in the same second, who comes after it.
        let allowed = HashSet::from([StatusCode::UNAUTHORIZED, StatusCode::SERVICE_UNAVAILABLE]);
        assert!(kinds.is_subset(&allowed), "{kinds:?}");
    }
}

/// The same flood before any set was loaded: the first fetch counts among the five.
#[tokio::test]
async fn i9_a_thousand_unknown_kids_first_of_all_cause_five_fetches_at_the_most() {
    for iat in [T0 - 60, T0] {
        let world = World::start().await;
        let router = protected(world.realm().build().unwrap().jwt());
        let mut flood = JoinSet::new();
        for number in 0..1000 {
            let token = unknown_since(&world, &format!("stranger-{number}"), iat);
            let router = router.clone();
            flood.spawn(async move { get(&router, &token).await });
        }
        for reply in flood.join_all().await {
            assert_ne!(reply.status, StatusCode::OK);
        }
        assert!(fetches(&world) <= 5, "{}", fetches(&world));
        assert_good_at_once(&router, &world.server.token().jwt());
    }
}

#[tokio::test]
async fn i9_a_thousand_unknown_kids_one_by_one_from_the_start_cause_five_fetches() {
    let world = World::start().await;
    let router = protected(world.realm().build().unwrap().jwt());
    for number in 0..1000 {
        let token = unknown(&world, &format!("stranger-{number}"));
        get(&router, &token).await.assert_invalid_token();
    }
    assert!(fetches(&world) <= 5, "{}", fetches(&world));
    assert_good_at_once(&router, &world.server.token().jwt());
}

/// Nothing that fails before the key is looked up is worth a call.
#[tokio::test]
async fn i9_tokens_that_are_bad_anyway_cause_no_fetch() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    world.server.clear_requests();
    let stranger = || world.server.token().header("kid", "stranger");
    let past = std::time::UNIX_EPOCH + Duration::from_secs(T0 - 300);
    for (what, token) in [
        (
            "issuer",
            stranger().claim("iss", "https://evil.example").jwt(),
        ),
        ("audience", stranger().audience("other").jwt()),
        ("expired", stranger().expires_at(past).jwt()),
        ("type", stranger().header("typ", "logout+jwt").jwt()),
        ("payload type", stranger().claim("typ", "ID").jwt()),
        ("algorithm", stranger().header("alg", "HS256").jwt()),
        ("none", stranger().header("alg", "none").jwt()),
        ("critical", stranger().header("crit", vec!["x"]).jwt()),
    ] {
        let reply = get(&router, &token).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{what}");
        assert_eq!(world.server.total_request_count(), 0, "{what}");
    }
    get(&router, &stranger().jwt()).await;
    assert_eq!(fetches(&world), 1);
}

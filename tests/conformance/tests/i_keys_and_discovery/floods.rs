//! I9: whatever key ids strangers think of, the issuer hears little of it and good tokens nothing.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{KeyServer, T0, World, get, getting, poll_once, protected};
use tokio::task::{JoinSet, yield_now};

use crate::support::{assert_good_at_once, fetches, join_all, unknown, unknown_since};

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
async fn i9_a_thousand_unknown_kids_at_once_cause_two_fetches_at_the_most() {
    // Issued before the set was fetched, and as late as possible.
    for iat in [T0 - 60, T0] {
        let world = World::start().await;
        let keys = KeyServer::of(&world, &[]);
        let router = keys.patient_router(&world).await;
        let known = world.server.token().jwt();
        let held = keys.hold();
        let mut flood = Vec::new();
        for number in 0..1000 {
            let token = unknown_since(&world, &format!("stranger-{number}"), iat);
            let mut request = Box::pin(getting(&router, &token));
            assert!(poll_once(&mut request).is_pending());
            flood.push(request);
            assert_good_at_once(&router, &known);
            if number == 0 {
                // It may have been answered before the others came, so they need another one, and
                // that begins after all of them.
                while keys.asked() < 2 {
                    yield_now().await;
                }
            }
        }
        drop(held);
        for reply in join_all(flood).await {
            reply.assert_invalid_token();
        }
        assert_good_at_once(&router, &known);
        assert_eq!(keys.asked(), 3);
        tokio::time::resume();
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

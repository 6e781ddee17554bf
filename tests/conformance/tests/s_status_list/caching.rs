//! S9: for how long a list is kept, and who waits for it.

use std::time::Duration;

use portcullis_conformance::{Crowd, T0, getting};
use portcullis_testing::{Endpoint, Fault, HoldPoint};
use serde_json::{Value, json};

use crate::support::{Listed, document};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn s9_a_list_is_kept_as_long_as_it_says_and_no_longer() {
    let listed = Listed::start().await;
    listed.publish(&listed.list(&[0]));
    let token = listed.token(0).jwt();
    listed.local.accepts(&token, "first").await;
    // Revoked, and nobody knows yet.
    listed.publish(&listed.list(&[1]));
    listed.local.world.clock.advance(41 * SECOND);
    listed.local.accepts(&token, "kept").await;
    assert_eq!(listed.fetches(), 1);
    listed.local.world.clock.advance(19 * SECOND);
    listed.local.refuses(&token, "fetched again").await;
    assert_eq!(listed.fetches(), 2);
}

#[tokio::test]
async fn s9_late_in_its_life_it_is_fetched_again_and_nobody_waits() {
    let listed = Listed::start().await;
    listed.publish(&listed.list(&[0]));
    let token = listed.token(0).jwt();
    listed.local.accepts(&token, "first").await;
    listed.publish(&listed.list(&[1]));
    listed.local.world.clock.advance(54 * SECOND);
    let gate = listed
        .local
        .server()
        .hold(Endpoint::Other, HoldPoint::BeforeAnswer);
    for _ in 0..10 {
        listed.local.accepts(&token, "meanwhile").await;
    }
    gate.wait_for(1).await;
    assert_eq!(listed.fetches(), 2);
    drop(gate);
    until_refused(&listed, &token).await;
    assert_eq!(listed.fetches(), 2);
}

async fn until_refused(listed: &Listed, token: &str) {
    while listed.local.get(token).await.status != 401 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn s9_what_the_list_says_beats_what_http_says_within_bounds() {
    for (ttl, caching, kept, over) in [
        (json!(60), "no-store", 41, 60),
        (json!(60), "max-age=86400", 41, 60),
        (json!(1), "max-age=1", 6, 10),
        (json!(86_400), "max-age=86400", 2500, 3600),
    ] {
        let listed = Listed::start().await;
        let token = listed.token(0).claim("exp", T0 + 7200).jwt();
        let mut list = listed.list(&[0]);
        list["ttl"] = ttl.clone();
        let publish = |list: &Value| {
            let answer = document(listed.signed(list));
            listed.answer(answer.header("cache-control", caching));
        };
        publish(&list);
        listed.local.accepts(&token, "first").await;
        list["status_list"] = listed.list(&[1])["status_list"].clone();
        publish(&list);
        listed.local.world.clock.advance(kept * SECOND);
        listed
            .local
            .accepts(&token, &format!("{ttl} {caching}: kept"))
            .await;
        assert_eq!(listed.fetches(), 1, "{ttl} {caching}");
        listed.local.world.clock.advance((over - kept) * SECOND);
        listed
            .local
            .refuses(&token, &format!("{ttl} {caching}: over"))
            .await;
    }
}

#[tokio::test]
async fn s9_a_list_that_ends_earlier_is_kept_until_its_end_and_the_leeway() {
    let listed = Listed::start().await;
    let token = listed.token(0).jwt();
    let mut list = listed.list(&[0]);
    list["exp"] = json!(T0 + 20);
    listed.publish(&list);
    listed.local.accepts(&token, "first").await;
    listed.local.world.clock.advance(5 * SECOND);
    listed.local.accepts(&token, "kept").await;
    assert_eq!(listed.fetches(), 1);
    // Whoever asks before its end has the next one fetched.
    listed.fail(Fault::status(503));
    listed.local.world.clock.advance(13 * SECOND);
    listed.local.accepts(&token, "kept").await;
    listed
        .local
        .server()
        .wait_for_requests(Endpoint::Other, 2)
        .await;
    listed.local.world.clock.advance(31 * SECOND);
    listed.local.accepts(&token, "our clock may be ahead").await;
    listed.local.world.clock.advance(SECOND);
    assert_eq!(listed.local.get(&token).await.status, 503, "ended");
}

#[tokio::test]
async fn s9_a_list_that_is_always_about_to_end_is_not_fetched_all_the_time() {
    let listed = Listed::start().await;
    let token = listed.token(0).jwt();
    let mut list = listed.list(&[0]);
    list["exp"] = json!(T0 + 1);
    listed.publish(&list);
    for _ in 0..30 {
        listed.local.accepts(&token, "as long as it stands").await;
        listed.local.world.clock.advance(SECOND);
        settle().await;
    }
    let fetches = listed.fetches();
    assert!((2..=6).contains(&fetches), "{fetches}");
}

/// What goes on in the background comes to its end.
async fn settle() {
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn s9_one_fetch_serves_all_who_wait() {
    let listed = Listed::start().await;
    listed.publish(&listed.list(&[0b10]));
    let gate = listed
        .local
        .server()
        .hold(Endpoint::Other, HoldPoint::BeforeAnswer);
    let (good, bad) = (listed.token(0).jwt(), listed.token(1).jwt());
    let mut crowd = Crowd::of(100, |number| {
        let token = if number % 2 == 0 { &good } else { &bad };
        getting(listed.local.router(), token)
    });
    gate.wait_for(1).await;
    crowd.step();
    // Who came first goes away, and harms nobody.
    crowd.first_leaves();
    gate.release();
    let replies = crowd.replies().await;
    let count = |status: u16| {
        replies
            .iter()
            .filter(|reply| reply.status == status)
            .count()
    };
    assert_eq!((count(200), count(401)), (49, 50));
    assert_eq!(listed.fetches(), 1);
}

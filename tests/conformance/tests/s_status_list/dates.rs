//! S6, S9: which of two lists counts, and which tokens it can judge.

use std::time::Duration;

use portcullis::Reason;
use portcullis_conformance::{T0, getting};
use portcullis_testing::{Endpoint, HoldPoint};
use serde_json::{Value, json};

use crate::support::Listed;

const SECOND: Duration = Duration::from_secs(1);

/// A list that was issued then.
fn dated(listed: &Listed, iat: u64, bytes: &[u8]) -> Value {
    let mut list = listed.list(bytes);
    list["iat"] = json!(iat);
    list
}

#[tokio::test]
async fn s9_an_older_list_never_takes_the_place_of_a_newer_one() {
    let listed = Listed::start().await;
    let token = listed.token(0).jwt();
    listed.publish(&dated(&listed, T0 + 20, &[1]));
    listed.local.refuses(&token, "revoked").await;
    // What a cache or another node of the server has kept from before.
    listed.publish(&dated(&listed, T0 + 19, &[0]));
    listed.local.world.clock.advance(59 * SECOND);
    listed
        .local
        .refuses(&token, "fetched in the background")
        .await;
    listed
        .local
        .server()
        .wait_for_requests(Endpoint::Other, 2)
        .await;
    listed.local.world.clock.advance(SECOND);
    assert_eq!(listed.local.get(&token).await.status, 503, "over");
    listed.local.world.clock.advance(SECOND);
    assert_eq!(listed.local.get(&token).await.status, 503, "asked again");
    listed.publish(&dated(&listed, T0 + 20, &[1]));
    listed.local.world.clock.advance(SECOND);
    listed.local.refuses(&token, "the same again").await;
    listed.publish(&dated(&listed, T0 + 70, &[0]));
    listed.local.world.clock.advance(61 * SECOND);
    listed.local.accepts(&token, "a newer one").await;
}

#[tokio::test]
async fn s6_a_place_that_an_older_list_lacks_is_looked_for_in_a_newer_one() {
    let listed = Listed::start().await;
    listed.publish(&dated(&listed, T0, &[0]));
    let early = listed.token(0).jwt();
    listed.local.accepts(&early, "early").await;
    listed.local.world.clock.advance(20 * SECOND);
    let late = listed.token(8).jwt();
    listed.publish(&dated(&listed, T0 + 21, &[0, 0b10]));
    listed.local.accepts(&late, "late").await;
    assert_eq!(listed.fetches(), 2);
    let revoked = listed.token(9).jwt();
    let beyond = listed.token(16).jwt();
    listed.local.refuses_unasked(&revoked, "revoked").await;
    listed.local.refuses_unasked(&beyond, "beyond").await;
    assert_eq!(listed.local.reason(&beyond).await, Reason::StatusNotValid);
}

#[tokio::test]
async fn s6_only_a_list_that_is_newer_than_the_token_refuses_it() {
    let listed = Listed::start().await;
    listed.publish(&dated(&listed, T0, &[0b10]));
    let early = listed.token(0).jwt();
    listed.local.accepts(&early, "early").await;
    // Once its place is missing, once its place was another token's before.
    for (index, ahead, issued) in [(8, 20, T0 + 20), (1, 20, T0 + 50)] {
        listed.local.world.clock.advance(Duration::from_secs(ahead));
        listed.publish(&dated(&listed, issued, &[0b10]));
        let fetches = listed.fetches();
        let token = listed.token(index).jwt();
        for _ in 0..5 {
            let reply = listed.local.get(&token).await;
            assert_eq!(reply.status, 503, "{index}");
            reply.assert_unavailable();
        }
        assert_eq!(listed.local.reason(&token).await, Reason::StatusUnavailable);
        assert_eq!(listed.fetches(), fetches + 1, "{index}: once for all");
        listed.local.accepts(&early, "whoever is older").await;
        listed.local.world.clock.advance(5 * SECOND);
        assert_eq!(listed.local.get(&token).await.status, 503, "{index}: again");
        assert_eq!(listed.fetches(), fetches + 2, "{index}: after a while");
        listed.publish(&dated(&listed, issued + 1, &[0b10]));
        listed.local.world.clock.advance(5 * SECOND);
        listed
            .local
            .refuses(&token, &format!("{index}: newer"))
            .await;
    }
}

#[tokio::test]
async fn s6_who_joins_a_fetch_that_brings_too_old_a_list_waits_for_the_next() {
    let listed = Listed::start().await;
    listed.publish(&dated(&listed, T0 - 60, &[0]));
    let server = listed.local.server();
    let gate = server.hold(Endpoint::Other, HoldPoint::AfterAnswer);
    let token = listed.token(8).jwt();
    let waiting = tokio::spawn(getting(listed.local.router(), &token));
    gate.wait_for(1).await;
    listed.publish(&dated(&listed, T0 + 1, &[0, 0]));
    listed.local.world.clock.advance(5 * SECOND);
    gate.release();
    assert_eq!(waiting.await.unwrap().status, 200);
    assert_eq!(listed.fetches(), 2);
}

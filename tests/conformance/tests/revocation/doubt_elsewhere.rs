//! What one instance has called inactive is in doubt at the others, too.

use std::time::UNIX_EPOCH;

use http::StatusCode;
use portcullis::{IssuerBuilder, ManualClock, WithCredentials};
use portcullis_conformance::{
    AUDIENCE, Instance, MemoryFeed, T0, World, get, pass_start, post_active, until,
};
use portcullis_testing::Endpoint;
use serde_json::json;

use crate::support::{MINUTE, SECOND, admitted_after, live_status, status};

/// Two instances that tell each other what they learn.
pub(crate) async fn two() -> (World, Instance, Instance, MemoryFeed) {
    two_with(|issuer| issuer).await
}

/// The same, which keep answers for ten minutes.
pub(crate) async fn two_that_keep_answers() -> (World, Instance, Instance) {
    let (world, one, other, _) = two_with(|issuer| issuer.introspection_cache(10 * MINUTE)).await;
    (world, one, other)
}

async fn two_with(
    configure: impl Fn(IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials>,
) -> (World, Instance, Instance, MemoryFeed) {
    let world = World::start().await;
    let feed = MemoryFeed::new();
    let issuer = || configure(world.told().revocation_feed(feed.clone()));
    let one = Instance::new(issuer()).await;
    let other = Instance::new(issuer()).await;
    one.begin();
    other.begin();
    pass_start(&world);
    until(|| feed.sinks().len() == 2).await;
    (world, one, other, feed)
}

/// As where they tell by their end which key has made them.
#[tokio::test]
async fn an_answer_about_one_clears_no_doubt_about_another_that_ends_alike() {
    let (world, one, other) = two_that_keep_answers().await;
    let [good, bad] = ["good", "bad"].map(|name| format!("{name}.{}", "k".repeat(64)));
    for token in [&good, &bad] {
        let issuer = world.server.issuer();
        let answer = json!({"active": true, "iss": issuer, "aud": AUDIENCE, "jti": token, "iat": T0 + 60, "exp": T0 + 600});
        world.server.set_introspection_answer(token, answer);
        for instance in [&one, &other] {
            assert_eq!(status(&instance.hybrid, token).await, StatusCode::OK);
        }
    }
    world
        .server
        .set_introspection_answer(&bad, json!({"active": false}));
    post_active(&one.hybrid, &bad).await.assert_invalid_token();
    until(|| !other.issuer.revocations().is_empty()).await;
    world.clock.advance(SECOND);
    assert_eq!(live_status(&other.hybrid, &good).await, StatusCode::OK);
    get(&other.hybrid, &bad).await.assert_invalid_token();
}

#[tokio::test]
async fn a_jwt_is_in_doubt_at_the_other_instances() {
    let (world, one, other, feed) = two().await;
    let token = world.server.token().expires_in(50 * MINUTE).jwt();
    other.admits(&token).await;
    world.server.revoke(&token);
    post_active(&one.hybrid, &token)
        .await
        .assert_invalid_token();
    assert_eq!(feed.published().len(), 1);
    until(|| !other.issuer.revocations().is_empty()).await;
    get(&other.jwt, &token).await.assert_invalid_token();
    let asked = world.calls_about(&token);
    get(&other.hybrid, &token).await.assert_invalid_token();
    assert_eq!(world.calls_about(&token), asked + 1);
    // For as long as it lives.
    world.clock.advance(40 * MINUTE);
    get(&other.hybrid, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn an_opaque_token_is_in_doubt_at_the_other_instances() {
    let (world, one, other, _) = two().await;
    let named = world.server.token().opaque();
    let nameless = world
        .server
        .token()
        .introspects_as(serde_json::json!({"jti": null}));
    for token in [named, nameless.opaque()] {
        let known = other.issuer.revocations().len();
        for instance in [&one, &other] {
            assert_eq!(
                status(&instance.introspection, &token).await,
                StatusCode::OK
            );
        }
        world.server.revoke(&token);
        post_active(&one.hybrid, &token)
            .await
            .assert_invalid_token();
        until(|| other.issuer.revocations().len() > known).await;
        // What the other has kept is no answer any more.
        get(&other.introspection, &token)
            .await
            .assert_invalid_token();
        get(&other.hybrid, &token).await.assert_invalid_token();
    }
}

/// Nobody here knows what it is called, so nobody can tell the others. They find out when what they
/// have kept is too old.
#[tokio::test]
async fn an_opaque_token_that_was_never_seen_here_lives_elsewhere_for_as_long_as_answers_are_kept()
{
    let (world, one, other, feed) = two().await;
    let token = world.server.token().opaque();
    assert_eq!(status(&other.introspection, &token).await, StatusCode::OK);
    world.server.revoke(&token);
    post_active(&one.hybrid, &token)
        .await
        .assert_invalid_token();
    assert!(feed.published().is_empty());
    world.clock.advance(30 * SECOND);
    get(&other.introspection, &token)
        .await
        .assert_invalid_token();
}

#[tokio::test]
async fn a_token_without_jti_is_known_by_what_it_says() {
    let (world, one, other, _) = two().await;
    let token = world.server.token().without_claim("jti").jwt();
    let sibling = world.server.token().without_claim("jti").jwt();
    world.server.revoke(&token);
    post_active(&one.hybrid, &token)
        .await
        .assert_invalid_token();
    until(|| !other.issuer.revocations().is_empty()).await;
    get(&other.jwt, &token).await.assert_invalid_token();
    assert_eq!(status(&other.jwt, &sibling).await, StatusCode::OK);
}

/// It is known by the `jti` that it says itself where the answers about it have none.
#[tokio::test]
async fn a_jwt_whose_answers_have_no_jti_is_in_doubt_there_as_well() {
    let (world, one, other, _) = two().await;
    let nameless = serde_json::json!({"jti": null});
    let token = world.server.token().introspects_as(nameless).jwt();
    assert_eq!(status(&other.introspection, &token).await, StatusCode::OK);
    world.server.revoke(&token);
    post_active(&one.hybrid, &token)
        .await
        .assert_invalid_token();
    until(|| !other.issuer.revocations().is_empty()).await;
    get(&other.introspection, &token)
        .await
        .assert_invalid_token();
}

/// Each clears it for itself: what one is told by the server, the others ask for.
#[tokio::test]
async fn an_active_answer_clears_it_where_it_was_given() {
    let (world, one, other, _) = two().await;
    let token = world.server.token().subject("ali").jwt();
    world.server.disable_user("ali");
    post_active(&one.hybrid, &token)
        .await
        .assert_invalid_token();
    until(|| !other.issuer.revocations().is_empty()).await;
    world.server.enable_user("ali");
    world.clock.advance(6 * SECOND);
    for instance in [&one, &other] {
        let asked = world.calls_about(&token);
        admitted_after(&world, &instance.hybrid, &token, asked + 1).await;
        admitted_after(&world, &instance.hybrid, &token, asked + 1).await;
        assert_eq!(status(&instance.jwt, &token).await, StatusCode::OK);
    }
}

/// Whose clock is ahead has been told a moment ago what has come just now.
#[tokio::test]
async fn an_active_answer_from_before_clears_nothing_whatever_the_clocks_say() {
    let (world, one, _, feed) = two().await;
    let now = world.clock.system_time().duration_since(UNIX_EPOCH);
    let ahead = ManualClock::at(now.unwrap().as_secs() + 20);
    let issuer = world
        .told()
        .revocation_feed(feed.clone())
        .clock(ahead.clone());
    let other = Instance::new(issuer).await;
    other.begin();
    until(|| feed.sinks().len() == 3).await;
    let pass = |time| [&world.clock, &ahead].map(|clock| clock.advance(time));
    pass(SECOND);
    let token = world.server.token().jwt();
    assert_eq!(live_status(&other.hybrid, &token).await, StatusCode::OK);
    pass(10 * SECOND);
    world.server.revoke(&token);
    assert_eq!(
        live_status(&one.hybrid, &token).await,
        StatusCode::UNAUTHORIZED
    );
    until(|| !other.issuer.revocations().is_empty()).await;
    get(&other.hybrid, &token).await.assert_invalid_token();
}

/// Within a minute that is no news, and nobody is told. So whoever was told that it is active asks again.
#[tokio::test]
async fn one_that_changes_its_mind_again_is_believed_everywhere() {
    let (world, one, other, feed) = two().await;
    let token = world.server.token().subject("ali");
    let token = token.expires_in(50 * MINUTE).jwt();
    world.server.disable_user("ali");
    let refused = live_status(&one.hybrid, &token).await;
    assert_eq!(refused, StatusCode::UNAUTHORIZED);
    until(|| !other.issuer.revocations().is_empty()).await;
    world.server.enable_user("ali");
    world.clock.advance(6 * SECOND);
    assert_eq!(status(&other.hybrid, &token).await, StatusCode::OK);
    world.server.disable_user("ali");
    world.clock.advance(SECOND);
    let refused = live_status(&one.hybrid, &token).await;
    assert_eq!(refused, StatusCode::UNAUTHORIZED);
    assert_eq!(feed.published().len(), 1);
    // Where nobody can be asked the last answer counts.
    world.clock.advance(MINUTE);
    assert_eq!(status(&other.jwt, &token).await, StatusCode::OK);
    get(&other.hybrid, &token).await.assert_invalid_token();
    get(&other.jwt, &token).await.assert_invalid_token();
}

/// The others may have been told in between that it is active.
#[tokio::test]
async fn one_that_ends_once_more_is_in_doubt_once_more() {
    let (world, one, other, _) = two().await;
    let token = world.server.token().subject("ali");
    let token = token.expires_in(50 * MINUTE).jwt();
    for _ in 0..3 {
        world.server.disable_user("ali");
        post_active(&one.hybrid, &token)
            .await
            .assert_invalid_token();
        let is_refused = async || status(&other.jwt, &token).await == StatusCode::UNAUTHORIZED;
        for _ in 0..1_000 {
            if is_refused().await {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert!(is_refused().await);
        world.server.enable_user("ali");
        world.clock.advance(MINUTE);
        assert_eq!(status(&other.hybrid, &token).await, StatusCode::OK);
        assert_eq!(status(&other.jwt, &token).await, StatusCode::OK);
    }
}

/// However often it is said again that it was inactive then.
#[tokio::test]
async fn what_was_said_before_the_active_answer_does_not_come_back() {
    let (world, one, other, feed) = two().await;
    let token = world.server.token().subject("ali").jwt();
    world.server.disable_user("ali");
    post_active(&one.hybrid, &token)
        .await
        .assert_invalid_token();
    until(|| !other.issuer.revocations().is_empty()).await;
    world.server.enable_user("ali");
    world.clock.advance(6 * SECOND);
    let asked = world.calls_about(&token);
    admitted_after(&world, &other.hybrid, &token, asked + 1).await;
    for notice in feed.published() {
        for sink in feed.sinks() {
            sink.take(&notice);
        }
    }
    admitted_after(&world, &other.hybrid, &token, asked + 1).await;
}

/// A thousand requests a second for a token that is over are one call each five seconds, and one word
/// to the others each minute.
#[tokio::test]
async fn it_is_told_once_a_minute() {
    let (world, one, _, feed) = two().await;
    let token = world.server.token().expires_in(50 * MINUTE).jwt();
    world.server.revoke(&token);
    for _ in 0..20 {
        post_active(&one.hybrid, &token)
            .await
            .assert_invalid_token();
        get(&one.hybrid, &token).await.assert_invalid_token();
        world.clock.advance(6 * SECOND);
    }
    let told = feed.published().len();
    assert!((2..=3).contains(&told), "{told} in two minutes");
}

/// Nobody is condemned by what somebody has made up.
#[tokio::test]
async fn an_invention_condemns_nobody() {
    let (world, one, _, feed) = two().await;
    let genuine = world.server.token().claim("jti", "the-same").jwt();
    let invention = world.server.token().claim("jti", "the-same");
    let invention = invention.signature(vec![0; 256]).jwt();
    assert_eq!(
        status(&one.introspection, &invention).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        status(&one.hybrid, &invention).await,
        StatusCode::UNAUTHORIZED
    );
    assert!(feed.published().is_empty());
    assert!(one.issuer.revocations().is_empty());
    admitted_after(&world, &one.hybrid, &genuine, 0).await;
}

/// The server was asked about it while nobody knew whether it was genuine.
#[tokio::test]
async fn what_an_introspecting_route_has_learned_counts_once_it_is_known_to_be_genuine() {
    let (world, one, _, feed) = two().await;
    let token = world.server.token().jwt();
    world.server.revoke(&token);
    get(&one.introspection, &token).await.assert_invalid_token();
    assert!(feed.published().is_empty());
    world.clock.advance(SECOND);
    get(&one.hybrid, &token).await.assert_invalid_token();
    until(|| feed.published().len() == 1).await;
    assert_eq!(world.server.request_count(Endpoint::Introspection), 1);
}

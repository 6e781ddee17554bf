//! Tokens of one session: the end of one says something of the others, its life says nothing.

use http::StatusCode;
use portcullis_conformance::{Instance, MemoryFeed, Recorded, until};

use super::{WINDOW, lasting, rechecking, used};
use crate::{
    air::Air,
    support::{SECOND, live_status, status},
};

#[tokio::test]
async fn the_siblings_of_one_that_is_over_are_due_at_once() {
    let air = rechecking().await;
    let session = air.world.server.login("alice");
    let (one, other) = (session.token().jwt(), session.token().jwt());
    let never_used = session.token().jwt();
    assert_eq!(used(&air, &one).await, StatusCode::OK);
    air.world.clock.advance(5 * SECOND);
    assert_eq!(used(&air, &other).await, StatusCode::OK);
    for token in [&one, &other, &never_used] {
        air.server.end(token);
    }
    air.world.clock.advance(5 * SECOND);
    assert_eq!(used(&air, &one).await, StatusCode::OK, "asked about now");
    air.world.clock.advance(SECOND);
    for token in [&one, &other, &never_used] {
        assert_eq!(used(&air, token).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(air.server.calls_about(&other), 2);
}

/// As after `/revoke` of a single token.
#[tokio::test]
async fn a_sibling_that_lives_on_is_asked_about_once_for_that() {
    let air = rechecking().await;
    let session = air.world.server.login("alice");
    let (one, other) = (session.token().jwt(), session.token().jwt());
    assert_eq!(used(&air, &one).await, StatusCode::OK);
    air.world.clock.advance(5 * SECOND);
    assert_eq!(used(&air, &other).await, StatusCode::OK);
    air.server.end(&one);
    air.world.clock.advance(5 * SECOND);
    used(&air, &one).await;
    for _ in 0..9 {
        air.world.clock.advance(SECOND);
        assert_eq!(used(&air, &one).await, StatusCode::UNAUTHORIZED);
        assert_eq!(used(&air, &other).await, StatusCode::OK);
        assert_eq!(air.server.calls_about(&other), 2);
    }
}

#[tokio::test]
async fn that_one_lives_says_nothing_of_the_others() {
    let air = rechecking().await;
    let session = air.world.server.login("alice");
    let (one, other) = (session.token().jwt(), session.token().jwt());
    for token in [&one, &other] {
        assert_eq!(used(&air, token).await, StatusCode::OK);
    }
    air.server.end(&other);
    air.world.clock.advance(WINDOW);
    assert_eq!(used(&air, &one).await, StatusCode::OK);
    used(&air, &other).await;
    air.world.clock.advance(SECOND);
    assert_eq!(used(&air, &other).await, StatusCode::UNAUTHORIZED);
    assert_eq!(air.server.calls_about(&other), 2);
}

#[tokio::test]
async fn siblings_at_other_instances_are_due_as_well() {
    let feed = MemoryFeed::new();
    let air = Air::with(|issuer| issuer.recheck_every(WINDOW).revocation_feed(feed.clone())).await;
    let there = air
        .another(|issuer| issuer.recheck_every(WINDOW).revocation_feed(feed.clone()))
        .await;
    until(|| feed.sinks().len() == 2).await;
    air.world.clock.advance(60 * SECOND);
    let session = air.world.server.login("alice");
    let (one, other) = (session.token().jwt(), session.token().jwt());
    assert_eq!(used(&air, &one).await, StatusCode::OK);
    assert_eq!(status(&there.hybrid, &other).await, StatusCode::OK);
    air.settle().await;
    for token in [&one, &other] {
        air.server.end(token);
    }
    air.world.clock.advance(WINDOW - SECOND);
    live_status(&air.instance.hybrid, &one).await;
    until(|| !there.issuer.revocations().is_empty()).await;
    assert_eq!(
        status(&there.hybrid, &other).await,
        StatusCode::UNAUTHORIZED
    );
}

/// It may have been revoked before, and others may let it in for what is tolerated of clocks.
#[tokio::test]
async fn that_one_is_over_whose_time_has_come_is_told_and_says_nothing_of_the_others() {
    let feed = MemoryFeed::new();
    let air = Air::with(|issuer| issuer.recheck_every(WINDOW).revocation_feed(feed.clone())).await;
    let there = air
        .another(|issuer| issuer.revocation_feed(feed.clone()))
        .await;
    until(|| feed.sinks().len() == 2).await;
    air.world.clock.advance(60 * SECOND);
    let session = air.world.server.login("alice");
    let one = session.token().expires_in(10 * SECOND).jwt();
    let other = session.token().jwt();
    assert_eq!(used(&air, &one).await, StatusCode::OK);
    air.world.clock.advance(5 * SECOND);
    assert_eq!(used(&air, &other).await, StatusCode::OK);
    air.world.clock.advance(5 * SECOND);
    assert_eq!(status(&there.hybrid, &one).await, StatusCode::OK);
    air.server.end(&one);
    let refused = live_status(&air.instance.hybrid, &one).await;
    assert_eq!(refused, StatusCode::UNAUTHORIZED);
    until(|| !there.issuer.revocations().is_empty()).await;
    let refused = status(&there.hybrid, &one).await;
    assert_eq!(refused, StatusCode::UNAUTHORIZED);
    air.world.clock.advance(SECOND);
    assert_eq!(used(&air, &other).await, StatusCode::OK);
    assert_eq!(air.server.calls_about(&other), 1);
}

#[tokio::test]
async fn what_nobody_lets_in_any_more_is_no_news() {
    let feed = MemoryFeed::new();
    let air = Air::with(|issuer| issuer.revocation_feed(feed.clone())).await;
    until(|| feed.sinks().len() == 1).await;
    air.world.clock.advance(60 * SECOND);
    let session = air.world.server.login("alice");
    let one = session.token().expires_in(10 * SECOND).jwt();
    let asked = || status(&air.instance.introspection, &one);
    assert_eq!(asked().await, StatusCode::OK);
    air.server.end(&one);
    // Its own time, and what is tolerated of clocks.
    air.world.clock.advance(39 * SECOND);
    assert_eq!(asked().await, StatusCode::UNAUTHORIZED);
    until(|| feed.published().len() == 1).await;
    for _ in 0..9 {
        air.world.clock.advance(20 * SECOND);
        assert_eq!(asked().await, StatusCode::UNAUTHORIZED);
        air.settle().await;
    }
    assert_eq!(feed.published().len(), 1);
    assert!(air.server.calls_about(&one) > 9);
}

/// Nobody is late with it: that is no overdue question.
#[tokio::test]
async fn a_sibling_that_is_due_is_not_overdue() {
    let recorded = Recorded::start();
    let air = rechecking().await;
    let session = air.world.server.login("alice");
    let (one, other) = (session.token().jwt(), session.token().jwt());
    for token in [&one, &other] {
        assert_eq!(used(&air, token).await, StatusCode::OK);
    }
    air.server.end(&one);
    air.world.clock.advance(WINDOW);
    used(&air, &one).await;
    air.world.clock.advance(SECOND);
    assert_eq!(used(&air, &other).await, StatusCode::OK);
    let overdue = recorded.sum("portcullis_recheck_overdue_seconds");
    assert_eq!(overdue, 0.0);
    assert!(air.instance.issuer.readiness().causes().is_empty());
}

/// A notice should have told of it.
#[tokio::test]
async fn an_end_that_no_notice_told_of_is_counted_where_one_should_have_come() {
    let recorded = Recorded::start();
    let air = rechecking().await;
    let ends = || recorded.sum("portcullis_revocation_feed_silent_ends_total");
    for (token, silent) in [
        (lasting(&air).client("other-app").jwt(), 0.0),
        (lasting(&air).without_claim("sid").jwt(), 0.0),
        (lasting(&air).jwt(), 1.0),
    ] {
        assert_eq!(used(&air, &token).await, StatusCode::OK);
        air.server.end(&token);
        air.world.clock.advance(WINDOW);
        used(&air, &token).await;
        assert_eq!(used(&air, &token).await, StatusCode::UNAUTHORIZED);
        assert_eq!(ends(), silent);
    }
    // Where one has come, nobody asks.
    let told = air.world.server.login("alice");
    let token = told.token().jwt();
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    let instance: &Instance = &air.instance;
    instance.hear_of(&told).await;
    air.world.clock.advance(WINDOW);
    assert_eq!(used(&air, &token).await, StatusCode::UNAUTHORIZED);
    assert_eq!(ends(), 1.0);
}

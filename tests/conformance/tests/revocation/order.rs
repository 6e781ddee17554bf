//! The order in which a notice is taken: nobody asks about the session any more, the others are told,
//! and the answer waits until no call about it is in the air. Only then does the server end it.

use std::time::Duration;

use axum::{Router, routing::post};
use http::{Request, StatusCode, header};
use portcullis::{AuthenticateLayer, RequireActiveLayer};
use portcullis_conformance::{
    AUDIENCE, Crowd, FRONT_END, MemoryFeed, getting, posting_active, send, until,
};

use crate::{
    air::Air,
    support::{SECOND, status},
};

/// The longest that an answer waits, and what a timer adds to it.
const LONGEST: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(250)..=Duration::from_millis(260);

/// How long other instances are given for calls of theirs, once they are told.
const ELSEWHERE: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(50)..=Duration::from_millis(60);

#[tokio::test]
async fn with_nothing_in_the_air_the_answer_comes_at_once() {
    let air = Air::start().await;
    let session = air.world.server.login("alice");
    assert_eq!(air.notice(&session).answered().await, Duration::ZERO);
}

#[tokio::test]
async fn it_waits_for_a_call_about_the_session() {
    let air = Air::start().await;
    let session = air.world.server.login("alice");
    let token = session.token().jwt();
    air.server.close();
    let mut crowd = Crowd::of(1, |_| posting_active(&air.instance.hybrid, &token));
    crowd.step_first_until(|| air.server.calls() == 1).await;

    let mut notice = air.notice(&session);
    notice.waits().await;
    // From its arrival on the token is over, whatever the call brings.
    assert_eq!(
        status(&air.instance.jwt, &token).await,
        StatusCode::UNAUTHORIZED
    );
    notice.waits().await;
    air.server.open();
    assert_eq!(notice.answered().await, Duration::ZERO);
    crowd.replies().await[0].assert_invalid_token();
    assert_eq!(air.server.calls(), 1);
}

#[tokio::test]
async fn it_waits_for_a_quarter_of_a_second_at_the_most() {
    let air = Air::start().await;
    let session = air.world.server.login("alice");
    let token = session.token().jwt();
    air.server.close();
    let mut crowd = Crowd::of(1, |_| posting_active(&air.instance.hybrid, &token));
    crowd.step_first_until(|| air.server.calls() == 1).await;
    let took = air.notice(&session).answered().await;
    assert!(LONGEST.contains(&took), "{took:?}");
    air.server.open();
    crowd.replies().await[0].assert_invalid_token();
}

#[tokio::test]
async fn a_call_about_another_session_does_not_hold_it() {
    let air = Air::start().await;
    let other = air.world.server.login("bob").token().jwt();
    let session = air.world.server.login("alice");
    air.server.close();
    let mut crowd = Crowd::of(1, |_| posting_active(&air.instance.hybrid, &other));
    crowd.step_first_until(|| air.server.calls() == 1).await;
    assert_eq!(air.notice(&session).answered().await, Duration::ZERO);
    air.server.open();
    assert_eq!(crowd.replies().await[0].status, StatusCode::OK);
}

/// Nobody knows whose session it belongs to.
#[tokio::test]
async fn a_call_about_an_opaque_token_that_was_never_seen_holds_it() {
    let air = Air::start().await;
    let session = air.world.server.login("alice");
    air.server.close();
    let mut crowd = Crowd::of(1, |_| getting(&air.instance.hybrid, "opaque"));
    crowd.step_first_until(|| air.server.calls() == 1).await;
    let mut notice = air.notice(&session);
    notice.waits().await;
    air.server.open();
    assert_eq!(notice.answered().await, Duration::ZERO);
}

/// It names no session, so any call may be about one of the subject's.
#[tokio::test]
async fn a_notice_about_a_subject_waits_for_every_call() {
    let air = Air::start().await;
    let token = air.world.server.login("bob").token().jwt();
    air.server.close();
    let mut crowd = Crowd::of(1, |_| posting_active(&air.instance.hybrid, &token));
    crowd.step_first_until(|| air.server.calls() == 1).await;
    let notice = air.world.server.logout_token().without_claim("sid");
    let mut notice = air.sent(notice.jwt());
    notice.waits().await;
    air.server.open();
    assert_eq!(notice.answered().await, Duration::ZERO);
}

/// Whoever has asked, and whether anybody still waits for it.
#[tokio::test]
async fn it_waits_for_calls_of_every_kind() {
    let air = Air::with(|issuer| issuer.recheck_every(10 * SECOND)).await;
    let issuer = &air.instance.issuer;
    let within = Router::new()
        .route("/active", post(|| async {}))
        .route_layer(RequireActiveLayer::within(SECOND))
        .layer(AuthenticateLayer::new(issuer.hybrid()));
    let routers = [
        ("live", &air.instance.hybrid),
        (
            "live where everything is asked",
            &air.instance.introspection,
        ),
        ("within", &within),
    ];
    for (case, router) in routers {
        let session = air.world.server.login("alice");
        let token = session.token().jwt();
        air.server.close();
        let calls = air.server.calls();
        let mut crowd = Crowd::of(1, |_| posting_active(router, &token));
        crowd.step_first_until(|| air.server.calls() > calls).await;
        crowd.first_leaves();
        held(&air, &session, case).await;
    }
    // A recheck, which goes on in the background.
    let session = air.world.server.login("alice");
    let token = session.token().jwt();
    let calls = air.server.calls();
    air.server.close();
    assert_eq!(status(&air.instance.hybrid, &token).await, StatusCode::OK);
    until(|| air.server.calls() > calls).await;
    held(&air, &session, "recheck").await;
    // The completion of a lightweight token.
    let session = air.world.server.login("alice");
    let token = session.token().audience(AUDIENCE).lightweight();
    let calls = air.server.calls();
    air.server.close();
    let mut crowd = Crowd::of(1, |_| getting(&air.instance.hybrid, &token));
    crowd.step_first_until(|| air.server.calls() > calls).await;
    held(&air, &session, "completion").await;
}

/// Asserts that a notice waits for what is in the air, and lets it go.
async fn held(air: &Air, session: &portcullis_testing::Session, case: &str) {
    let mut notice = air.notice(session);
    notice.waits().await;
    air.server.open();
    assert_eq!(notice.answered().await, Duration::ZERO, "{case}");
}

/// It was booked behind one that was in the air, before the notice came.
#[tokio::test]
async fn a_call_that_was_to_come_does_not_begin_any_more() {
    let air = Air::start().await;
    let session = air.world.server.login("alice");
    let token = session.token().jwt();
    air.server.close();
    let mut first = Crowd::of(1, |_| posting_active(&air.instance.hybrid, &token));
    first.step_first_until(|| air.server.calls() == 1).await;
    let booked = Crowd::of(5, |_| posting_active(&air.instance.hybrid, &token));
    let mut notice = air.notice(&session);
    notice.waits().await;
    air.server.open();
    assert_eq!(notice.answered().await, Duration::ZERO);
    for reply in first.replies().await.iter().chain(&booked.replies().await) {
        reply.assert_invalid_token();
    }
    assert_eq!(air.server.calls(), 1);
}

/// A session with two front ends has two notices, and each may come to another instance.
#[tokio::test]
async fn a_notice_that_was_heard_of_before_waits_for_the_calls_of_this_instance() {
    let feed = MemoryFeed::new();
    let air = Air::with(|issuer| issuer.revocation_feed(feed.clone())).await;
    let session = air.world.server.login("alice");
    let token = session.token().jwt();
    air.server.close();
    let mut crowd = Crowd::of(1, |_| posting_active(&air.instance.hybrid, &token));
    crowd.step_first_until(|| air.server.calls() == 1).await;
    let mut first = air.notice(&session);
    first.waits().await;
    let again = session.logout_token().claim("jti", "another");
    let mut second = air.sent(again.audience(FRONT_END).jwt());
    second.waits().await;
    air.server.open();
    assert_eq!(second.answered().await, Duration::ZERO);
    assert!(ELSEWHERE.contains(&first.answered().await));
    assert_eq!(feed.published().len(), 1, "told once all the same");
    crowd.replies().await[0].assert_invalid_token();
}

/// Nobody here sees the calls of the others, and each can bring the session back to life.
#[tokio::test]
async fn a_notice_that_others_are_told_of_gives_them_time_for_their_calls() {
    let feed = MemoryFeed::new();
    let air = Air::with(|issuer| issuer.revocation_feed(feed.clone())).await;
    let session = air.world.server.login("alice");
    let notice = session.logout_token().audience(FRONT_END).jwt();
    let waited = air.sent(notice.clone()).answered().await;
    assert!(ELSEWHERE.contains(&waited), "{waited:?}");
    // By the second they have had it.
    assert_eq!(air.sent(notice).answered().await, Duration::ZERO);
}

/// The answer to a call that began before the notice, about a token of which nothing was known.
#[tokio::test]
async fn an_answer_that_comes_after_the_notice_is_held_against_it() {
    let air = Air::start().await;
    let session = air.world.server.login("alice");
    let within = Router::new()
        .route("/", post(|| async {}))
        .route_layer(RequireActiveLayer::within(SECOND))
        .layer(AuthenticateLayer::new(air.instance.issuer.introspection()));
    let token = session.token().jwt();
    air.server.close();
    let ask = {
        let (within, token) = (within.clone(), token.clone());
        move |_| {
            let request =
                Request::post("/").header(header::AUTHORIZATION, format!("Bearer {token}"));
            let request = request.body(axum::body::Body::empty()).unwrap();
            let within = within.clone();
            async move { send(&within, request).await }
        }
    };
    let mut crowd = Crowd::of(3, ask);
    crowd.step_first_until(|| air.server.calls() == 1).await;
    let mut notice = air.notice(&session);
    notice.waits().await;
    air.server.open();
    notice.answered().await;
    for reply in crowd.replies().await {
        reply.assert_invalid_token();
    }
}

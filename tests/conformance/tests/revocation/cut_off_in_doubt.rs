//! A cut-off that falls, or cannot be had: what it was counts on.

use http::StatusCode;
use portcullis::{Cause, Readiness, Reason};
use portcullis_conformance::CapturedLog;
use tracing::Level;

use crate::{
    cut_off::poll,
    cut_offs::CutOffs,
    support::{MINUTE, SECOND, rejection, status},
};

/// It may have been lowered by mistake, or by somebody who may not.
#[tokio::test]
async fn when_it_falls_what_lies_between_is_asked_about() {
    let told = CutOffs::start().await;
    let (realm, world) = (&told.realm, &told.world);
    let hybrid = &told.instance.hybrid;
    let lasting = || world.server.token().expires_in(59 * MINUTE);
    let low = told.now_and(0);
    let below = world
        .server
        .token()
        .issued_at(world.clock.system_time() - SECOND);
    let below = below.expires_in(59 * MINUTE).jwt();
    let between = lasting().jwt();
    world.clock.advance(MINUTE);
    let high = told.now_and(0);
    let above = lasting().jwt();

    realm.publish(high);
    poll().await;
    told.instance.refuses_unasked(world, &between).await;
    realm.publish(low);
    poll().await;
    told.instance.refuses_unasked(world, &below).await;
    assert_eq!(status(hybrid, &above).await, StatusCode::OK);
    assert_eq!(realm.calls_about(&above), 0);
    world.clock.advance(SECOND);
    for _ in 0..3 {
        assert_eq!(status(hybrid, &between).await, StatusCode::OK);
        assert_eq!(realm.calls_about(&between), 1);
        world.clock.advance(SECOND);
    }
    // Who cannot ask refuses.
    let other = lasting()
        .issued_at(world.clock.system_time() - MINUTE)
        .jwt();
    let rejection = rejection(told.instance.issuer.jwt(), &other).await;
    assert_eq!(rejection.reason(), Reason::Unconfirmed);
    // It rises again, and to what it was.
    realm.publish(high);
    poll().await;
    told.instance.refuses_unasked(world, &between).await;
}

#[tokio::test]
async fn when_it_falls_to_nothing_what_lay_before_it_is_asked_about() {
    let told = CutOffs::start().await;
    let token = told.world.server.token().jwt();
    told.realm.publish(told.now_and(60));
    poll().await;
    told.instance.refuses_unasked(&told.world, &token).await;
    told.realm.publish(0);
    poll().await;
    told.realm.deny();
    told.world.clock.advance(SECOND);
    assert_eq!(
        status(&told.instance.hybrid, &token).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(told.realm.calls_about(&token), 1);
}

#[tokio::test]
async fn while_it_cannot_be_had_the_last_one_stands_and_the_service_says_so() {
    let log = CapturedLog::start();
    let told = CutOffs::start().await;
    let token = told.world.server.token().jwt();
    told.realm.publish(told.now_and(1));
    poll().await;
    assert_eq!(told.instance.issuer.readiness(), Readiness::Ready);
    for (status, document) in [
        (StatusCode::INTERNAL_SERVER_ERROR, ""),
        (StatusCode::OK, "<html>"),
        (StatusCode::OK, "{}"),
        (StatusCode::OK, r#"{"tokens-not-before":"0"}"#),
        (StatusCode::OK, r#"{"tokens-not-before":-1}"#),
        (StatusCode::OK, r#"{"tokens-not-before":null}"#),
        (StatusCode::NOT_FOUND, r#"{"tokens-not-before":0}"#),
    ] {
        told.realm.answer(status, document);
        poll().await;
        told.instance.refuses_unasked(&told.world, &token).await;
    }
    let unknown = Readiness::Degraded(vec![Cause::CutOffUnknown]);
    assert_eq!(told.instance.issuer.readiness(), unknown);
    let lines = log.matching(Level::WARN, "not-before cannot be had");
    assert_eq!(lines.len(), 1, "once: {lines:?}");
    told.realm.publish(told.now_and(1));
    poll().await;
    assert_eq!(told.instance.issuer.readiness(), Readiness::Ready);
    told.instance.refuses_unasked(&told.world, &token).await;
}

/// One that fails now and then is not worth a word.
#[tokio::test]
async fn a_failure_or_two_are_borne() {
    let told = CutOffs::start().await;
    told.realm.answer(StatusCode::BAD_GATEWAY, "");
    let before = told.realm.polls();
    while told.realm.polls() < before + 2 {
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!(told.instance.issuer.readiness(), Readiness::Ready);
}

//! The cut-off of a realm ("not before"): polled, and obeyed as Keycloak obeys it.

use http::StatusCode;
use portcullis::{Cause, Readiness, Reason};
use portcullis_conformance::{CapturedLog, Instance, MemoryFeed, World, pass_start, until};
use portcullis_testing::Endpoint;
use tracing::Level;

use crate::{
    cut_offs::{CutOffs, admin, push},
    realm_server::RealmServer,
    support::{MINUTE, SECOND, live_status, rejection, status},
};

/// Longer than a period with its jitter.
const PERIOD: std::time::Duration = std::time::Duration::from_secs(12);

async fn poll() {
    tokio::time::sleep(PERIOD).await;
}

#[tokio::test]
async fn what_was_issued_before_it_is_refused_and_what_was_issued_at_it_is_not() {
    let told = CutOffs::start().await;
    let (cut_off, world) = (told.now_and(0), &told.world);
    let now = world.clock.system_time();
    let issued = |at| world.server.token().issued_at(at).jwt();
    let (before, at, after) = (issued(now - SECOND), issued(now), issued(now + SECOND));
    told.instance.admits(&before).await;
    told.realm.publish(cut_off);
    poll().await;
    told.instance.refuses_unasked(world, &before).await;
    for token in [&at, &after] {
        told.instance.admits(token).await;
    }
    let rejection = rejection(told.instance.issuer.jwt(), &before).await;
    assert_eq!(rejection.reason(), Reason::Revoked);
    assert!(rejection.diagnosis().contains("not-before"));
}

#[tokio::test]
async fn the_first_is_known_before_the_first_request() {
    let world = World::start().await;
    let old = world.server.token().jwt();
    world.clock.advance(MINUTE);
    world.server.set_not_before(world.clock.system_time());
    let instance = Instance::new(world.told()).await;
    assert_eq!(world.server.request_count(Endpoint::Realm), 1);
    instance.refuses_unasked(&world, &old).await;
}

#[tokio::test]
async fn one_in_the_future_is_obeyed() {
    let told = CutOffs::start().await;
    told.realm.publish(told.now_and(300));
    poll().await;
    let early = told.world.server.token().jwt();
    told.instance.refuses_unasked(&told.world, &early).await;
    told.world.clock.advance(5 * MINUTE);
    let late = told.world.server.token().jwt();
    told.instance.admits(&late).await;
}

/// As often as was said, a tenth more or less.
#[tokio::test]
async fn it_is_polled_once_a_period() {
    let told = CutOffs::start().await;
    let before = told.realm.polls();
    tokio::time::sleep(10 * MINUTE).await;
    let polls = told.realm.polls() - before;
    assert!((54..=67).contains(&polls), "{polls} in ten minutes");
}

#[tokio::test]
async fn a_period_of_ones_own_is_kept_to() {
    let told = CutOffs::with(|issuer| issuer.poll_not_before(MINUTE)).await;
    let before = told.realm.polls();
    tokio::time::sleep(10 * MINUTE).await;
    let polls = told.realm.polls() - before;
    assert!((9..=11).contains(&polls), "{polls} in ten minutes");
}

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

/// Keycloak ends all sessions of a realm and sends no notice.
#[tokio::test]
async fn a_logout_of_all_is_told_by_a_push() {
    let world = World::start().await;
    let instance = Instance::with(&world, world.told().not_before_clients(["test-app"])).await;
    let token = world.server.login("alice").token().jwt();
    instance.admits(&token).await;
    world.clock.advance(SECOND);
    world.server.log_out_all();
    let message = world.server.logout_message("test-app");
    assert_eq!(
        push(&admin(&instance), message).await.status,
        StatusCode::OK
    );
    instance.refuses_unasked(&world, &token).await;
    let again = world.server.login("alice").token().jwt();
    instance.admits(&again).await;
}

#[tokio::test]
async fn a_push_at_one_instance_is_heard_by_all() {
    let world = World::start().await;
    let feed = MemoryFeed::new();
    let (here, there) = (RealmServer::new(), RealmServer::new());
    tokio::time::pause();
    let mut instances = Vec::new();
    for realm in [&here, &there] {
        let issuer = realm.realm(&world).poll_not_before(60 * MINUTE);
        let instance = Instance::new(issuer.revocation_feed(feed.clone())).await;
        instance.begin();
        instances.push(instance);
    }
    pass_start(&world);
    until(|| feed.sinks().len() == 2).await;
    let token = world.server.token().jwt();
    let cut_off = world.clock.system_time() + MINUTE;
    let seconds = cut_off
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    for realm in [&here, &there] {
        realm.publish(seconds);
    }
    let message = world
        .server
        .not_before_message("test-app")
        .not_before(cut_off);
    assert_eq!(
        push(&admin(&instances[0]), message).await.status,
        StatusCode::OK
    );
    instances[0].refuses_unasked(&world, &token).await;
    until(|| there.polls() >= 2).await;
    tokio::time::sleep(SECOND).await;
    instances[1].refuses_unasked(&world, &token).await;
}

/// Nobody else has one.
#[tokio::test]
async fn only_a_realm_is_polled_and_only_where_news_is_listened_to() {
    let world = World::start().await;
    let issuer = world.asking().connect().await.unwrap();
    let router = portcullis_conformance::protected(issuer.hybrid());
    let token = world.server.token().jwt();
    assert_eq!(live_status(&router, &token).await, StatusCode::OK);
    assert_eq!(world.server.request_count(Endpoint::Realm), 0);
    let issuer = portcullis::Issuer::builder(world.server.issuer()).unwrap();
    let error = issuer
        .audience("a")
        .poll_not_before(SECOND)
        .build()
        .unwrap_err();
    assert!(error.to_string().contains("Realm::new"), "{error}");
    let hasty = world.realm().poll_not_before(SECOND / 2).build();
    assert!(hasty.unwrap_err().to_string().contains("poll_not_before"));
}

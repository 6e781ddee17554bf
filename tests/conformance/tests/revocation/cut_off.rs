//! The cut-off of a realm ("not before"): polled, and obeyed as Keycloak obeys it.

use http::StatusCode;
use portcullis::Reason;
use portcullis_conformance::{Instance, MemoryFeed, World, pass_start, until};
use portcullis_testing::{Endpoint, Fault};

use crate::{
    cut_offs::{CutOffs, admin, push},
    realm_server::RealmServer,
    support::{MINUTE, SECOND, live_status, rejection},
};

/// Longer than a period with its jitter.
const PERIOD: std::time::Duration = std::time::Duration::from_secs(12);

pub(crate) async fn poll() {
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
    assert!(rejection.diagnosis().detail().contains("not-before"));
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

/// A service starts without it, and asks again.
#[tokio::test]
async fn one_that_cannot_be_had_at_the_start_keeps_nobody_waiting() {
    let world = World::start().await;
    world.server.inject(Endpoint::Realm, Fault::status(503));
    let instance = Instance::start(&world).await;
    instance.admits(&world.server.token().jwt()).await;
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

//! A client that is logged in and out, so that everybody can see whether notices come.

use portcullis::{Cause, Readiness, RevocationNotice};
use portcullis_conformance::{
    CapturedLog, Instance, MemoryFeed, MemoryStore, World, notify, pass_start, state_keys, until,
};
use portcullis_testing::{Client, Endpoint};
use tracing::Level;

use crate::support::{MINUTE, SECOND, admitted_after};

const CANARY: &str = "canary";
const SECRET: &str = "canary-secret";

fn client() -> Client {
    Client::new(CANARY, SECRET).refresh_tokens()
}

/// An instance with a canary, which the server knows, and whose notice has come.
async fn with_canary() -> (World, Instance) {
    let world = World::start().await;
    let issuer = world.told().canary(CANARY, SECRET).build().unwrap();
    let instance = Instance::of(issuer);
    instance.subscribe_as(&world, client()).await;
    instance.begin();
    until(|| !instance.issuer.revocations().is_empty()).await;
    pass_start(&world);
    sing(&world, &instance).await;
    // What was issued until it was back is in doubt.
    world.clock.advance(31 * SECOND);
    (world, instance)
}

/// Another notice of the canary's, which does not wait for the half minute to pass.
async fn sing(world: &World, instance: &Instance) {
    let notice = world.server.logout_token().audience(CANARY).jwt();
    let reply = notify(&instance.receiver, &notice).await;
    assert_eq!(reply.status, http::StatusCode::OK);
}

fn silent() -> Readiness {
    Readiness::Degraded(vec![Cause::NoticesSilent])
}

#[tokio::test]
async fn it_is_logged_in_and_out_and_its_notice_is_heard() {
    let world = World::start().await;
    let issuer = world.told().canary(CANARY, SECRET).build().unwrap();
    let instance = Instance::of(issuer);
    instance.subscribe_as(&world, client()).await;
    assert_eq!(instance.issuer.revocations().len(), 0);
    assert_eq!(
        world.server.request_count(Endpoint::Token),
        0,
        "not asked for yet"
    );
    instance.begin();
    until(|| !instance.issuer.revocations().is_empty()).await;
    assert_eq!(world.server.request_count(Endpoint::Token), 1);
    assert_eq!(world.server.request_count(Endpoint::Logout), 1);
    let login = &world.server.requests(Endpoint::Token)[0];
    let grant = login.form_value("grant_type");
    assert_eq!(grant.as_deref(), Some("client_credentials"));
    assert!(!login.target.contains(SECRET));
}

#[tokio::test]
async fn silence_for_two_periods_puts_everything_in_doubt() {
    let (world, instance) = with_canary().await;
    let token = world.server.token().expires_in(50 * MINUTE).jwt();
    admitted_after(&world, &instance.hybrid, &token, 0).await;
    assert_ne!(instance.issuer.readiness(), silent());
    // 31 s have passed since it was heard last.
    world.clock.advance(28 * SECOND);
    assert_ne!(instance.issuer.readiness(), silent());
    admitted_after(&world, &instance.hybrid, &token, 0).await;
    world.clock.advance(2 * SECOND);
    assert_eq!(instance.issuer.readiness(), silent());
    let since = instance.issuer.revocations().complete_since().unwrap();
    admitted_after(&world, &instance.hybrid, &token, 1).await;
    // While it lasts, what may have been missed grows.
    for calls in 2..5 {
        world.clock.advance(31 * SECOND);
        admitted_after(&world, &instance.hybrid, &token, calls).await;
    }
    assert!(instance.issuer.revocations().complete_since().unwrap() > since);
}

#[tokio::test]
async fn it_comes_back_and_leaves_a_doubt_about_what_was_before() {
    let (world, instance) = with_canary().await;
    let token = world.server.token().expires_in(50 * MINUTE).jwt();
    world.clock.advance(2 * MINUTE);
    assert_eq!(instance.issuer.readiness(), silent());
    sing(&world, &instance).await;
    assert_eq!(instance.issuer.readiness(), Readiness::Ready);
    // Notices that were to come meanwhile never will.
    world.clock.advance(SECOND);
    for _ in 0..3 {
        admitted_after(&world, &instance.hybrid, &token, 1).await;
        world.clock.advance(10 * SECOND);
        sing(&world, &instance).await;
    }
    world.clock.advance(31 * SECOND);
    let new = world.server.token().jwt();
    admitted_after(&world, &instance.hybrid, &new, 0).await;
}

/// Whoever has seen a notice of its could keep it alive.
#[tokio::test]
async fn a_notice_that_comes_again_is_no_sign_of_life() {
    let (world, instance) = with_canary().await;
    let notice = world.server.logout_token().audience(CANARY).jwt();
    notify(&instance.receiver, &notice).await;
    world.clock.advance(50 * SECOND);
    let reply = notify(&instance.receiver, &notice).await;
    assert_eq!(reply.status, http::StatusCode::OK);
    world.clock.advance(10 * SECOND);
    assert_eq!(instance.issuer.readiness(), silent());
}

/// Nor is one to a user's client: the canary's own has to come.
#[tokio::test]
async fn other_notices_are_no_sign_of_life() {
    let (world, instance) = with_canary().await;
    world.clock.advance(20 * SECOND);
    instance.hear_of(&world.server.login("alice")).await;
    world.clock.advance(10 * SECOND);
    assert_eq!(instance.issuer.readiness(), silent());
}

/// It need not reach each instance at its own address.
#[tokio::test]
async fn a_notice_that_another_instance_has_taken_is_heard_as_well() {
    let world = World::start().await;
    let feed = MemoryFeed::new();
    let issuer = || world.told().revocation_feed(feed.clone());
    let here = Instance::new(issuer().canary(CANARY, SECRET)).await;
    let there = Instance::new(issuer().canary(CANARY, SECRET)).await;
    until(|| feed.sinks().len() == 2).await;
    for _ in 0..10 {
        world.clock.advance(20 * SECOND);
        let known = there.issuer.revocations().len();
        sing(&world, &here).await;
        until(|| there.issuer.revocations().len() > known).await;
        assert_ne!(there.issuer.readiness(), silent());
    }
    world.clock.advance(MINUTE);
    assert_eq!(there.issuer.readiness(), silent());
}

/// It says that notices came then, and nothing of now.
#[tokio::test]
async fn a_notice_that_comes_late_is_no_sign_of_life_of_today() {
    let world = World::start().await;
    let (early, late) = (MemoryFeed::new(), MemoryFeed::new());
    let issuer = || world.told().canary(CANARY, SECRET);
    let here = Instance::new(issuer().revocation_feed(early.clone())).await;
    let there = Instance::new(issuer().revocation_feed(late.clone())).await;
    there.begin();
    until(|| !late.sinks().is_empty()).await;
    sing(&world, &here).await;
    until(|| !early.published().is_empty()).await;
    let notices: Vec<RevocationNotice> = early.published();
    world.clock.advance(10 * MINUTE);
    assert_eq!(there.issuer.readiness(), silent());
    for notice in &notices {
        for sink in late.sinks() {
            sink.take(notice);
        }
    }
    assert_eq!(there.issuer.revocations().len(), notices.len());
    assert_eq!(there.issuer.readiness(), silent());
}

/// One of the instances, whichever.
#[tokio::test]
async fn instances_that_share_a_store_log_it_in_once() {
    let world = World::start().await;
    let store = MemoryStore::new(&world.clock);
    let issuer = || {
        let issuer = world.told().canary(CANARY, SECRET);
        issuer.shared_store(store.clone(), &state_keys())
    };
    let one = Instance::of(issuer().build().unwrap());
    one.subscribe_as(&world, client()).await;
    one.begin();
    until(|| !one.issuer.revocations().is_empty()).await;
    let other = Instance::of(issuer().build().unwrap());
    other.begin();
    // Whatever it would do, it would have begun by then.
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.server.request_count(Endpoint::Token), 1);
    for (name, entry) in store.entries() {
        assert!(!name.contains(CANARY), "{name}");
        assert_eq!(&entry[..], b"1");
    }
}

#[tokio::test]
async fn a_store_that_is_down_does_not_keep_it_from_singing() {
    let world = World::start().await;
    let store = MemoryStore::new(&world.clock);
    store.set_down(true);
    let issuer = world.told().canary(CANARY, SECRET);
    let issuer = issuer.shared_store(store, &state_keys()).build().unwrap();
    let instance = Instance::of(issuer);
    instance.subscribe_as(&world, client()).await;
    instance.begin();
    until(|| !instance.issuer.revocations().is_empty()).await;
}

#[tokio::test]
async fn what_is_wrong_with_it_is_said_and_its_secret_is_not() {
    for (client, problem) in [
        (Client::new(CANARY, "another-secret"), "status 401"),
        (Client::new(CANARY, SECRET), "use_refresh_token"),
    ] {
        let log = CapturedLog::start();
        let world = World::start().await;
        world.server.add_client(client);
        let issuer = world.told().canary(CANARY, SECRET).build().unwrap();
        let instance = Instance::of(issuer);
        instance.begin();
        until(|| !log.matching(Level::WARN, "canary").is_empty()).await;
        let lines = log.matching(Level::WARN, problem);
        assert_eq!(lines.len(), 1, "{:?}", log.lines());
        for line in log.lines() {
            assert!(!line.text.contains(SECRET), "{line:?}");
        }
    }
}

#[tokio::test]
async fn one_that_tells_nothing_fails_the_build() {
    let world = World::start().await;
    let error = world.asking().canary(CANARY, SECRET).build().unwrap_err();
    assert!(error.to_string().contains("logout_audiences"), "{error}");
    let error = world.told().canary("", SECRET).build().unwrap_err();
    assert!(!error.to_string().contains(SECRET), "{error}");
}

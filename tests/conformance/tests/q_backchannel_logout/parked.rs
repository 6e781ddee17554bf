//! Logout tokens that wait for keys: their sender does not send them again.

use http::{StatusCode, header};
use portcullis_conformance::{
    Instance, MemoryFeed, World, get, notify, pass_start, poll_once, protected, until,
};
use portcullis_testing::{Endpoint, Fault, Rotation, SigningAlgorithm};

use crate::{
    away::{Away, SECOND},
    support::Told,
};

#[tokio::test]
async fn q13_without_keys_it_is_503_and_judged_once_they_come() {
    let world = World::start().await;
    let instance = Instance::of(world.told().build().unwrap());
    instance.begin();
    pass_start(&world);
    world.server.inject(Endpoint::Jwks, Fault::status(500));
    let session = world.server.login("alice");
    let (token, others) = (session.token().jwt(), world.server.token().jwt());
    let reply = notify(&instance.receiver, &session.logout_token().jwt()).await;
    reply.assert_unavailable();
    assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(reply.json()["error"], "temporarily_unavailable");
    assert!(instance.issuer.revocations().is_empty());

    world.server.clear_faults(Endpoint::Jwks);
    world.clock.advance(SECOND);
    // Whoever has the keys fetched.
    assert_eq!(get(&instance.hybrid, &others).await.status, StatusCode::OK);
    until(|| !instance.issuer.revocations().is_empty()).await;
    instance.refuses_unasked(&world, &token).await;
    assert_eq!(get(&instance.hybrid, &others).await.status, StatusCode::OK);
}

#[tokio::test]
async fn q13_it_is_judged_once_the_server_is_back() {
    let world = World::start().await;
    let instance = Instance::of(world.told().build().unwrap());
    let session = world.server.login("alice");
    let (token, others) = (session.token().jwt(), world.server.token().jwt());
    let logout_token = session.logout_token().jwt();
    world.server.stop().await.unwrap();
    notify(&instance.receiver, &logout_token)
        .await
        .assert_unavailable();
    get(&instance.jwt, &others).await.assert_unavailable();
    world.server.restart().await.unwrap();
    world.clock.advance(SECOND);
    assert_eq!(get(&instance.jwt, &others).await.status, StatusCode::OK);
    until(|| !instance.issuer.revocations().is_empty()).await;
    get(&instance.jwt, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn q13_a_notice_by_a_new_key_waits_for_it() {
    let told = Told::start().await;
    let server = &told.world.server;
    let session = server.login("alice");
    let token = session.token().jwt();
    server.inject(Endpoint::Jwks, Fault::status(503));
    server.rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
    let status = told.tell(&session.logout_token().jwt()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(told.status_of(&token).await, StatusCode::OK);
    server.clear_faults(Endpoint::Jwks);
    told.world.clock.advance(SECOND);
    let next = server.token().jwt();
    assert_eq!(told.status_of(&next).await, StatusCode::OK);
    until(|| !told.instance.issuer.revocations().is_empty()).await;
    told.instance.refuses_unasked(&told.world, &token).await;
}

/// Nobody comes but the notice.
#[tokio::test]
async fn q13_it_is_judged_though_nobody_else_needs_keys() {
    let away = Away::start().await;
    let session = away.world.server.login("alice");
    away.parks(&session.logout_token().jwt()).await;
    away.pass(3).await;
    assert!(away.revocations().is_empty());
    away.keys.publish(&away.world, &[]);
    away.pass(12).await;
    assert_eq!(away.revocations().len(), 1);
    let token = session.token().jwt();
    let router = protected(away.issuer.jwt());
    get(&router, &token).await.assert_invalid_token();
}

/// Nobody waits for an answer any more, and each of them may expire.
#[tokio::test]
async fn q13_those_who_wait_do_not_wait_for_each_other() {
    const PARKED: usize = 400;
    let feed = MemoryFeed::new();
    let away = Away::with(|issuer| issuer.revocation_feed(feed.clone())).await;
    for _ in 0..PARKED {
        let session = away.world.server.login("alice");
        away.parks(&session.logout_token().jwt()).await;
    }
    away.keys.publish(&away.world, &[]);
    away.pass(12).await;
    assert_eq!(away.revocations().len(), PARKED);
    assert_eq!(feed.published().len(), PARKED);
}

/// A proxy that has lost its patience, while the keys are fetched.
#[tokio::test]
async fn q13_it_is_judged_though_its_sender_has_gone() {
    let away = Away::start().await;
    away.keys.publish(&away.world, &[]);
    let held = away.keys.hold();
    let logout_token = away.world.server.logout_token().jwt();
    let mut sender = Box::pin(notify(&away.receiver, &logout_token));
    assert!(poll_once(&mut sender).is_pending());
    drop(sender);
    drop(held);
    away.pass(12).await;
    assert_eq!(away.revocations().len(), 1);
}

/// Those who wait keep nobody alive.
#[tokio::test]
async fn q13_they_go_with_the_issuer() {
    let away = Away::start().await;
    away.parks(&away.world.server.logout_token().jwt()).await;
    away.pass(2).await;
    let Away {
        keys,
        issuer,
        receiver,
        world,
    } = away;
    drop((issuer, receiver));
    let asked = keys.asked();
    for _ in 0..30 {
        world.clock.advance(SECOND);
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!(keys.asked(), asked);
}

//! What becomes of a token that is held for long, as that of a stream is: `VerifiedToken::ended`.

use std::{sync::Arc, time::Duration};

use http::{Request, StatusCode, header};
use portcullis::{Authenticator, Reason, Rejection, RequestView, TokenVerifier, VerifiedToken};
use portcullis_axum::security_event_route;
use portcullis_conformance::{
    AUDIENCE, Instance, KeyServer, World, get, pass_start, poll_once, post_active, send, until,
};
use portcullis_testing::{Endpoint, Fault, HoldPoint, Rotation, SigningAlgorithm};
use tokio::{
    task::{JoinHandle, yield_now},
    time::timeout,
};

use crate::{
    cut_off::poll,
    cut_offs::CutOffs,
    support::{MINUTE, SECOND, told},
};

/// A token that was let in.
async fn admitted(verifier: impl TokenVerifier, token: &str) -> VerifiedToken {
    let request = Request::get("/")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(())
        .unwrap();
    let authenticator = Arc::new(Authenticator::new(verifier));
    let admitted = authenticator.authenticate(RequestView::from(&request));
    admitted.await.unwrap().unwrap()
}

/// Somebody who waits for its end, by now.
async fn holding(verifier: impl TokenVerifier, token: &str) -> JoinHandle<Rejection> {
    let holding = tokio::spawn(admitted(verifier, token).await.ended());
    for _ in 0..10 {
        yield_now().await;
    }
    assert!(!holding.is_finished());
    holding
}

/// Why it has ended, once time has gone on in so many such steps. What the server is asked between them
/// takes time of its own.
async fn ends_in_steps_of(
    step: Duration,
    world: &World,
    ended: &mut JoinHandle<Rejection>,
) -> Rejection {
    loop {
        world.clock.advance(step);
        if let Ok(rejection) = timeout(SECOND / 20, &mut *ended).await {
            return rejection.unwrap();
        }
    }
}

#[tokio::test]
async fn a_logout_ends_it_at_once_and_nobody_is_asked() {
    let (world, instance) = told().await;
    let (alice, bob) = (world.server.login("alice"), world.server.login("bob"));
    let verifier = instance.issuer.hybrid();
    let ended = holding(verifier.clone(), &alice.token().jwt()).await;
    let other = holding(verifier, &bob.token().jwt()).await;
    instance.hear_of(&alice).await;
    assert_eq!(ended.await.unwrap().reason(), Reason::Revoked);
    assert!(!other.is_finished(), "another session goes on");
    assert_eq!(world.calls(), 0);
    instance.hear_of(&bob).await;
    assert_eq!(other.await.unwrap().reason(), Reason::Revoked);
}

/// Between the verdict that lets a request in and the first look nothing is lost.
#[tokio::test]
async fn a_logout_before_anybody_waits_ends_it_as_well() {
    let (world, instance) = told().await;
    let session = world.server.login("alice");
    let token = admitted(instance.issuer.jwt(), &session.token().jwt()).await;
    instance.hear_of(&session).await;
    assert_eq!(token.ended().await.reason(), Reason::Revoked);
}

#[tokio::test]
async fn a_cut_off_ends_it() {
    let told = CutOffs::start().await;
    let token = told.world.server.token().jwt();
    let ended = holding(told.instance.issuer.hybrid(), &token).await;
    told.world.clock.advance(SECOND);
    told.realm.publish(told.now_and(0));
    poll().await;
    assert_eq!(ended.await.unwrap().reason(), Reason::Revoked);
}

#[tokio::test]
async fn what_another_request_hears_of_it_ends_it() {
    let (world, instance) = told().await;
    let token = world.server.token().jwt();
    let ended = holding(instance.issuer.hybrid(), &token).await;
    world.server.revoke(&token);
    let reply = post_active(&instance.hybrid, &token).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ended.await.unwrap().reason(), Reason::Inactive);
    assert!(world.calls() <= 2, "{}", world.calls());
}

/// Something has happened that it may not have survived: the server decides.
#[tokio::test]
async fn a_doubt_is_settled_by_one_question() {
    let world = World::start().await;
    let issuer = world.asking().security_event_audience(AUDIENCE);
    let issuer = issuer.connect().await.unwrap();
    let _ = issuer.readiness();
    pass_start(&world);
    let events = axum::Router::new().route(
        "/events",
        security_event_route(issuer.security_event_receiver().unwrap()),
    );
    let alice = world.server.login("alice");
    let token = alice.token().jwt();
    let ended = holding(issuer.hybrid(), &token).await;
    let changed = async || {
        world.clock.advance(SECOND);
        let request = Request::post("/events")
            .header(header::CONTENT_TYPE, "application/secevent+jwt")
            .body(alice.credential_change().jwt().into());
        let reply = send(&events, request.unwrap()).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED);
    };
    changed().await;
    until(|| world.calls_about(&token) == 1).await;
    for _ in 0..100 {
        yield_now().await;
    }
    assert!(!ended.is_finished(), "it has survived");
    world.server.revoke(&token);
    changed().await;
    assert_eq!(ended.await.unwrap().reason(), Reason::Inactive);
    assert_eq!(world.calls_about(&token), 2);
}

#[tokio::test]
async fn a_doubt_that_cannot_be_settled_ends_nothing_until_it_can() {
    let (world, instance) = told().await;
    let token = world.server.token().jwt();
    let mut ended = Box::pin(admitted(instance.issuer.hybrid(), &token).await.ended());
    assert!(poll_once(&mut ended).is_pending());
    world.server.revoke(&token);
    post_active(&instance.hybrid, &token).await;
    // What was heard is kept for five seconds. By then the server is away.
    world.clock.advance(6 * SECOND);
    world.server.stop().await.unwrap();
    let ended = tokio::spawn(ended);
    for _ in 0..5 {
        world.clock.advance(30 * SECOND);
        let reply = get(&instance.hybrid, &token).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(!ended.is_finished());
    }
    world.server.restart().await.unwrap();
    let mut ended = ended;
    let rejection = ends_in_steps_of(30 * SECOND, &world, &mut ended).await;
    assert_eq!(rejection.reason(), Reason::Inactive);
}

#[tokio::test]
async fn it_expires_also_while_the_server_is_asked() {
    let world = World::start().await;
    let issuer = world.told().introspection_deadline(MINUTE);
    let instance = Instance::with(&world, issuer).await;
    let token = world.server.token().expires_in(MINUTE).jwt();
    let held = admitted(instance.issuer.hybrid(), &token).await;
    let gate = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::AfterAnswer);
    let ended = tokio::spawn(held.ended_within(MINUTE));
    gate.wait_for(1).await;
    world.clock.advance(90 * SECOND);
    assert_eq!(ended.await.unwrap().reason(), Reason::Expired);
    gate.release();
}

/// Nobody tells of the end of an opaque token: it is asked about when the last answer is not kept any
/// more. That the server fails once ends nothing.
#[tokio::test]
async fn an_opaque_token_is_asked_about_again() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let token = world.server.token().opaque();
    let mut ended = holding(issuer.introspection(), &token).await;
    assert_eq!(world.calls_about(&token), 1);
    world.server.revoke(&token);
    world
        .server
        .inject(Endpoint::Introspection, Fault::status(503).times(1));
    let rejection = ends_in_steps_of(10 * SECOND, &world, &mut ended).await;
    assert_eq!(rejection.reason(), Reason::Inactive);
    assert!((2..=4).contains(&world.calls_about(&token)));
}

#[tokio::test]
async fn a_key_that_is_withdrawn_ends_what_it_has_signed() {
    let world = World::start().await;
    let keys = KeyServer::of(&world, &[]);
    let issuer = keys.realm(&world).connect().await.unwrap();
    let token = world.server.token().expires_in(60 * MINUTE).jwt();
    let mut ended = holding(issuer.jwt(), &token).await;
    world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::DropOld);
    keys.publish(&world, &[]);
    let rejection = ends_in_steps_of(5 * MINUTE, &world, &mut ended).await;
    assert_eq!(rejection.reason(), Reason::UnknownKey);
}

//! Fetches that were begun on a runtime which then does not run, and clients that never answer.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use http::{Request, StatusCode, header};
use portcullis::{Authenticator, JwtVerifier};
use portcullis_conformance::{World, get, poll_once, protected};
use portcullis_testing::{Endpoint, HoldPoint, Rotation, SigningAlgorithm};
use tokio::runtime::Runtime;

use crate::support::{Silent, fetches, idle_runtime, lasting, unknown};

/// Longer than anything here takes that does not hang.
const HANGS: Duration = Duration::from_secs(20);
const DEADLINE: Duration = Duration::from_millis(50);

/// Has a token looked at, without waiting for what comes of it.
fn begin(verifier: JwtVerifier, token: &str) {
    let request = Request::get("/")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(())
        .unwrap();
    drop(Arc::new(Authenticator::new(verifier)).begin((&request).into()));
}

#[test]
fn a_runtime_that_is_gone_locks_nobody_out() {
    let running = Runtime::new().unwrap();
    let world = running.block_on(World::start());
    let verifier = world.realm().build().unwrap().jwt();
    let (token, router) = (world.server.token().jwt(), protected(verifier.clone()));
    let gone = idle_runtime();
    let handle = gone.handle().clone();
    drop(gone);
    let (done, ended) = mpsc::channel();
    let stranger = token.clone();
    thread::spawn(move || {
        let _entered = handle.enter();
        begin(verifier, &stranger);
        done.send(()).unwrap();
    });
    assert_eq!(ended.recv_timeout(HANGS), Ok(()), "a deadlock");
    let reply = running.block_on(get(&router, &token));
    assert_eq!(reply.status, StatusCode::OK);
}

#[test]
fn a_runtime_shuts_down_while_a_request_is_polled() {
    let running = Runtime::new().unwrap();
    let world = running.block_on(World::start());
    let verifier = world.realm().build().unwrap().jwt();
    let token = world.server.token().jwt();
    let ending = Runtime::new().unwrap();
    let (polled, is_polled) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let (left, is_left) = mpsc::channel();
    ending.spawn(async move {
        polled.send(()).unwrap();
        may_go_on.recv().unwrap();
        begin(verifier, &token);
        left.send(()).unwrap();
    });
    is_polled.recv().unwrap();
    ending.shutdown_background();
    go_on.send(()).unwrap();
    assert_eq!(is_left.recv_timeout(HANGS), Ok(()), "a deadlock");
}

#[test]
fn a_fetch_stuck_on_another_runtime_is_given_up() {
    let running = Runtime::new().unwrap();
    let stuck = idle_runtime();
    let world = running.block_on(World::start());
    let issuer = world.asking().fetch_deadline(DEADLINE).build().unwrap();
    let router = protected(issuer.jwt());
    let token = lasting(&world);

    let entered = stuck.enter();
    let mut abandoned = Box::pin(get(&router, &token));
    assert!(poll_once(&mut abandoned).is_pending());
    drop((entered, abandoned));

    running.block_on(async {
        // Who joins the stuck fetch hears that it is stuck; who comes after that fetches anew.
        get(&router, &token).await.assert_unavailable();
        assert_eq!(fetches(&world), 0);
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);
        assert_eq!(fetches(&world), 1);
    });

    // When it moves again after all, what it brings is older than what is there.
    let _new = world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::DropOld);
    stuck.block_on(world.server.wait_for_requests(Endpoint::Jwks, 2));
    // Whatever else this runtime has to do is done when it is gone.
    drop(stuck);
    let reply = running.block_on(get(&router, &token));
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(fetches(&world), 2);
}

#[test]
fn a_fetch_that_was_given_up_does_not_end_the_one_after_it() {
    let running = Runtime::new().unwrap();
    let stuck = idle_runtime();
    let world = running.block_on(World::start());
    let issuer = world.realm().jwks_uri(world.server.url(Endpoint::Jwks));
    let router = protected(issuer.fetch_deadline(DEADLINE).build().unwrap().jwt());
    let token = lasting(&world);

    let entered = stuck.enter();
    let mut abandoned = Box::pin(get(&router, &token));
    assert!(poll_once(&mut abandoned).is_pending());
    drop((entered, abandoned));

    let mut second = Box::pin(get(&router, &token));
    running.block_on(async {
        get(&router, &token).await.assert_unavailable();
        // The next fetch is begun, and is in the air while the first is cut off.
        assert!(poll_once(&mut second).is_pending());
    });
    drop(stuck);
    running.block_on(async {
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);
        assert_eq!(second.await.status, StatusCode::OK);
    });
    assert_eq!(fetches(&world), 1);
}

#[tokio::test]
async fn a_client_that_never_answers_is_not_waited_for() {
    let world = World::start().await;
    let token = world.server.token().jwt();
    for named in [false, true] {
        let mut issuer = world.realm().http_client(Silent).fetch_deadline(DEADLINE);
        if named {
            issuer = issuer.jwks_uri(world.server.url(Endpoint::Jwks));
        }
        assert!(issuer.clone().connect().await.is_err());
        let router = protected(issuer.build().unwrap().jwt());
        get(&router, &token).await.assert_unavailable();
    }
}

#[tokio::test]
async fn a_cancelled_caller_does_not_lose_the_document() {
    let world = World::start().await;
    let gate = world
        .server
        .hold(Endpoint::Discovery, HoldPoint::BeforeAnswer);
    let issuer = world.asking().introspection_deadline(DEADLINE);
    let router = protected(issuer.build().unwrap().introspection());
    let token = world.server.token().opaque();
    // Each of them gives up long before the document is there; they all wait for the same.
    for _ in 0..3 {
        get(&router, &token).await.assert_unavailable();
    }
    gate.wait_for(1).await;
    gate.release();
    let mut status = StatusCode::SERVICE_UNAVAILABLE;
    for _ in 0..100 {
        status = get(&router, &token).await.status;
        if status == StatusCode::OK {
            break;
        }
    }
    assert_eq!(status, StatusCode::OK);
    assert_eq!(world.server.request_count(Endpoint::Discovery), 1);
}

/// Nobody is left waiting by strangers on a runtime that ends in the middle of their fetch.
#[test]
fn a_fetch_that_is_cut_off_can_be_begun_anew() {
    let running = Runtime::new().unwrap();
    let ending = idle_runtime();
    let world = running.block_on(World::start());
    let issuer = running.block_on(world.realm().connect()).unwrap();
    let router = protected(issuer.jwt());
    let entered = ending.enter();
    let token = unknown(&world, "stranger", portcullis_conformance::T0 - 60);
    let mut request = Box::pin(get(&router, &token));
    assert!(poll_once(&mut request).is_pending());
    drop(entered);
    drop(ending);
    running.block_on(async {
        get(&router, &token).await.assert_invalid_token();
    });
    drop(request);
    assert_eq!(fetches(&world), 2);
}

//! A call that crashes, or whose runtime is gone, leaves nobody hanging and nothing behind.

use std::time::Duration;

use axum::Router;
use http::StatusCode;
use portcullis_conformance::{
    Crowd, Mishap, WatchedClient, World, get, getting, post_active, posting_active, protected,
};
use portcullis_testing::{Endpoint, HoldPoint};
use tokio::runtime::{Builder, Runtime};

#[tokio::test]
async fn a_panicking_client_leaves_nobody_hanging() {
    for mishap in [Mishap::PanicAtOnce, Mishap::PanicOnTheWay] {
        let world = World::start().await;
        let client = WatchedClient::new();
        let issuer = world.asking().http_client(client.clone()).build().unwrap();
        let hybrid = protected(issuer.hybrid());
        let jwt = world.server.token().jwt();
        assert_eq!(get(&hybrid, &jwt).await.status, StatusCode::OK);
        client.befall(mishap);
        // One is on the call that crashes; the others are waiting for the one behind it, and
        // are none the worse for it.
        let crowd = Crowd::of(100, |_| posting_active(&hybrid, &jwt));
        let (lost, served): (Vec<_>, Vec<_>) = crowd
            .replies()
            .await
            .into_iter()
            .partition(|reply| reply.status != StatusCode::OK);
        assert_eq!((lost.len(), served.len()), (1, 99));
        lost[0].assert_unavailable();
        assert_eq!(post_active(&hybrid, &jwt).await.status, StatusCode::OK);
        assert_eq!(world.server.request_count(Endpoint::Introspection), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hears_of_a_crash_may_ask_again_at_once() {
    let world = World::start().await;
    let client = WatchedClient::new();
    let issuer = world.asking().http_client(client.clone()).build().unwrap();
    let router = protected(issuer.introspection());
    for _ in 0..200 {
        let token = world.server.token().opaque();
        client.befall(Mishap::PanicOnTheWay);
        get(&router, &token).await.assert_unavailable();
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    }
}

/// An authorization server with a runtime of its own, which outlives those of its clients.
struct Elsewhere {
    runtime: Runtime,
    world: World,
    router: Router,
}

impl Elsewhere {
    fn start() -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let world = runtime.block_on(World::start());
        let issuer = world
            .asking()
            .introspection_deadline(Duration::from_secs(300));
        let router = protected(issuer.build().unwrap().hybrid());
        Self {
            runtime,
            world,
            router,
        }
    }

    fn client_runtime() -> Runtime {
        Builder::new_current_thread().enable_all().build().unwrap()
    }
}

#[test]
fn verifiers_work_on_another_runtime_when_theirs_is_gone() {
    let there = Elsewhere::start();
    for _ in 0..3 {
        let runtime = Elsewhere::client_runtime();
        let jwt = there.world.server.token().jwt();
        let opaque = there.world.server.token().opaque();
        runtime.block_on(async {
            for token in [&jwt, &opaque] {
                assert_eq!(get(&there.router, token).await.status, StatusCode::OK);
                assert_eq!(
                    post_active(&there.router, token).await.status,
                    StatusCode::OK
                );
            }
        });
        drop(runtime);
    }
    drop(there.runtime);
}

#[test]
fn a_call_that_ends_with_its_runtime_can_be_made_again() {
    for endpoint in [Endpoint::Discovery, Endpoint::Jwks, Endpoint::Introspection] {
        let there = Elsewhere::start();
        let jwt = there.world.server.token().jwt();
        let gate = there.world.server.hold(endpoint, HoldPoint::BeforeAnswer);
        let runtime = Elsewhere::client_runtime();
        runtime.block_on(async {
            let crowd = Crowd::of(3, |_| posting_active(&there.router, &jwt));
            let replies = tokio::spawn(crowd.replies());
            gate.wait_for(1).await;
            drop(replies);
        });
        drop(runtime);
        gate.release();
        let runtime = Elsewhere::client_runtime();
        let reply = runtime.block_on(post_active(&there.router, &jwt));
        assert_eq!(reply.status, StatusCode::OK, "{endpoint:?}: {reply:?}");
    }
}

#[test]
fn who_waits_on_another_runtime_is_told_when_the_call_is_gone() {
    let there = Elsewhere::start();
    let opaque = there.world.server.token().opaque();
    let gate = there
        .world
        .server
        .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    let (calling, waiting) = (Elsewhere::client_runtime(), Elsewhere::client_runtime());
    let first = calling.block_on(async {
        let first = Crowd::of(1, |_| getting(&there.router, &opaque));
        gate.wait_for(1).await;
        first
    });
    let _context = waiting.enter();
    let second = Crowd::of(1, |_| getting(&there.router, &opaque));
    drop((first, calling));
    gate.release();
    waiting.block_on(async {
        second.replies().await[0].assert_unavailable();
        assert_eq!(get(&there.router, &opaque).await.status, StatusCode::OK);
    });
}

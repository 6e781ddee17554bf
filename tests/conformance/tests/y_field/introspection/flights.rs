//! One call for all who ask at the same time, and nothing else that they share.

use http::StatusCode;
use portcullis_conformance::{Crowd, Reply, World, getting, protected};
use portcullis_testing::{Endpoint, HoldPoint};

use super::scoped;
use crate::support::{assert_ok, calls, get_at};

/// Requests of two kinds with one token share a call and nothing else: whoever goes away takes
/// nothing along, and each has a verdict of its own.
#[tokio::test]
async fn y26_duende_9_128_281_who_shares_a_call_shares_no_request_no_verdict_and_no_end() {
    let world = World::start().await;
    let router = scoped(world.asking().connect().await.unwrap().introspection());
    let gate = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    let token = world.server.token().scope("read").opaque();
    let request = |number: usize| {
        let (router, token) = (router.clone(), token.clone());
        let path = if number.is_multiple_of(2) {
            "/read"
        } else {
            "/write"
        };
        async move { get_at(&router, path, &token).await }
    };
    let mut crowd = Crowd::of(10, request);
    gate.wait_for(1).await;
    crowd.first_leaves();
    gate.release();
    let replies = crowd.replies().await;
    let count = |status| {
        let is_it = |reply: &&Reply| reply.status == status;
        replies.iter().filter(is_it).count()
    };
    assert_eq!(count(StatusCode::OK), 4);
    assert_eq!(count(StatusCode::FORBIDDEN), 5);
    assert_eq!(calls(&world), 1);
}

#[tokio::test]
async fn y27_lua_resty_openidc_573_thirty_five_parallel_requests_are_one_introspection() {
    let world = World::start().await;
    let router = protected(world.asking().connect().await.unwrap().introspection());
    let gate = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    let token = world.server.token().opaque();
    let crowd = Crowd::of(35, |_| getting(&router, &token));
    gate.wait_for(1).await;
    gate.release();
    for reply in crowd.replies().await {
        assert_ok(&reply);
    }
    assert_eq!(calls(&world), 1);
}

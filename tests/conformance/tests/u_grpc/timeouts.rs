//! U2: callers who say how long they wait.

use std::time::Duration;

use axum::{Router, body::Body};
use http::{Request, StatusCode, Version, header};
use portcullis_conformance::{Reply, World, get, post_active, protected, send};
use portcullis_testing::{Endpoint, HoldPoint};

const SECOND: Duration = Duration::from_secs(1);
const UNAVAILABLE: &str = "14";

/// A gRPC request by a caller who waits so long.
async fn call(router: &Router, path: &str, token: &str, timeout: &str) -> Reply {
    let request = Request::post(path)
        .version(Version::HTTP_2)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/grpc")
        .header("grpc-timeout", timeout);
    send(router, request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn u2_callers_in_a_hurry_change_nothing_for_others() {
    let world = World::start().await;
    let issuer = world.asking().introspection_deadline(600 * SECOND);
    let issuer = issuer.connect().await.unwrap();
    let router = protected(issuer.introspection().stale_within(3600 * SECOND));
    let (token, known) = (world.server.token().opaque(), world.server.token().opaque());
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    world.server.revoke(&token);
    world.clock.advance(31 * SECOND);
    let gate = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    for number in 0..50 {
        let stranger = format!("stranger-{number}");
        for (path, token) in [("/active", &stranger), ("/", &token)] {
            let reply = call(&router, path, token, "1n").await;
            assert_eq!(reply.headers["grpc-status"], UNAVAILABLE, "{number}");
        }
    }
    gate.release();
    // The old facts are as dead as ever, and nobody takes the server for dead.
    get(&router, &token).await.assert_invalid_token();
    assert_eq!(post_active(&router, &known).await.status, StatusCode::OK);
}

#[tokio::test]
async fn u2_the_shortest_and_the_longest_timeout_are_kept_and_odd_ones_are_none() {
    let world = World::start().await;
    let issuer = world.asking().introspection_deadline(600 * SECOND);
    let router = protected(issuer.connect().await.unwrap().hybrid());
    let gate = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    for timeout in ["0n", "0S", "00000001n"] {
        let token = world.server.token().jwt();
        let reply = call(&router, "/active", &token, timeout).await;
        assert_eq!(reply.headers["grpc-status"], UNAVAILABLE, "{timeout}");
    }
    gate.release();
    for timeout in ["99999999H", "999999999S", "-1S", "1", "S", ""] {
        let token = world.server.token().jwt();
        let reply = call(&router, "/active", &token, timeout).await;
        assert_eq!(reply.headers.get("grpc-status"), None, "{timeout}");
        assert_eq!(reply.status, StatusCode::OK, "{timeout}");
    }
}

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::{Router, body::Body};
use http::{Request, StatusCode, header};
use portcullis_conformance::{Reply, World, send};
use portcullis_testing::Endpoint;

/// How often the server was asked about a token.
pub(crate) fn calls(world: &World) -> usize {
    world.server.request_count(Endpoint::Introspection)
}

/// Asserts that the handler was reached.
#[track_caller]
pub(crate) fn assert_ok(reply: &Reply) {
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
}

/// A whole number of seconds.
pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The moment that many seconds after the Unix epoch.
pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// `GET` of a path with a bearer token.
pub(crate) async fn get_at(router: &Router, path: &str, token: &str) -> Reply {
    let request = Request::get(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    send(router, request).await
}

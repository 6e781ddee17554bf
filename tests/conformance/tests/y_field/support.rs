//! What the tests of this section have in common.

use std::{
    future::ready,
    sync::{Arc, Mutex},
    task::Poll,
    time::{Duration, UNIX_EPOCH},
};

use axum::{Router, body::Body};
use bytes::Bytes;
use http::{Request, StatusCode, header};
use portcullis::{HttpClient, HttpError, HttpFuture, Limits};
use portcullis_conformance::{Reply, T0, World, get, poll_once, send};
use portcullis_testing::{Endpoint, SigningAlgorithm};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// A deadline for servers that never come to an end.
pub(crate) const SHORT: Duration = Duration::from_millis(200);

/// How often the key set was fetched.
pub(crate) fn fetches(world: &World) -> usize {
    world.server.request_count(Endpoint::Jwks)
}

/// How often the server was asked about a token.
pub(crate) fn calls(world: &World) -> usize {
    world.server.request_count(Endpoint::Introspection)
}

/// A token whose `kid` is in no key set, issued a minute before the test began: any key set that
/// is fetched can say that there is no such key.
pub(crate) fn stranger(world: &World, kid: &str) -> String {
    let token = world.server.token().algorithm(SigningAlgorithm::EdDSA);
    let issued = UNIX_EPOCH + Duration::from_secs(T0 - 60);
    token.issued_at(issued).header("kid", kid).jwt()
}

/// A good token that lives for a day.
pub(crate) fn lasting(world: &World) -> String {
    let token = world.server.token();
    token.expires_in(Duration::from_secs(86_400)).jwt()
}

/// Asserts that the handler was reached.
#[track_caller]
pub(crate) fn assert_ok(reply: &Reply) {
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
}

/// The reply to a request that waits for nothing.
#[track_caller]
pub(crate) fn at_once(router: &Router, token: &str) -> Reply {
    match poll_once(&mut Box::pin(get(router, token))) {
        Poll::Ready(reply) => reply,
        Poll::Pending => panic!("the request waits"),
    }
}

/// `GET` of a path with a bearer token.
pub(crate) async fn get_at(router: &Router, path: &str, token: &str) -> Reply {
    let request = Request::get(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    send(router, request).await
}

/// A client that reaches nobody and notes the deadlines it was given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unconnected {
    deadlines: Arc<Mutex<Vec<Duration>>>,
}

impl Unconnected {
    pub(crate) fn deadlines(&self) -> Vec<Duration> {
        self.deadlines.lock().unwrap().clone()
    }
}

impl HttpClient for Unconnected {
    fn send(&self, _: Request<Bytes>, limits: Limits) -> HttpFuture {
        self.deadlines.lock().unwrap().push(limits.deadline);
        let error = HttpError::Unreachable("there is no network".to_owned());
        Box::pin(ready(Err(error)))
    }
}

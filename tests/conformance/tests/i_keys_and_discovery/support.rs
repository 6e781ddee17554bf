//! Tokens of keys that nobody knows, and servers at other places.

use std::{
    task::Poll,
    time::{Duration, UNIX_EPOCH},
};

use axum::Router;
use http::StatusCode;
use portcullis_conformance::{T0, World, get, getting, poll_once};
use portcullis_testing::{Endpoint, SigningAlgorithm};

/// A token whose `kid` is in no key set, issued a minute before the test began: any key set that
/// is fetched can say that there is no such key.
pub(crate) fn unknown(world: &World, kid: &str) -> String {
    unknown_since(world, kid, T0 - 60)
}

/// The same, issued at this second.
pub(crate) fn unknown_since(world: &World, kid: &str, iat: u64) -> String {
    world
        .server
        .token()
        .algorithm(SigningAlgorithm::EdDSA)
        .issued_at(UNIX_EPOCH + Duration::from_secs(iat))
        .header("kid", kid)
        .jwt()
}

/// A good token that lives for a day.
pub(crate) fn lasting(world: &World) -> String {
    let token = world.server.token();
    token.expires_in(Duration::from_secs(86_400)).jwt()
}

/// How often the key set was fetched.
pub(crate) fn fetches(world: &World) -> usize {
    world.server.request_count(Endpoint::Jwks)
}

/// Asserts that a token is answered without waiting for anything.
pub(crate) fn assert_good_at_once(router: &Router, token: &str) {
    let Poll::Ready(reply) = poll_once(&mut Box::pin(getting(router, token))) else {
        panic!("a known key waits");
    };
    assert_eq!(reply.status, StatusCode::OK);
}

/// The status that a token gets, once whatever it began in the background is done.
pub(crate) async fn status(router: &Router, token: &str) -> StatusCode {
    let status = get(router, token).await.status;
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    status
}

/// What every future came to, in their order.
pub(crate) async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut outputs = Vec::new();
    for future in futures {
        outputs.push(future.await);
    }
    outputs
}

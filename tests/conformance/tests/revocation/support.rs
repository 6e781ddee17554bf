//! What the tests of this folder have in common.

use std::{sync::Arc, time::Duration};

use axum::Router;
use http::{Request, StatusCode, header};
use portcullis::{Authenticator, Rejection, RequestView, TokenVerifier};
use portcullis_conformance::{Instance, World, get, post_active};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// A world with one instance of a service that is told of what ends.
pub(crate) async fn told() -> (World, Instance) {
    let world = World::start().await;
    let instance = Instance::start(&world).await;
    (world, instance)
}

/// What a token gets at `GET /`.
pub(crate) async fn status(router: &Router, token: &str) -> StatusCode {
    get(router, token).await.status
}

/// What a token gets where a live answer is wanted.
pub(crate) async fn live_status(router: &Router, token: &str) -> StatusCode {
    post_active(router, token).await.status
}

/// Asserts that the token is let in, after so many calls about it in all.
pub(crate) async fn admitted_after(world: &World, router: &Router, token: &str, calls: usize) {
    assert_eq!(status(router, token).await, StatusCode::OK);
    assert_eq!(world.calls_about(token), calls);
}

/// Why the token is refused. Panics when it is not.
pub(crate) async fn rejection(verifier: impl TokenVerifier, token: &str) -> Rejection {
    let request = Request::get("/")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(())
        .unwrap();
    let authenticator = Arc::new(Authenticator::new(verifier));
    let outcome = authenticator
        .authenticate(RequestView::from(&request))
        .await;
    outcome.unwrap_err()
}

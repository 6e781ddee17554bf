//! Section P: step-up authentication (RFC 9470), and revocation at the server (RFC 7009).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod authentication;
mod revocation;

use axum::{Router, routing::get};
use portcullis::{AuthenticateLayer, RequireAcr, TokenVerifier};
use portcullis_conformance::Reply;

/// `GET /` wants this authentication.
fn wanting(verifier: impl TokenVerifier, authentication: RequireAcr) -> Router {
    Router::new()
        .route("/", get(|| async {}))
        .layer(authentication)
        .layer(AuthenticateLayer::new(verifier))
}

/// Asserts the challenge of RFC 9470, with these parameters.
fn assert_steps_up(reply: &Reply, acr_values: Option<&str>, max_age: Option<&str>) {
    assert_eq!(reply.status, 401, "{reply:?}");
    let challenge = reply.challenge().unwrap();
    let named = |name: &str| challenge.parameter(name);
    assert_eq!(named("error"), Some("insufficient_user_authentication"));
    assert!(named("error_description").is_some());
    assert_eq!(
        (named("acr_values"), named("max_age")),
        (acr_values, max_age)
    );
}

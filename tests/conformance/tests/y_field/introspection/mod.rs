//! What is remembered of an answer, for how long, and who shares it.

mod flights;
mod hits;
mod keys;
mod memory;

use axum::{Router, routing::get};
use portcullis::{AuthenticateLayer, RequireScope, TokenVerifier};

/// Two routes, each with a scope of its own.
fn scoped(verifier: impl TokenVerifier) -> Router {
    let guarded = |name: &str| get(|| async {}).route_layer(RequireScope::all([name]).unwrap());
    Router::new()
        .route("/read", guarded("read"))
        .route("/write", guarded("write"))
        .layer(AuthenticateLayer::new(verifier))
}

//! Section L: protected resource metadata (RFC 9728).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod challenges;
mod document;

use axum::{Router, body::Body, routing::get};
use http::Request;
use portcullis::{AuthenticateLayer, ResourceMetadata, TokenVerifier};
use portcullis_axum::resource_metadata_route;
use portcullis_conformance::{Reply, send};

/// A service under this metadata.
fn service(verifier: impl TokenVerifier, metadata: &ResourceMetadata) -> Router {
    Router::new()
        .without_v07_checks()
        .route("/", get(|| async {}))
        .layer(AuthenticateLayer::new(verifier).resource_metadata(metadata))
        .merge(resource_metadata_route(metadata))
}

async fn fetch(router: &Router, path: &str) -> Reply {
    send(router, Request::get(path).body(Body::empty()).unwrap()).await
}

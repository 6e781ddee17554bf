//! Other places for a token than the `Authorization` header (RFC 6750 §2.3), and what is done about
//! it there.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cookie;
mod query;
mod web_socket;

use axum::{Router, body::Body, http::HeaderMap, routing::get};
use http::{Request, Uri};
use portcullis::{AuthenticateLayer, TokenExtractor};
use portcullis_conformance::World;

/// A service that takes tokens from there, and answers with the target and the headers it sees.
async fn service(world: &World, extractor: impl TokenExtractor, strip: bool) -> Router {
    let issuer = world.realm().connect().await.unwrap();
    let layer = AuthenticateLayer::new(issuer.jwt()).extractor(extractor);
    let layer = if strip { layer.strip_token() } else { layer };
    let seen = |uri: Uri, headers: HeaderMap| async move { format!("{uri} {headers:?}") };
    Router::new().route("/", get(seen)).layer(layer)
}

fn request(target: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let request = headers
        .iter()
        .fold(Request::get(target), |request, (name, value)| {
            request.header(*name, *value)
        });
    request.body(Body::empty()).unwrap()
}

use axum::{
    Router,
    extract::RawQuery,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header};
use portcullis::ResourceMetadata;

/// A route that serves the metadata of a protected resource (RFC 9728 §3) to whoever asks, scripts
/// of other origins included. Merge it into the outermost router, outside of the layer that
/// authenticates: who looks for it has no token yet. Where a segment of the resource's path begins
/// with `:` or `*`, that router has to say `without_v07_checks` too.
pub fn resource_metadata_route<S>(metadata: &ResourceMetadata) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let document = metadata.to_json();
    let expected = metadata.query().map(str::to_owned);
    let serve = move |RawQuery(query): RawQuery| async move {
        if expected.is_some() && query != expected {
            return StatusCode::NOT_FOUND.into_response();
        }
        json(document)
    };
    // Every character of the address stands for itself.
    Router::new()
        .without_v07_checks()
        .route(metadata.path(), get(serve))
}

fn json(document: String) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ),
        (
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        ),
    ];
    (headers, document).into_response()
}

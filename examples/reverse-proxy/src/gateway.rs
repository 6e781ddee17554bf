use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header::HOST},
    response::Response,
    routing::{MethodFilter, get, on},
};
use portcullis::{AuthenticateLayer, LiveVerifier, RequireActiveLayer};
use portcullis_axum::Claims;
use tower_http::{limit::RequestBodyLimitLayer, timeout::TimeoutLayer, trace::TraceLayer};

use crate::{hop, identity::Identity, upstream::Upstream};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The gateway: every path is the upstream's, and none of them is open.
///
/// What is required depends on the method and never on the path. A gateway and a service that read one
/// path in two ways (`//admin`, `/public/../admin`, `%2e`) make a hole; here there is nothing to misread.
pub(crate) fn router(verifier: impl LiveVerifier, upstream: Upstream) -> Router {
    // What only reads is judged here; of what changes something Keycloak says whether the token lives.
    let reading = get(forward).options(forward);
    let writing = MethodFilter::POST
        .or(MethodFilter::PUT)
        .or(MethodFilter::PATCH)
        .or(MethodFilter::DELETE);
    let writing = on(writing, forward).route_layer(RequireActiveLayer::asking(&verifier));
    let service = reading.merge(writing);

    // Outside in: trace, limits and timeout, authentication, guards. CORS is the upstream's: a
    // preflight brings no token, so pages elsewhere need a `CorsLayer` here, further out.
    Router::new()
        .route("/", service.clone())
        .route("/{*path}", service)
        .with_state(upstream)
        // The token stays here: what is behind believes the headers, and could not lose it.
        .layer(AuthenticateLayer::new(verifier).strip_token())
        // The upstream may have done what was asked for: 504, never 503.
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            Duration::from_secs(30),
        ))
        .layer(RequestBodyLimitLayer::new(10 * 1024 * 1024))
        // Portcullis logs each 500 and 503 of its own with the reason.
        .layer(TraceLayer::new_for_http().on_failure(()))
}

async fn forward(
    State(upstream): State<Upstream>,
    Claims(identity): Claims<Identity>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
) -> Response {
    let host = request.headers().get(HOST).cloned();
    let headers = request.headers_mut();
    hop::strip(headers);
    identity.write(headers);
    if let Ok(peer) = HeaderValue::try_from(peer.ip().to_string()) {
        headers.insert(FORWARDED_FOR, peer);
    }
    if let Some(host) = host {
        headers.insert(FORWARDED_HOST, host);
    }
    upstream.send(request).await
}

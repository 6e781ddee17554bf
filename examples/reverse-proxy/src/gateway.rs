use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header::HOST},
    response::{IntoResponse, Response},
    routing::{MethodFilter, get, on},
};
use portcullis::{AuthenticateLayer, LiveVerifier, RequireActiveLayer};
use portcullis_axum::Claims;
use tower_http::{
    limit::RequestBodyLimitLayer,
    timeout::{ResponseBodyTimeoutLayer, TimeoutLayer},
    trace::TraceLayer,
};

use crate::{hop, identity::Identity, upstream::Upstream};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// What is spoken here. Where something in front ends TLS, and nobody gets past it: `https`.
const PROTO: HeaderValue = HeaderValue::from_static("http");

/// The gateway: every path is the upstream's, and none of them is open.
///
/// What is required depends on the method and never on the path. A gateway and a service that read one
/// path in two ways (`//admin`, `/public/../admin`, `%2e`) make a hole; here there is nothing to misread.
///
/// `patience` is how long the upstream may take to begin an answer, and from one piece of it to the next.
pub(crate) fn router(
    verifier: impl LiveVerifier,
    upstream: Upstream,
    patience: Duration,
) -> Router {
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
            patience,
        ))
        // And once an answer has begun, neither may it take any longer from one piece to the next.
        .layer(ResponseBodyTimeoutLayer::new(patience))
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
    let Some(host) = host(&request) else {
        return (StatusCode::BAD_REQUEST, "which host is asked?\n").into_response();
    };
    let headers = request.headers_mut();
    hop::strip(headers);
    identity.write(headers);
    if let Ok(peer) = HeaderValue::try_from(peer.ip().to_string()) {
        headers.insert(FORWARDED_FOR, peer);
    }
    headers.insert(FORWARDED_HOST, host);
    headers.insert(FORWARDED_PROTO, PROTO);
    upstream.send(request).await
}

/// The host that is asked: that of the target, where it names one, whatever `Host` says (RFC 9112
/// §3.2.2). `None` where there is none, or more than one (§3.2).
fn host(request: &Request) -> Option<HeaderValue> {
    let mut lines = request.headers().get_all(HOST).iter();
    let (line, None) = (lines.next(), lines.next()) else {
        return None;
    };
    match request.uri().authority() {
        // Without a name and a password before it, which nobody has judged.
        Some(authority) => {
            let name = authority.as_str().rsplit('@').next()?;
            HeaderValue::try_from(name).ok()
        }
        None => line.cloned(),
    }
}

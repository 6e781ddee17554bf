use std::time::Duration;

use axum::{
    Router,
    http::{
        HeaderValue, Method, StatusCode,
        header::{CONTENT_TYPE, InvalidHeaderValue, WWW_AUTHENTICATE},
    },
    routing::{get, post},
};
use portcullis::{AuthenticateLayer, Readiness, TokenCookie, TokenExtractor, TokenVerifier};
use portcullis_axum::{Claims, RequireActive, readiness_route};
use serde::Deserialize;
use tower_http::{
    cors::CorsLayer,
    csrf::{ConfigError, CsrfLayer},
    limit::RequestBodyLimitLayer,
    timeout::TimeoutLayer,
    trace::TraceLayer,
};

use crate::api_token_header::{ApiTokenHeader, NAME};

/// The cookie that pages of our own origin have the token in. No subdomain can set one with this
/// prefix, and browsers take it over https alone, from the host itself.
pub(crate) const COOKIE: &str = "__Host-access_token";

/// The whole API. `origins` are those of pages elsewhere that may call it, with the header; `readiness`
/// tells whether tokens can be judged.
pub(crate) fn router(
    verifier: impl TokenVerifier,
    origins: &[String],
    readiness: impl Fn() -> Readiness + Clone + Send + Sync + 'static,
) -> Result<Router, OriginError> {
    // One place for each kind of client. A request with a token in both is refused.
    let places = ApiTokenHeader.or(TokenCookie::named(COOKIE));
    let protected = Router::new()
        .route("/orders", get(orders))
        .route("/payments", post(pay))
        .layer(
            AuthenticateLayer::new(verifier)
                .extractor(places)
                // Handlers see no token, and nothing behind them does.
                .strip_token(),
        );

    // Browsers send the cookie along with what other sites make them send: what may change something
    // has to come from our own pages, or from those that are named.
    let mut csrf = CsrfLayer::new();
    let mut allowed: Vec<HeaderValue> = Vec::new();
    for origin in origins {
        csrf = csrf.add_trusted_origin(origin)?;
        allowed.push(origin.parse()?);
    }

    // Outside in: trace, CORS, CSRF, limits and timeout, authentication, guards.
    let traced = protected
        // It drops the handler wherever it is, so a payment may have been made: 504, never 503.
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            Duration::from_secs(10),
        ))
        .layer(RequestBodyLimitLayer::new(64 * 1024))
        .layer(csrf)
        // Without `allow_credentials`: pages elsewhere have the header, and never the cookie.
        .layer(
            CorsLayer::new()
                .allow_origin(allowed)
                .allow_methods([Method::GET, Method::POST])
                .allow_headers([NAME, CONTENT_TYPE])
                .expose_headers([WWW_AUTHENTICATE]),
        )
        // Portcullis logs each 500 and 503 of its own with the reason.
        .layer(TraceLayer::new_for_http().on_failure(()));

    // Orchestrators ask these every few seconds: nothing to trace.
    Ok(Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", readiness_route(readiness))
        .merge(traced))
}

/// An origin that no browser sends.
#[derive(Debug)]
pub(crate) struct OriginError;

impl From<ConfigError> for OriginError {
    fn from(_: ConfigError) -> Self {
        Self
    }
}

impl From<InvalidHeaderValue> for OriginError {
    fn from(_: InvalidHeaderValue) -> Self {
        Self
    }
}

/// The claims this API cares for.
#[derive(Deserialize)]
struct Caller {
    sub: String,
}

async fn orders(Claims(caller): Claims<Caller>) -> String {
    format!("the orders of {}\n", caller.sub)
}

async fn pay(RequireActive(payer): RequireActive<Caller>) -> String {
    format!("{} has paid\n", payer.sub)
}

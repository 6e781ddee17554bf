use std::time::Duration;

use axum::{
    Router,
    http::StatusCode,
    routing::{get, post},
};
use portcullis::{AuthenticateLayer, CertificateSource, Readiness, RequireBinding, TokenVerifier};
use portcullis_axum::{Claims, readiness_route};
use serde::Deserialize;
use tower_http::{limit::RequestBodyLimitLayer, timeout::TimeoutLayer, trace::TraceLayer};

/// The claims this API cares for.
#[derive(Deserialize)]
pub(crate) struct Caller {
    sub: String,
}

/// The whole API. `readiness` tells whether tokens can be judged.
pub(crate) fn router(
    verifier: impl TokenVerifier,
    readiness: impl Fn() -> Readiness + Clone + Send + Sync + 'static,
) -> Router {
    // A token that is bound to a certificate is refused without it, on every route.
    let authenticated =
        AuthenticateLayer::new(verifier).client_certificate(CertificateSource::connection());
    let protected = Router::new()
        .route("/orders", get(orders))
        // And here one that is bound to none is refused as well.
        .route(
            "/payments",
            post(pay).route_layer(RequireBinding::certificate()),
        )
        .layer(authenticated);

    // Outside in: trace, limits and timeout, authentication, guards.
    let traced = protected
        // It drops the handler wherever it is, so a payment may have been made: 504, never 503,
        // which means "nothing has happened, try again".
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            Duration::from_secs(10),
        ))
        .layer(RequestBodyLimitLayer::new(64 * 1024))
        // Portcullis logs each 500 and 503 of its own with the reason; a second line would have
        // none.
        .layer(TraceLayer::new_for_http().on_failure(()));

    // Orchestrators ask these every few seconds: nothing to trace.
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", readiness_route(readiness))
        .merge(traced)
}

async fn orders(Claims(caller): Claims<Caller>) -> String {
    format!("the orders of {}\n", caller.sub)
}

/// Whoever has stolen the token and not the key of the certificate does not get here.
async fn pay(Claims(caller): Claims<Caller>) -> String {
    format!("{} has paid\n", caller.sub)
}

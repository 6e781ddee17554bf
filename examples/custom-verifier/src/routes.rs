use std::time::Duration;

use axum::{
    Json, Router,
    http::StatusCode,
    routing::{get, post},
};
use portcullis::{
    AuthenticateLayer, ConfigError, LiveVerifier, Readiness, RequireActiveLayer, RequireScope,
};
use portcullis_axum::{Claims, Token, readiness_route};
use serde::{Deserialize, Serialize};
use tower_http::{limit::RequestBodyLimitLayer, timeout::TimeoutLayer, trace::TraceLayer};

/// The whole API: nothing in it knows of two kinds of tokens. `readiness` tells whether they can be judged.
pub(crate) fn router(
    verifier: impl LiveVerifier,
    readiness: impl Fn() -> Readiness + Clone + Send + Sync + 'static,
) -> Result<Router, ConfigError> {
    let payments = post(pay)
        // A key that was taken out of the store, and a session that has ended, pay no more.
        .route_layer(RequireActiveLayer::asking(&verifier))
        .route_layer(RequireScope::all(["payments:write"])?);
    let protected = Router::new()
        .route("/me", get(me))
        .route(
            "/orders",
            get(orders).route_layer(RequireScope::all(["orders:read"])?),
        )
        .route("/payments", payments)
        .layer(AuthenticateLayer::new(verifier));

    // Outside in: trace, limits and timeout, authentication, guards.
    let traced = protected
        // It drops the handler wherever it is, so a payment may have been made: 504, never 503.
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            Duration::from_secs(10),
        ))
        .layer(RequestBodyLimitLayer::new(64 * 1024))
        // Portcullis logs each 500 and 503 of its own with the reason.
        .layer(TraceLayer::new_for_http().on_failure(()));

    // Orchestrators ask these every few seconds: nothing to trace.
    Ok(Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", readiness_route(readiness))
        .merge(traced))
}

/// The claims this API cares for. Subjects of different issuers are different subjects.
#[derive(Deserialize)]
struct Caller {
    iss: String,
    sub: String,
}

#[derive(Serialize)]
struct Me {
    iss: String,
    sub: String,
    verified_by: &'static str,
}

async fn me(Claims(caller): Claims<Caller>, token: Token) -> Json<Me> {
    Json(Me {
        iss: caller.iss.clone(),
        sub: caller.sub.clone(),
        verified_by: token.verified_by().as_str(),
    })
}

async fn orders(Claims(caller): Claims<Caller>) -> String {
    format!("the orders of {}\n", caller.sub)
}

async fn pay(Claims(caller): Claims<Caller>) -> String {
    format!("{} has paid\n", caller.sub)
}

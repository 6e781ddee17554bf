use std::time::Duration;

use axum::{
    Router,
    http::{
        Method, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE},
    },
    routing::{get, post},
};
use portcullis::{AuthenticateLayer, Readiness, RequireRole, TokenVerifier};
{%- if verifier == "jwt" %}
use portcullis_axum::{Claims, readiness_route};
{%- else %}
use portcullis_axum::{Claims, RequireActive, readiness_route};
{%- endif %}
use serde::Deserialize;
use tower_http::{
    cors::CorsLayer, limit::RequestBodyLimitLayer, timeout::TimeoutLayer, trace::TraceLayer,
};

/// The whole service. `readiness` tells whether tokens can be judged.
pub(crate) fn router(
    verifier: impl TokenVerifier,
    readiness: impl Fn() -> Readiness + Clone + Send + Sync + 'static,
) -> Router {
    let protected = Router::new()
        .route("/orders", get(orders))
        .route("/payments", post(pay))
        .route(
            "/admin",
            get(admin).route_layer(RequireRole::realm("admin")),
        )
        .layer(AuthenticateLayer::new(verifier));

    // Outside in: trace, CORS, limits and timeout, authentication, guards.
    let traced = protected
        // It drops the handler wherever it is, so a payment may have been made: 504, never 503,
        // which means "nothing has happened, try again".
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            Duration::from_secs(10),
        ))
        .layer(RequestBodyLimitLayer::new(64 * 1024))
        // Add `allow_origin` for the pages that may call this service from a browser.
        .layer(
            CorsLayer::new()
                .allow_methods([Method::GET, Method::POST])
                .allow_headers([AUTHORIZATION, CONTENT_TYPE])
                .expose_headers([WWW_AUTHENTICATE]),
        )
        // Portcullis logs each 500 and 503 of its own with the reason; a second line would have
        // none.
        .layer(TraceLayer::new_for_http().on_failure(()));

    // Orchestrators ask these every few seconds: nothing to trace.
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", readiness_route(readiness))
        .merge(traced)
}

/// The claims this service cares for.
#[derive(Deserialize)]
struct User {
    sub: String,
}

{%- if verifier == "introspection" %}

/// The issuer has said "active", at most 30 seconds ago.
{%- else %}

/// Verified here: no call to the issuer.
{%- endif %}
async fn orders(Claims(user): Claims<User>) -> String {
    format!("the orders of {}\n", user.sub)
}

{%- if verifier == "jwt" %}

/// Verified here, too: a token that was revoked pays until its `exp`. Where that must not be, give the
/// issuer a client secret, take `issuer.hybrid()`, and write `RequireActive` in place of `Claims`.
async fn pay(Claims(payer): Claims<User>) -> String {
    format!("{} has paid\n", payer.sub)
}
{%- else %}

/// The issuer said "active", after this request arrived and before this line runs.
async fn pay(RequireActive(payer): RequireActive<User>) -> String {
    format!("{} has paid\n", payer.sub)
}
{%- endif %}

async fn admin(Claims(user): Claims<User>) -> String {
    format!("{} is an admin\n", user.sub)
}

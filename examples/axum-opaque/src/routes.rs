use std::time::Duration;

use axum::{
    Json, Router,
    http::{
        Method, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE},
    },
    routing::{get, post},
};
use portcullis::{
    AuthenticateLayer, ConfigError, LiveVerifier, Readiness, RequireActiveLayer, RequireScope,
};
use portcullis_axum::{Claims, RequireActive, Token, readiness_route};
use serde::Serialize;
use tower_http::{
    cors::CorsLayer, limit::RequestBodyLimitLayer, timeout::TimeoutLayer, trace::TraceLayer,
};

use crate::user::{Caller, Payer};

/// The whole API. `readiness` tells whether tokens can be judged.
pub(crate) fn router(
    verifier: impl LiveVerifier,
    readiness: impl Fn() -> Readiness + Clone + Send + Sync + 'static,
) -> Result<Router, ConfigError> {
    // Scopes are what every server has. For roles, groups and the like in answers of yours:
    // `.authorities(..)` on the issuer and `RequireAuthority` here.
    let admin = get(read_admin)
        // The server is asked now, and the scope is judged on what it says.
        .merge(post(write_admin).route_layer(RequireActiveLayer::asking(&verifier)))
        .route_layer(RequireScope::all(["admin"])?);

    let protected = Router::new()
        .route("/me", get(me))
        .route("/orders", get(orders))
        .route("/payments", post(pay))
        .route("/admin", admin)
        .route(
            "/audit",
            get(audit).route_layer(RequireScope::all(["audit"])?),
        )
        .layer(AuthenticateLayer::new(verifier));

    // Outside in: trace, CORS, limits and timeout, authentication, guards.
    let traced = Router::new()
        .route("/public", get(|| async { "anybody may read this\n" }))
        .merge(protected)
        // It drops the handler wherever it is, so a payment may have been made: 504, never 503,
        // which means "nothing has happened, try again".
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            Duration::from_secs(10),
        ))
        .layer(RequestBodyLimitLayer::new(64 * 1024))
        // Add `allow_origin` for the pages that may call this API from a browser.
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
    Ok(Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", readiness_route(readiness))
        .merge(traced))
}

/// What the server says of the bearer, and who vouched for the token.
#[derive(Serialize)]
struct Me {
    sub: Option<String>,
    username: Option<String>,
    client_id: Option<String>,
    scope: String,
    verified_by: &'static str,
}

async fn me(Claims(caller): Claims<Caller>, token: Token) -> Json<Me> {
    Json(Me {
        sub: caller.sub.clone(),
        username: caller.username.clone(),
        client_id: caller.client_id.clone(),
        scope: caller.scope.clone(),
        verified_by: token.verified_by().as_str(),
    })
}

/// The server has said "active", at most 30 seconds ago.
async fn orders(Claims(caller): Claims<Caller>) -> String {
    format!("the orders of {}\n", caller.name())
}

/// The server said "active" after this request arrived and before this line runs. Every user may pay;
/// where that takes more, add `RequireScope` to the route.
async fn pay(RequireActive(payer): RequireActive<Payer>) -> String {
    format!("{} has paid\n", payer.sub)
}

async fn read_admin(Claims(caller): Claims<Caller>) -> String {
    format!("{} is an admin, said the server lately\n", caller.name())
}

async fn write_admin(Claims(caller): Claims<Caller>) -> String {
    format!("{} is an admin, says the server now\n", caller.name())
}

async fn audit(Claims(caller): Claims<Caller>) -> String {
    format!("{} is an auditor\n", caller.name())
}

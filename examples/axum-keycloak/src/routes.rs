use std::time::Duration;

use axum::{
    Json, Router,
    http::{StatusCode, header::WWW_AUTHENTICATE},
    routing::{get, post},
};
use portcullis::{AuthenticateLayer, LiveVerifier, RequireActiveLayer, RequireRole};
use portcullis_axum::{Claims, RequireActive, Token};
use serde::Serialize;
use tower_http::{
    cors::CorsLayer, limit::RequestBodyLimitLayer, timeout::TimeoutLayer, trace::TraceLayer,
};

use crate::user::ShopUser;

/// The whole API. `client` is the API's own client in Keycloak, which its client roles belong to.
pub(crate) fn router(verifier: impl LiveVerifier, client: &str) -> Router {
    let admin = get(read_admin)
        // Keycloak is asked, and the role is judged on what it says today.
        .merge(post(write_admin).route_layer(RequireActiveLayer::asking(&verifier)))
        .route_layer(RequireRole::realm("admin"));

    let protected = Router::new()
        .route("/me", get(me))
        .route("/orders", get(orders))
        .route("/payments", post(pay))
        .route("/admin", admin)
        .route(
            "/audit",
            get(audit).route_layer(RequireRole::client(client, "auditor")),
        )
        .layer(AuthenticateLayer::new(verifier));

    // Outside in: trace, CORS, limits and timeout, authentication, guards.
    Router::new()
        .route("/public", get(|| async { "anybody may read this\n" }))
        .route("/healthz", get(|| async { "ok\n" }))
        .merge(protected)
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            Duration::from_secs(10),
        ))
        .layer(RequestBodyLimitLayer::new(64 * 1024))
        .layer(CorsLayer::new().expose_headers([WWW_AUTHENTICATE]))
        .layer(TraceLayer::new_for_http())
}

/// What the token says of its bearer, and who vouched for it.
#[derive(Serialize)]
struct Me {
    sub: Option<String>,
    azp: Option<String>,
    scope: String,
    realm_roles: Vec<String>,
    verified_by: &'static str,
}

async fn me(Claims(user): Claims<ShopUser>, token: Token) -> Json<Me> {
    Json(Me {
        sub: user.sub.clone(),
        azp: user.azp.clone(),
        scope: user.scope.clone(),
        realm_roles: user.realm_access.roles.clone(),
        verified_by: token.verified_by().as_str(),
    })
}

/// Verified here: no call to Keycloak.
async fn orders(Claims(user): Claims<ShopUser>) -> String {
    format!("the orders of {}\n", user.name())
}

/// Keycloak said "active", after this request arrived and before this line runs.
async fn pay(RequireActive(user): RequireActive<ShopUser>) -> String {
    format!("{} has paid\n", user.name())
}

async fn read_admin(Claims(user): Claims<ShopUser>) -> String {
    format!("{} is an admin, says the token\n", user.name())
}

async fn write_admin(Claims(user): Claims<ShopUser>) -> String {
    format!("{} is an admin, says Keycloak now\n", user.name())
}

async fn audit(Claims(user): Claims<ShopUser>) -> String {
    format!("{} is an auditor\n", user.name())
}

#[cfg(test)]
mod tests;

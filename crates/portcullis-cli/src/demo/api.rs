use std::sync::Arc;

use axum::{
    Router,
    http::StatusCode,
    routing::{delete, get, post},
};
use portcullis::{AuthenticateLayer, LiveVerifier, RequireRole};
use portcullis_axum::{Claims, RequireActive};
use portcullis_testing::AuthorizationServer;
use serde::Deserialize;

/// The claims this API cares for.
#[derive(Deserialize)]
struct ShopUser {
    sub: String,
}

/// The session that a token belongs to.
#[derive(Deserialize)]
struct SessionOf {
    sid: String,
}

/// The protected API.
pub(super) fn router(verifier: impl LiveVerifier, server: Arc<AuthorizationServer>) -> Router {
    let log_out = move |Claims(session): Claims<SessionOf>| async move {
        server.end_session(&session.sid);
        StatusCode::NO_CONTENT
    };
    Router::new()
        .route("/orders", get(orders))
        .route("/payments", post(pay))
        .route(
            "/admin",
            get(admin).route_layer(RequireRole::realm("admin")),
        )
        .route("/session", delete(log_out))
        .layer(AuthenticateLayer::new(verifier))
}

/// Verified here: no call to the server.
async fn orders(Claims(user): Claims<ShopUser>) -> String {
    format!("the orders of {}\n", user.sub)
}

/// The server said "active", after this request arrived and before this line runs.
async fn pay(RequireActive(user): RequireActive<ShopUser>) -> String {
    format!("{} has paid\n", user.sub)
}

async fn admin(Claims(user): Claims<ShopUser>) -> String {
    format!("{} is an admin\n", user.sub)
}

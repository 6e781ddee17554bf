use std::sync::Arc;

use axum::{
    Router,
    http::StatusCode,
    routing::{MethodRouter, delete, get, post},
};
use portcullis::{AuthenticateLayer, CanAsk, ConfigError, Issuer, LiveVerifier, RequireRole};
use portcullis_axum::{Claims, RequireActive, backchannel_logout_route};
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

/// The protected API. What is below `/told` hears of the end of sessions, the rest does not.
pub(super) fn router(
    realm: &Issuer<CanAsk>,
    told: &Issuer<CanAsk>,
    server: &Arc<AuthorizationServer>,
) -> Result<Router, ConfigError> {
    let (ending, logging_out) = (server.clone(), server.clone());
    let end = move |Claims(session): Claims<SessionOf>| async move {
        ending.end_session(&session.sid);
        StatusCode::NO_CONTENT
    };
    let log_out = move |Claims(session): Claims<SessionOf>| async move {
        logging_out.log_out(&session.sid).await;
        StatusCode::NO_CONTENT
    };
    let notices = backchannel_logout_route(told.logout_receiver()?);
    Ok(Router::new()
        .nest("/told", shop(delete(log_out), told.hybrid()))
        // Beside the layers: a logout token is no bearer token.
        .route("/backchannel-logout", notices)
        .merge(shop(delete(end), realm.hybrid())))
}

fn shop(session: MethodRouter, verifier: impl LiveVerifier) -> Router {
    Router::new()
        .route("/orders", get(orders))
        .route("/payments", post(pay))
        .route(
            "/admin",
            get(admin).route_layer(RequireRole::realm("admin")),
        )
        .route("/session", session)
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

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
    AuthenticateLayer, CanAsk, ConfigError, Issuer, Readiness, RequireActiveLayer, RequireRole,
};
use portcullis_axum::{
    Claims, RequireActive, Token, backchannel_logout_route, not_before_router, readiness_route,
};
use serde::Serialize;
use tower_http::{
    cors::CorsLayer, limit::RequestBodyLimitLayer, timeout::TimeoutLayer, trace::TraceLayer,
};

use crate::user::{Payer, ShopUser};

/// The whole API. `client` is the API's own client in Keycloak, which its client roles belong to;
/// `readiness` tells whether tokens can be judged.
pub(crate) fn router(
    realm: &Issuer<CanAsk>,
    client: &str,
    readiness: impl Fn() -> Readiness + Clone + Send + Sync + 'static,
) -> Result<Router, ConfigError> {
    let verifier = realm.hybrid();
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

    // What Keycloak tells. Its messages are signed, and bring no token: they stand beside the layer
    // and never behind it.
    let notices = Router::new()
        .route(
            "/backchannel-logout",
            backchannel_logout_route(realm.logout_receiver()?),
        )
        .nest("/keycloak", not_before_router(realm.not_before_receiver()?));

    // Outside in: trace, CORS, limits and timeout, authentication, guards.
    let traced = Router::new()
        .route("/public", get(|| async { "anybody may read this\n" }))
        .merge(protected)
        .merge(notices)
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

/// Verified here, without a call, and refused as soon as Keycloak has told that the session is over.
async fn orders(Claims(user): Claims<ShopUser>) -> String {
    format!("the orders of {}\n", user.name())
}

/// Keycloak said "active", after this request arrived and before this line runs. Every user may
/// pay; where that takes more, add `RequireScope` or `RequireRole` to the route.
async fn pay(RequireActive(payer): RequireActive<Payer>) -> String {
    format!("{} has paid\n", payer.sub)
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

use std::time::Duration;

use axum::{Json, Router, extract::Path, http::StatusCode};
use portcullis::{ConfigError, Readiness, TokenVerifier};
use portcullis_axum::{Claims, readiness_route};
use serde::{Deserialize, Serialize};
use tower_http::{limit::RequestBodyLimitLayer, timeout::TimeoutLayer, trace::TraceLayer};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{Access, Protected, with_document},
    document::document,
};

/// The whole API and its document. `readiness` tells whether tokens can be judged.
pub(crate) fn router(
    verifier: impl TokenVerifier,
    issuer: &str,
    readiness: impl Fn() -> Readiness + Clone + Send + Sync + 'static,
) -> Result<Router, ConfigError> {
    let protected = Protected::default()
        .route(Access::any_token(), routes!(me))?
        .route(Access::scopes(&["orders:read"]), routes!(list_orders))?
        .route(Access::scopes(&["orders:read"]), routes!(read_order))?
        .route(Access::scopes(&["payments:write"]).live(), routes!(pay))?
        .behind(verifier);
    let routes = OpenApiRouter::with_openapi(document(issuer))
        .routes(routes!(health))
        .merge(protected);

    // Outside in: trace, limits and timeout, authentication, guards.
    Ok(with_document(routes)
        // It drops the handler wherever it is, so a payment may have been made: 504, never 503.
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            Duration::from_secs(10),
        ))
        .layer(RequestBodyLimitLayer::new(64 * 1024))
        // Portcullis logs each 500 and 503 of its own with the reason.
        .layer(TraceLayer::new_for_http().on_failure(()))
        // Orchestrators ask it every few seconds: nothing to trace, and nothing for clients.
        .route("/readyz", readiness_route(readiness)))
}

/// The claims this API cares for.
#[derive(Deserialize)]
struct Caller {
    sub: String,
}

/// The bearer of the token
#[derive(Serialize, ToSchema)]
struct Me {
    sub: String,
}

#[derive(Serialize, ToSchema)]
struct Order {
    id: u32,
    buyer: String,
}

#[derive(Deserialize, ToSchema)]
struct Payment {
    order: u32,
}

#[derive(Serialize, ToSchema)]
struct Receipt {
    order: u32,
    payer: String,
}

/// Whether the service runs
#[utoipa::path(get, path = "/healthz", responses((status = 200, description = "It does")))]
async fn health() -> &'static str {
    "ok\n"
}

/// Who the token says you are
#[utoipa::path(get, path = "/me", responses((status = 200, description = "You", body = Me)))]
async fn me(Claims(caller): Claims<Caller>) -> Json<Me> {
    Json(Me {
        sub: caller.sub.clone(),
    })
}

/// Your orders
#[utoipa::path(get, path = "/orders", responses((status = 200, description = "All of them", body = [Order])))]
async fn list_orders(Claims(caller): Claims<Caller>) -> Json<Vec<Order>> {
    Json(vec![order(1, &caller)])
}

/// One of your orders
#[utoipa::path(
    get,
    path = "/orders/{id}",
    params(("id" = u32, Path, example = 1)),
    responses((status = 200, description = "The order", body = Order)),
)]
async fn read_order(Claims(caller): Claims<Caller>, Path(id): Path<u32>) -> Json<Order> {
    Json(order(id, &caller))
}

/// Pay for an order
#[utoipa::path(
    post,
    path = "/payments",
    request_body(content = Payment, example = json!({"order": 1})),
    responses((status = 200, description = "It is paid", body = Receipt)),
)]
async fn pay(Claims(caller): Claims<Caller>, Json(payment): Json<Payment>) -> Json<Receipt> {
    Json(Receipt {
        order: payment.order,
        payer: caller.sub.clone(),
    })
}

fn order(id: u32, caller: &Caller) -> Order {
    Order {
        id,
        buyer: caller.sub.clone(),
    }
}

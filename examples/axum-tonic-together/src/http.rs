use axum::{
    Router,
    routing::{get, post},
};
use portcullis_axum::{Claims, RequireActive};

use crate::user::{Payer, ShopUser};

pub(crate) fn routes() -> Router {
    Router::new()
        .route("/orders", get(orders))
        .route("/payments", post(pay))
}

/// Verified here: no call to Keycloak.
async fn orders(Claims(user): Claims<ShopUser>) -> String {
    format!("the orders of {}\n", user.name())
}

/// Keycloak said "active", after this request arrived and before this line runs.
async fn pay(RequireActive(payer): RequireActive<Payer>) -> String {
    format!("{} has paid\n", payer.sub)
}

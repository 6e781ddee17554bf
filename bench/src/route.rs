use std::{collections::HashMap, sync::Arc};

use axum::{Router, routing::get};
use portcullis::AuthenticateLayer;
use portcullis_axum::{Claims, RequireActive};
use serde::{Deserialize, Serialize};

use crate::NoOpLayer;

/// What every handler here, ours and the peers', takes of the claims, where it may choose.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ShopUser {
    /// Who it is.
    pub sub: String,
    /// Until when.
    pub exp: u64,
    /// What for.
    pub scope: String,
    /// Its name.
    pub preferred_username: String,
    /// What it may do anywhere.
    pub realm_access: Roles,
    /// What it may do at each service.
    pub resource_access: HashMap<String, Roles>,
}

/// Roles of Keycloak.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Roles {
    /// Their names.
    pub roles: Vec<String>,
}

/// The route without authentication.
pub fn bare() -> Router {
    Router::new().route("/orders", get(async || {}))
}

/// The route behind a layer that does nothing.
pub fn behind_no_op() -> Router {
    bare().layer(NoOpLayer)
}

/// The route with authentication: the handler takes the claims.
pub fn authenticated(layer: AuthenticateLayer) -> Router {
    let handler = async |Claims(user): Claims<ShopUser>| seen(&user);
    Router::new().route("/orders", get(handler)).layer(layer)
}

/// The route whose handler runs only if the server has just called the token active.
pub fn active(layer: AuthenticateLayer) -> Router {
    let handler = async |RequireActive(user): RequireActive<ShopUser>| seen(&user);
    Router::new().route("/orders", get(handler)).layer(layer)
}

/// What is not looked at need not have been there.
fn seen(user: &Arc<ShopUser>) {
    std::hint::black_box(user);
}

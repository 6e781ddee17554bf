//! oauth-resource-server.

use std::sync::Arc;

use axum::{Router, routing::get};
use oauth_resource_server::{
    AuthorizedToken, KeyNaming, OAuthConfig, OAuthValidator, axum::AuthLayer, static_token_policy,
};
use portcullis_bench::{AUDIENCE, AuthorizationServer, Failure};

/// The route behind it.
///
/// # Errors
/// When it does not start.
pub async fn router(server: &AuthorizationServer) -> Result<Router, Failure> {
    let config = OAuthConfig {
        enabled: true,
        issuer: server.issuer(),
        audience: AUDIENCE.into(),
        resource: "http://127.0.0.1/orders".into(),
        required_scope: Some("orders".into()),
        ..OAuthConfig::default()
    };
    let config = config
        .resolve(KeyNaming::Dotted("oauth"))?
        .ok_or("it is not enabled")?;
    let validator = Arc::new(OAuthValidator::new(&config)?);
    validator.spawn_background_refresh();
    let policy = static_token_policy(None, Some(&config), false)?;
    let layer = AuthLayer::from_decision(policy, Some(validator))?;
    Ok(crate::router_with(get(handler)).route_layer(layer))
}

async fn handler(token: AuthorizedToken) {
    crate::seen(&token);
}

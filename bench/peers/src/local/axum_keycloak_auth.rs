//! axum-keycloak-auth.

use axum::{Extension, Router, routing::get};
use axum_keycloak_auth::{
    PassthroughMode,
    decode::KeycloakToken,
    instance::{KeycloakAuthInstance, KeycloakConfig},
    layer::KeycloakAuthLayer,
};
use portcullis_bench::{AUDIENCE, AuthorizationServer, Failure};
use url::Url;

/// The route behind it.
///
/// # Errors
/// When it does not start.
pub async fn router(server: &AuthorizationServer) -> Result<Router, Failure> {
    let config = KeycloakConfig::builder()
        .server(Url::parse(&server.base())?)
        .realm("shop".to_owned())
        .build();
    let layer = KeycloakAuthLayer::<String>::builder()
        .instance(KeycloakAuthInstance::new(config))
        .passthrough_mode(PassthroughMode::Block)
        .expected_audiences(vec![AUDIENCE.to_owned()])
        .build();
    Ok(crate::router_with(get(handler)).layer(layer))
}

async fn handler(Extension(token): Extension<KeycloakToken<String>>) {
    crate::seen(&token);
}

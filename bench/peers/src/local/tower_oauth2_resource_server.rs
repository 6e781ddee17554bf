//! tower-oauth2-resource-server, on aws-lc-rs.

use axum::{Extension, Router, routing::get};
use portcullis_bench::{AUDIENCE, AuthorizationServer, Failure, ShopUser};
use tower_oauth2_resource_server::{server::OAuth2ResourceServer, tenant::TenantConfiguration};

/// The route behind it.
///
/// # Errors
/// When it does not start.
pub async fn router(server: &AuthorizationServer) -> Result<Router, Failure> {
    let tenant = TenantConfiguration::builder(server.issuer())
        .audiences(&[AUDIENCE])
        .build()
        .await?;
    let resource_server = <OAuth2ResourceServer<ShopUser>>::builder()
        .add_tenant(tenant)
        .build()
        .await?;
    Ok(crate::router_with(get(handler)).layer(resource_server.into_layer()))
}

async fn handler(Extension(user): Extension<ShopUser>) {
    crate::seen(&user);
}

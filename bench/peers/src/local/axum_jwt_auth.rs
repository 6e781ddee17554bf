//! axum-jwt-auth.

use std::sync::Arc;

use axum::{Router, routing::get};
use axum_jwt_auth::{Claims, Decoder, RemoteJwksDecoder};
use jsonwebtoken_10::{Algorithm, Validation};
use portcullis_bench::{AUDIENCE, AuthorizationServer, Failure, ShopUser};

/// The route behind it.
///
/// # Errors
/// When it does not start.
pub async fn router(server: &AuthorizationServer) -> Result<Router, Failure> {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[server.issuer()]);
    let decoder = RemoteJwksDecoder::builder()
        .jwks_url(server.jwks_uri())
        .validation(validation)
        .build()?;
    let decoder = Arc::new(decoder);
    // It goes on until this token is cancelled, and it never is.
    decoder.initialize().await?;
    let decoder: Decoder<ShopUser> = decoder;
    Ok(crate::router_with(get(handler)).with_state(decoder))
}

async fn handler(user: Claims<ShopUser>) {
    crate::seen(&user.claims);
}

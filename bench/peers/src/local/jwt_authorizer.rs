//! jwt-authorizer, which speaks axum 0.7.

use axum_07::{Router, body::Body, routing::get};
use jwt_authorizer::{IntoLayer, JwtAuthorizer, JwtClaims, Validation};
use portcullis_bench::{AUDIENCE, AuthorizationServer, Failure, ShopUser, probe};

/// The route behind it.
///
/// # Errors
/// When it does not start.
pub async fn router(server: &AuthorizationServer) -> Result<Router, Failure> {
    let validation = Validation::new().iss(&[server.issuer()]).aud(&[AUDIENCE]);
    let authorizer = JwtAuthorizer::<ShopUser>::from_oidc(&server.issuer())
        .validation(validation)
        .build()
        .await?;
    Ok(Router::new()
        .route("/orders", get(handler))
        .layer(authorizer.into_layer()))
}

async fn handler(JwtClaims(user): JwtClaims<ShopUser>) {
    crate::seen(&user);
}

/// Waits until it has its keys.
///
/// # Errors
/// When it refuses the token afterwards.
pub async fn settled(router: &mut Router, token: &str) -> Result<(), Failure> {
    crate::patiently(
        async |router| probe::<Body, _, _>(router, token).await,
        router,
    )
    .await
}

//! Portcullis, on the same server.

use axum::Router;
use portcullis::{AuthenticateLayer, CanAsk, ConfigError, Issuer};
use portcullis_bench::{AUDIENCE, AuthorizationServer, CLIENT, active, authenticated};

/// The server as an issuer of ours, with every setting as it is unless set.
///
/// # Errors
/// When the settings are refused.
pub fn issuer(server: &AuthorizationServer) -> Result<Issuer<CanAsk>, ConfigError> {
    Issuer::builder(server.issuer())?
        .audience(AUDIENCE)
        .client_secret(CLIENT.0, CLIENT.1)
        .build()
}

/// Tokens verified here.
pub fn local(issuer: &Issuer<CanAsk>) -> Router {
    authenticated(AuthenticateLayer::new(issuer.jwt()))
}

/// Tokens that the server was asked about not long ago.
pub fn introspected(issuer: &Issuer<CanAsk>) -> Router {
    authenticated(AuthenticateLayer::new(issuer.introspection()))
}

/// Tokens verified here, by a verifier that can ask.
pub fn hybrid(issuer: &Issuer<CanAsk>) -> Router {
    authenticated(AuthenticateLayer::new(issuer.hybrid()))
}

/// Tokens verified here, and asked about on every request.
pub fn require_active(issuer: &Issuer<CanAsk>) -> Router {
    active(AuthenticateLayer::new(issuer.hybrid()))
}

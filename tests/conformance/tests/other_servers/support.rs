//! An issuer that is no Keycloak, with as few settings as there can be.

use axum::{
    Router,
    routing::{MethodRouter, get as route},
};
use http::StatusCode;
use portcullis::{
    AuthenticateLayer, Issuer, IssuerBuilder, RequireScope, TokenVerifier, WithCredentials,
};
use portcullis_conformance::{AUDIENCE, CLIENT_ID, CLIENT_SECRET, Reply, World, get};
use serde_json::Value;

/// The imitated server, as any other is described.
pub(crate) fn issuer(world: &World) -> IssuerBuilder {
    Issuer::builder(world.server.issuer())
        .unwrap()
        .audience(AUDIENCE)
        .clock(world.clock.clone())
}

/// The same with credentials for introspection.
pub(crate) fn asking(world: &World) -> IssuerBuilder<WithCredentials> {
    issuer(world).client_secret(CLIENT_ID, CLIENT_SECRET)
}

/// A service behind a scope.
pub(crate) fn scoped(verifier: impl TokenVerifier, scope: &str) -> Router {
    scoped_by(verifier, scope, |route| route)
}

/// The same, and what else its route asks for.
pub(crate) fn scoped_by(
    verifier: impl TokenVerifier,
    scope: &str,
    guards: impl FnOnce(MethodRouter) -> MethodRouter,
) -> Router {
    Router::new()
        .route("/", guards(route(|| async {})))
        .route_layer(RequireScope::all([scope]).unwrap())
        .layer(AuthenticateLayer::new(verifier))
}

/// A JWT with these claims and no others, under this `typ`.
pub(crate) fn jwt(world: &World, typ: Option<&str>, claims: &Value) -> String {
    let token = world.server.token().only_claims(claims.clone());
    match typ {
        Some(typ) => token.header("typ", typ).jwt(),
        None => token.without_header("typ").jwt(),
    }
}

/// What becomes of an opaque token about which the server says this.
pub(crate) async fn told(world: &World, verifier: impl TokenVerifier, answer: Value) -> Reply {
    let router = portcullis_conformance::protected(verifier);
    let token = world.server.token().opaque();
    world.server.set_introspection_answer(&token, answer);
    get(&router, &token).await
}

pub(crate) async fn status(router: &Router, token: &str) -> StatusCode {
    get(router, token).await.status
}

//! Section T: permissions, by User-Managed Access 2.0 and Keycloak's authorization services.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod asking;
mod introspection;
mod isolation;
mod long_requests;
mod newest;
mod pressure;
mod questions;
mod tickets;
mod token;
mod unobtainable;

use axum::{Router, extract::Path, routing::get};
use portcullis::{
    AuthenticateLayer, CanAsk, Issuer, RequirePermission, RequirePermissionLayer, TokenVerifier,
    Uma,
};
use portcullis_axum::{AuthRejection, Token};
use portcullis_conformance::{Reply, World, get as bearing};
use portcullis_testing::{Endpoint, TokenBuilder};
use serde_json::{Map, Value};

const RESOURCE: &str = "hello-world-resource";

fn view() -> RequirePermission {
    RequirePermission::of(RESOURCE, ["view"])
}

/// `GET /` wants the permission of the token.
fn wanting(verifier: impl TokenVerifier, permission: RequirePermission) -> Router {
    Router::new()
        .route("/", get(|| async {}))
        .layer(permission)
        .layer(AuthenticateLayer::new(verifier))
}

/// The same where something is done about a token without it.
fn guarded(verifier: impl TokenVerifier, guard: RequirePermissionLayer) -> Router {
    Router::new()
        .route("/", get(|| async {}))
        .layer(guard)
        .layer(AuthenticateLayer::new(verifier).answer_grpc())
}

/// `GET /{name}`: what its handler wants depends on the path.
fn by_path(
    issuer: &Issuer<CanAsk>,
    guard: fn(RequirePermission, &Uma) -> RequirePermissionLayer,
) -> Router {
    let uma = issuer.uma();
    let read = move |Path(name): Path<String>, token: Token| {
        let uma = uma.clone();
        async move {
            let permission = RequirePermission::of(name, ["view"]);
            guard(permission, &uma).require(&token).await?;
            Ok::<_, AuthRejection>("read")
        }
    };
    Router::new()
        .route("/{name}", get(read))
        .layer(AuthenticateLayer::new(issuer.hybrid()))
}

/// The token as a requesting party token with these permissions.
fn permitting(token: TokenBuilder, permissions: Value) -> TokenBuilder {
    let mut authorization = Map::new();
    authorization.insert("permissions".to_owned(), permissions);
    token.claim("authorization", authorization)
}

async fn status(router: &Router, token: &str) -> u16 {
    bearing(router, token).await.status.as_u16()
}

fn assert_forbidden(reply: &Reply) {
    assert_eq!(reply.status, 403, "{reply:?}");
    assert_eq!(reply.error().as_deref(), Some("insufficient_scope"));
}

/// A server with one resource that may be viewed and printed.
async fn world() -> (World, Issuer<CanAsk>) {
    let world = World::start().await;
    world.server.add_resource(RESOURCE, ["view", "print"]);
    let issuer = world.asking().connect().await.unwrap();
    world.server.clear_requests();
    (world, issuer)
}

/// How often permissions, or tokens of our own, and tickets were asked for.
fn asked(world: &World) -> (usize, usize) {
    let count = |endpoint| world.server.request_count(endpoint);
    (count(Endpoint::Token), count(Endpoint::Permission))
}

//! What Keycloak's tokens look like.

use axum::{Router, routing::get as on_get};
use http::StatusCode;
use portcullis::{AuthenticateLayer, RequireRole, RequireScope};
use portcullis_conformance::{AUDIENCE, World, get, protected};
use serde_json::json;

use crate::support::{assert_ok, calls, get_at};

#[tokio::test]
async fn y42_quarkus_55207_a_lightweight_token_has_its_roles_on_local_routes_too() {
    let world = World::start().await;
    let verifier = world.asking().build().unwrap().hybrid();
    let route = |role| on_get(|| async {}).route_layer(RequireRole::realm(role));
    let router = Router::new()
        .route("/admin", route("admin"))
        .route("/audit", route("auditor"))
        .layer(AuthenticateLayer::new(verifier));
    let token = world.server.token().realm_roles(["admin"]);
    let token = token.audience(AUDIENCE).lightweight();
    for _ in 0..3 {
        assert_ok(&get_at(&router, "/admin", &token).await);
        let reply = get_at(&router, "/audit", &token).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(calls(&world), 1);
}

#[tokio::test]
async fn y43_keycloak_34306_a_token_without_sub_is_good() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    let token = world.server.token().without_claim("sub");
    for token in [token.clone().jwt(), token.opaque()] {
        let reply = get(&router, &token).await;
        assert_ok(&reply);
        assert_eq!(reply.json().get("sub"), None);
    }
}

#[tokio::test]
async fn y44_quarkus_50364_acr_may_be_a_string_or_an_array() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    for acr in [json!("1"), json!(["1", "2"]), json!(1)] {
        let token = world.server.token().claim("acr", acr.clone());
        for token in [token.clone().jwt(), token.opaque()] {
            let reply = get(&router, &token).await;
            assert_ok(&reply);
            assert_eq!(reply.json()["acr"], acr);
        }
    }
}

/// What a requesting party token may do is the application's to read: no scope of a route is
/// granted by it, in whatever shape it comes.
#[tokio::test]
async fn y45_keycloak_30781_permissions_in_any_shape_grant_no_scope_and_break_nothing() {
    let world = World::start().await;
    let verifier = world.asking().build().unwrap().introspection();
    let guard = RequireScope::all(["view"]).unwrap();
    let router = Router::new()
        .route("/", on_get(|| async {}))
        .route("/view", on_get(|| async {}).route_layer(guard))
        .layer(AuthenticateLayer::new(verifier));
    let entry = json!([{
        "rsid": "a", "rsname": "orders", "resource_id": "a",
        "scopes": ["view"], "resource_scopes": ["view"],
    }]);
    for member in ["permissions", "permission"] {
        let answer = json!({member: entry, "scope": "profile"});
        let token = world.server.token().introspects_as(answer).opaque();
        let reply = get_at(&router, "/", &token).await;
        assert_ok(&reply);
        let reply = get_at(&router, "/view", &token).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{member}");
    }
}

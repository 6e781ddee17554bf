//! What the server is asked is what the route requires, whatever a request names.

use axum::{Router, body::Body};
use http::Request;
use portcullis::RequirePermission;
use portcullis_conformance::send;

use crate::{RESOURCE, asked, by_path, guarded, status, world};

async fn at(router: &Router, name: &str, token: &str) -> u16 {
    let request = Request::get(format!("/{name}"))
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    send(router, request).await.status.as_u16()
}

#[tokio::test]
async fn t15_a_handler_asks_about_what_the_request_names() {
    let (world, issuer) = world().await;
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    let router = by_path(&issuer, RequirePermission::asking);
    let token = world.server.token().jwt();
    assert_eq!(at(&router, RESOURCE, &token).await, 200);
    assert_eq!(at(&router, "other", &token).await, 403);
}

#[tokio::test]
async fn t16_a_name_never_turns_a_question_into_another() {
    let (world, issuer) = world().await;
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    world.server.add_resource("secret", ["view"]);
    let router = by_path(&issuer, RequirePermission::asking);
    let token = world.server.token().jwt();
    let (before, _) = asked(&world);
    // Read as they stand, these would be questions about the scope that the user has.
    for name in [
        "hello-world-resource%23view",
        "hello-world-resource%23",
        "hello-world-resource%23view,",
        "a,b",
    ] {
        assert_eq!(at(&router, name, &token).await, 403, "{name}");
    }
    assert_eq!(asked(&world).0, before);
    let uma = issuer.uma();
    for requirement in [
        RequirePermission::of("", ["view"]),
        RequirePermission::of(RESOURCE, [""]),
        RequirePermission::of(RESOURCE, ["print,view"]),
        // All resources of a type, at Keycloak.
        RequirePermission::of("resource-type:album", ["view"]),
        RequirePermission::of("resource-type-any:album", ["view"]),
        RequirePermission::of_id("resource-type-owner:album", ["view"]),
    ] {
        let router = guarded(issuer.hybrid(), requirement.asking(&uma));
        assert_eq!(status(&router, &token).await, 403);
    }
    assert_eq!(asked(&world).0, before);
}

//! A token that is revoked at the server (RFC 7009).

use std::time::Duration;

use axum::body::Body;
use http::{Request, StatusCode};
use portcullis_conformance::{World, get, protected, send};
use portcullis_testing::Endpoint;

async fn active(router: &axum::Router, token: &str) -> StatusCode {
    let request = Request::post("/active")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    send(router, request).await.status
}

#[tokio::test]
async fn p8_each_way_of_verifying_keeps_its_promise() {
    let world = World::start().await;
    let lifetime = Duration::from_secs(60);
    let age = Duration::from_secs(10);
    let issuer = world
        .asking()
        .introspection_cache(age)
        .connect()
        .await
        .unwrap();
    let (local, hybrid, asking) = (
        protected(issuer.jwt()),
        protected(issuer.hybrid()),
        protected(issuer.introspection()),
    );
    let token = world.server.token().expires_in(lifetime).jwt();
    assert_eq!(get(&asking, &token).await.status, 200);
    assert!(world.server.revoke(&token));

    // What was kept serves for its time, what is verified here until the token's end.
    assert_eq!(get(&asking, &token).await.status, 200);
    assert_eq!(get(&local, &token).await.status, 200);
    // A live answer ends it everywhere in this process.
    assert_eq!(active(&hybrid, &token).await, 401);
    assert_eq!(get(&hybrid, &token).await.status, 401);
    assert_eq!(get(&asking, &token).await.status, 401);
}

#[tokio::test]
async fn p9_revoking_what_nobody_knows_is_good() {
    let world = World::start().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client
        .post(world.server.url(Endpoint::Revocation))
        .basic_auth("orders-api", Some("orders-secret"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("token=unknown");
    assert_eq!(request.send().await.unwrap().status(), 200);
}

use axum::{body::Body, http::Request};
use http_body_util::BodyExt;
use portcullis::Realm;
use portcullis_testing::AuthorizationServer;
use tower::ServiceExt;

use super::*;

async fn world() -> (AuthorizationServer, Router) {
    let server = AuthorizationServer::builder()
        .audience("orders-api")
        .client("orders-api", "secret")
        .start()
        .await
        .unwrap();
    let realm = Realm::new(server.issuer())
        .unwrap()
        .audience("orders-api")
        .client_secret("orders-api", "secret")
        .build()
        .unwrap();
    let verifier = realm.hybrid();
    let router = router(verifier, "orders-api", move || realm.readiness());
    (server, router)
}

async fn call(router: &Router, method: &str, path: &str, token: &str) -> (StatusCode, String) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn an_ended_session_pays_no_more() {
    let (server, router) = world().await;
    let session = server.login("ali");
    let token = session.token().jwt();
    assert_eq!(
        call(&router, "GET", "/orders", &token).await.0,
        StatusCode::OK
    );
    assert_eq!(
        call(&router, "POST", "/payments", &token).await.0,
        StatusCode::OK
    );
    session.end();
    assert_eq!(
        call(&router, "GET", "/orders", &token).await.0,
        StatusCode::OK
    );
    assert_eq!(
        call(&router, "POST", "/payments", &token).await.0,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_role_that_was_taken_away_counts_until_the_server_is_asked() {
    let (server, router) = world().await;
    let session = server.login("ali");
    let token = session.token().realm_roles(["admin"]).jwt();
    server.set_realm_roles("ali", ["admin"]);
    assert_eq!(
        call(&router, "POST", "/admin", &token).await.0,
        StatusCode::OK
    );
    server.set_realm_roles("ali", Vec::<String>::new());
    assert_eq!(
        call(&router, "GET", "/admin", &token).await.0,
        StatusCode::OK
    );
    assert_eq!(
        call(&router, "POST", "/admin", &token).await.0,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_client_role_is_that_clients_alone() {
    let (server, router) = world().await;
    let token = |client: &str| server.token().client_roles(client, ["auditor"]).jwt();
    let (own, other) = (token("orders-api"), token("another-api"));
    assert_eq!(call(&router, "GET", "/audit", &own).await.0, StatusCode::OK);
    assert_eq!(
        call(&router, "GET", "/audit", &other).await.0,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn me_tells_what_the_token_says() {
    let (server, router) = world().await;
    let token = server.login("ali").token().realm_roles(["admin"]).jwt();
    let (status, body) = call(&router, "GET", "/me", &token).await;
    let me: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status, StatusCode::OK);
    assert_eq!(me["realm_roles"], serde_json::json!(["admin"]));
    assert_eq!(me["verified_by"], "jwt");
}

#[tokio::test]
async fn it_is_ready_once_a_token_can_be_judged() {
    let (server, router) = world().await;
    let (status, body) = call(&router, "GET", "/readyz", "").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body, "not ready");
    let token = server.token().jwt();
    assert_eq!(
        call(&router, "GET", "/orders", &token).await.0,
        StatusCode::OK
    );
    let (status, body) = call(&router, "GET", "/readyz", "").await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "ready"));
}

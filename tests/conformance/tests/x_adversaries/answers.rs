//! Answers of the authorization server that are read wrongly, or kept for others.

use axum::{Router, body::Body, routing::get as route};
use http::Request;
use portcullis::{AuthenticateLayer, Issuer, RequireScope};
use portcullis_conformance::{
    AUDIENCE, CLIENT_ID, CLIENT_SECRET, Reply, World, get, protected, send,
};
use portcullis_testing::AuthorizationServerBuilder;
use serde_json::json;

#[tokio::test]
async fn x19_a_kept_answer_is_held_against_each_routes_scopes() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let guard = |scope: &str| RequireScope::all([scope]).unwrap();
    let router = Router::new()
        .route("/read", route(|| async {}).layer(guard("read")))
        .route("/admin", route(|| async {}).layer(guard("admin")))
        .layer(AuthenticateLayer::new(issuer.introspection()));
    let token = world.server.token().scope("read").opaque();
    let at = async |path: &str| -> Reply {
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        send(&router, request.body(Body::empty()).unwrap()).await
    };
    assert_eq!(at("/read").await.status, 200);
    assert_eq!(at("/admin").await.status, 403);
    assert_eq!(at("/read").await.status, 200);
    assert_eq!(world.calls(), 1);
}

#[tokio::test]
async fn x20_an_answer_of_one_server_is_not_anothers() {
    let (one, other) = (World::start().await, World::start().await);
    let token = one.server.token().opaque_value("the-same");
    let routers = [&one, &other].map(|world| {
        let issuer = world.asking().build().unwrap();
        protected(issuer.introspection())
    });
    let [at_one, at_other] = &routers;
    assert_eq!(get(at_one, &token).await.status, 200);
    get(at_other, &token).await.assert_invalid_token();
    assert_eq!((one.calls(), other.calls()), (1, 1));
}

#[tokio::test]
async fn x21_tokens_of_the_same_claims_are_two_tokens() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().introspection());
    let build = || {
        world
            .server
            .token()
            .claim("jti", "same")
            .claim("sid", "same")
    };
    let (alive, dead) = (build().claim("n", 1).jwt(), build().claim("n", 2).jwt());
    assert_eq!(get(&router, &alive).await.status, 200);
    world.server.revoke(&dead);
    get(&router, &dead).await.assert_invalid_token();
    assert_eq!(world.calls_about(&dead), 1);
}

#[tokio::test]
async fn x22_the_issuer_is_compared_in_answers_too() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().introspection());
    let said = json!({"iss": "https://evil.example"});
    let token = world.server.token().introspects_as(said).opaque();
    get(&router, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn x23_certificates_are_checked_and_plain_http_is_refused() {
    let build = |endpoint: &str| {
        Issuer::builder("https://id.example")
            .unwrap()
            .audience(AUDIENCE)
            .client_secret(CLIENT_ID, CLIENT_SECRET)
            .introspection_endpoint(endpoint)
            .build()
    };
    assert!(build("http://id.example/introspect").is_err());
    assert!(build("https://id.example/introspect").is_ok());
    // A certificate that nobody vouches for: the token stays where it is.
    let world = World::with(AuthorizationServerBuilder::tls).await;
    let router = protected(world.asking().build().unwrap().introspection());
    let reply = get(&router, &world.server.token().opaque()).await;
    reply.assert_unavailable();
    assert_eq!(world.calls(), 0);
}

#[tokio::test]
async fn x24_inactive_is_inactive_whatever_comes_with_it() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().introspection());
    let full = world.server.token().jwt();
    let said = json!({"active": false, "scope": "admin", "jwt": full, "sub": "alice"});
    let token = world.server.token().introspects_as(said).opaque();
    let reply = get(&router, &token).await;
    reply.assert_invalid_token();
    assert!(
        !String::from_utf8(reply.body.to_vec())
            .unwrap()
            .contains(&full)
    );
}

use http::StatusCode;
use portcullis_testing::{Endpoint, Fault};

use crate::world::World;

const RULES: &str = r#"
[[rules]]
path = "/public/**"
public = true
[[rules]]
path = "/orders/**"
methods = ["GET"]
scopes = ["orders:read"]
[[rules]]
path = "/admin/**"
roles = ["admin"]
client_roles = { orders-api = ["editor"] }
"#;

#[tokio::test]
async fn a_good_token_is_let_in_and_says_who_it_is() {
    let world = World::start().await;
    let gate = world.gate(RULES);
    let token = world.token().scope("orders:read profile").jwt();
    for request in ["GET /orders", "GET /orders/1?x=y", "HEAD /orders"] {
        let answer = gate.ask(request, &token).await;
        assert_eq!(answer.status, StatusCode::OK, "{request}");
        assert_eq!(answer.only("x-auth-subject"), "alice");
        assert_eq!(answer.only("x-auth-client"), "shop-web");
        assert_eq!(answer.only("x-auth-scopes"), "orders:read,profile");
        assert_eq!(answer.only("authorization"), "");
        assert_eq!(answer.only("cache-control"), "no-store");
    }
    assert_eq!(world.calls(), 0);
}

#[tokio::test]
async fn what_no_rule_allows_is_denied_with_the_best_of_tokens() {
    let world = World::start().await;
    let gate = world.gate(RULES);
    let token = world
        .token()
        .scope("orders:read")
        .realm_roles(["admin"])
        .jwt();
    for request in [
        "GET /",
        "POST /orders",
        "GET /order",
        "get /orders",
        "GET /ORDERS",
    ] {
        let answer = gate.ask(request, &token).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{request}");
        assert!(answer.headers.get("www-authenticate").is_none());
        answer.assert_nobody();
    }
}

#[tokio::test]
async fn every_answer_says_every_header_that_is_owned() {
    let world = World::start().await;
    let gate = world.gate(RULES);
    let spoofed = [
        ("x-auth-subject", "root"),
        ("x-auth-scopes", "everything"),
        ("x_auth_subject", "root"),
    ];
    let bad = ("authorization", "Bearer nonsense");
    let twice = [("authorization", "Bearer a"), ("authorization", "Bearer b")];
    for (request, headers, status) in [
        ("GET /public/a", &spoofed[..], StatusCode::OK),
        (
            "GET /public/a",
            &[&spoofed[..], &[bad]].concat(),
            StatusCode::OK,
        ),
        ("GET /orders", &spoofed, StatusCode::UNAUTHORIZED),
        (
            "GET /orders",
            &[&spoofed[..], &[bad]].concat(),
            StatusCode::UNAUTHORIZED,
        ),
        (
            "GET /orders",
            &[&spoofed[..], &twice].concat(),
            StatusCode::BAD_REQUEST,
        ),
        ("GET /nowhere", &spoofed, StatusCode::FORBIDDEN),
        ("GET /public//a", &spoofed, StatusCode::FORBIDDEN),
    ] {
        let answer = gate.ask_with(request, headers).await;
        assert_eq!(answer.status, status, "{request} {headers:?}");
        answer.assert_nobody();
        assert_eq!(answer.only("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn a_challenge_tells_the_client_what_is_missing() {
    let world = World::start().await;
    let gate = world.gate(RULES);
    let none = gate.ask_with("GET /orders", &[]).await;
    assert_eq!(none.status, StatusCode::UNAUTHORIZED);
    assert_eq!(none.only("www-authenticate"), r#"Bearer realm="api""#);
    let poor = gate
        .ask("GET /orders", &world.token().scope("profile").jwt())
        .await;
    assert_eq!(poor.status, StatusCode::FORBIDDEN);
    assert!(
        poor.only("www-authenticate")
            .contains(r#"scope="orders:read""#)
    );
    poor.assert_nobody();
}

#[tokio::test]
async fn all_roles_of_a_rule_are_needed() {
    let world = World::start().await;
    let gate = world.gate(RULES);
    let roles = |realm: &[&str], client: &[&str]| {
        let token = world.token().realm_roles(realm.to_vec());
        token.client_roles("orders-api", client.to_vec()).jwt()
    };
    for (token, status) in [
        (roles(&["admin"], &["editor"]), StatusCode::OK),
        (roles(&["admin"], &[]), StatusCode::FORBIDDEN),
        (roles(&[], &["editor"]), StatusCode::FORBIDDEN),
        (roles(&["editor"], &["admin"]), StatusCode::FORBIDDEN),
    ] {
        assert_eq!(gate.ask("POST /admin/x", &token).await.status, status);
    }
}

#[tokio::test]
async fn what_nobody_can_know_is_503_with_retry_after() {
    let world = World::start().await;
    let gate = world.gate(RULES);
    world.server.inject(Endpoint::Jwks, Fault::status(500));
    world.server.inject(Endpoint::Jwks, Fault::status(500));
    let token = world.token().scope("orders:read").jwt();
    let answer = gate.ask("GET /orders", &token).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.only("retry-after"), "1");
    answer.assert_nobody();
}

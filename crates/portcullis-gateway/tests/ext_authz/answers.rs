use envoy_types::pb::envoy::config::core::v3::header_value_option::HeaderAppendAction;
use portcullis_testing::{Endpoint, Fault};

use crate::world::{Answer, LOCAL, World, question, to_host, values};

const RULES: &str = r#"
[identity]
X-User = "subject"
X-Roles = "/realm_access/roles"
[upstreams.legacy]
authorization = "phantom"
hosts = ["api.example"]
[upstreams.own]
authorization = "keep"
hosts = ["api.example"]
[[rules]]
path = "/public/**"
public = true
[[rules]]
path = "/orders/**"
methods = ["GET"]
scopes = ["orders:read"]
[[rules]]
path = "/payments"
live = true
[[rules]]
path = "/own"
upstream = "own"
[[rules]]
path = "/legacy"
upstream = "legacy"
"#;

#[tokio::test]
async fn a_good_token_is_let_in_and_what_is_owned_is_overwritten_or_taken_off() {
    let world = World::start(LOCAL, RULES).await;
    let plain = world.token().realm_roles([""; 0]);
    let token = plain.scope("orders:read").jwt();
    let allowed = world.ask_as("GET /orders/1?x=y", &token).await.allowed();
    assert_eq!(values(&allowed.headers, "x-user"), ["alice"]);
    assert_eq!(allowed.headers.len(), 1);
    assert_eq!(allowed.headers_to_remove, ["authorization", "x-roles"]);
    assert!(allowed.response_headers_to_add.is_empty());
    let overwrite = HeaderAppendAction::OverwriteIfExistsOrAdd as i32;
    assert_eq!(allowed.headers[0].append_action, overwrite);

    let token = world
        .token()
        .scope("orders:read")
        .realm_roles(["a", "b"])
        .jwt();
    let allowed = world.ask_as("GET /orders", &token).await.allowed();
    assert_eq!(values(&allowed.headers, "x-roles"), ["a,b"]);
    assert_eq!(allowed.headers_to_remove, ["authorization"]);
}

#[tokio::test]
async fn whoever_is_let_in_as_nobody_is_nobody() {
    let world = World::start(LOCAL, RULES).await;
    let spoofed = [
        ("x-user", "root"),
        ("authorization", "Bearer x"),
        ("x-roles", "admin"),
    ];
    let allowed = world.ask("GET /public/a", &spoofed).await.allowed();
    assert!(allowed.headers.is_empty());
    assert_eq!(
        allowed.headers_to_remove,
        ["authorization", "x-roles", "x-user"]
    );
}

#[tokio::test]
async fn an_upstream_gets_the_token_that_is_meant_for_it() {
    let world = World::start(LOCAL, RULES).await;
    let token = world.token().jwt();
    let allowed = world.ask_as("GET /own", &token).await.allowed();
    let own = format!("Bearer {token}");
    assert_eq!(values(&allowed.headers, "authorization"), [&own]);

    let allowed = world
        .ask_as("GET /legacy", &world.token().opaque())
        .await
        .allowed();
    let full = values(&allowed.headers, "authorization")[0];
    assert_eq!(full.matches('.').count(), 2, "{full}");
}

/// Under the same path another virtual host of Envoy's may have another upstream.
#[tokio::test]
async fn the_token_for_one_host_goes_to_no_other() {
    let world = World::start(LOCAL, RULES).await;
    let (jwt, opaque) = (world.token().jwt(), world.token().opaque());
    for (request, token) in [("GET /own", &jwt), ("GET /legacy", &opaque)] {
        let authorization = format!("Bearer {token}");
        let question = || question(request, &[("authorization", &authorization)]);
        world.check(question()).await.allowed();
        world
            .check(to_host(question(), "API.example"))
            .await
            .allowed();
        for host in ["", "evil.example", "api.example:8443", "api.example."] {
            let denied = world.check(to_host(question(), host)).await.denied(403);
            for owned in ["authorization", "x-user", "x-roles"] {
                assert!(values(&denied.headers, owned).is_empty(), "{owned}");
            }
            assert!(values(&denied.headers, "www-authenticate").is_empty());
        }
    }
    assert_eq!(world.server.request_count(Endpoint::Introspection), 1);
    // A rule that gives no token away is for whatever host.
    let orders = world.token().scope("orders:read").jwt();
    let authorization = format!("Bearer {orders}");
    let orders = question("GET /orders", &[("authorization", &authorization)]);
    world.check(to_host(orders, "evil.example")).await.allowed();
}

#[tokio::test]
async fn a_denial_says_what_the_client_reads() {
    let world = World::start(LOCAL, RULES).await;
    let none = world.ask("GET /orders", &[]).await.denied(401);
    assert_eq!(
        values(&none.headers, "www-authenticate"),
        [r#"Bearer realm="api""#]
    );
    assert_eq!(values(&none.headers, "cache-control"), ["no-store"]);
    assert_eq!(values(&none.headers, "content-type"), ["application/json"]);
    assert!(none.body.starts_with('{'), "{}", none.body);

    let poor = world
        .ask_as("GET /orders", &world.token().jwt())
        .await
        .denied(403);
    let challenge = values(&poor.headers, "www-authenticate")[0];
    assert!(challenge.contains(r#"scope="orders:read""#), "{challenge}");

    let twice = [("authorization", "Bearer a"), ("authorization", "Bearer b")];
    world.ask("GET /orders", &twice).await.denied(400);
    for headers in [&none.headers, &poor.headers] {
        for owned in ["authorization", "x-user", "x-roles"] {
            assert!(values(headers, owned).is_empty(), "{owned}");
        }
    }
}

#[tokio::test]
async fn what_no_rule_allows_is_denied_with_the_best_of_tokens() {
    let world = World::start(LOCAL, RULES).await;
    let token = world.token().scope("orders:read").jwt();
    for request in [
        "GET /",
        "POST /orders",
        "get /orders",
        "GET /ORDERS",
        "GET /order",
        "GET /public//a",
        "GET /public/../orders",
        "GET /public/%2e%2e/orders",
        "GET /public/a%2Fb",
        "GET /public;x/a",
        "GET /public/a\\b",
        "GET //public/a",
        "GET http://api.example/public/a",
        "OPTIONS *",
        "CONNECT api.example:443",
    ] {
        let denied = world.ask_as(request, &token).await.denied(403);
        assert!(
            values(&denied.headers, "www-authenticate").is_empty(),
            "{request}"
        );
    }
}

#[tokio::test]
async fn what_nobody_can_know_is_503_with_retry_after() {
    let world = World::start(LOCAL, RULES).await;
    let token = world.token().jwt();
    assert!(matches!(
        world.ask_as("GET /payments", &token).await,
        Answer::Allowed(_)
    ));
    for _ in 0..16 {
        world
            .server
            .inject(Endpoint::Introspection, Fault::status(503));
    }
    let denied = world.ask_as("GET /payments", &token).await.denied(503);
    assert_eq!(values(&denied.headers, "retry-after").len(), 1);
}

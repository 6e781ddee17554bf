use axum::{
    Router,
    http::{HeaderMap, StatusCode},
};
use portcullis_testing::{Client, Endpoint, Fault};
use tokio::net::TcpListener;

use crate::world::World;

const RULES: &str = r#"
[upstreams.legacy]
authorization = "phantom"
hosts = ["api.example"]
[[rules]]
path = "/orders"
scopes = ["orders:read"]
[[rules]]
path = "/payments"
live = true
[[rules]]
path = "/legacy"
upstream = "legacy"
"#;

#[tokio::test]
async fn a_refusal_says_through_nginx_what_it_says() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    let none = world.send("GET /orders", &[]).await;
    assert_eq!(none.status, 401);
    assert_eq!(none.only("www-authenticate"), Some(r#"Bearer realm="api""#));

    let bad = world.send_as("GET /orders", "nonsense").await;
    assert_eq!(bad.status, 401);
    assert!(
        bad.only("www-authenticate")
            .unwrap()
            .contains(r#"error="invalid_token""#)
    );

    let poor = world
        .send_as("GET /orders", &world.token().scope("other").jwt())
        .await;
    assert_eq!(poor.status, 403);
    let challenge = poor.only("www-authenticate").unwrap_or_default();
    assert!(
        challenge.contains(r#"error="insufficient_scope""#),
        "{poor:?}"
    );
    for refused in [&none, &bad, &poor] {
        assert_eq!(
            refused.only("cache-control"),
            Some("no-store"),
            "{refused:?}"
        );
    }

    let twice = [("Authorization", "Bearer a"), ("Authorization", "Bearer b")];
    let twice = world.send("GET /orders", &twice).await;
    assert_eq!(twice.status, 400, "{twice:?}");
    assert_eq!(world.send("GET /nowhere", &[]).await.status, 403);
    assert_eq!(world.upstream.requests(), 0);

    let good = world.token().scope("orders:read").jwt();
    let good = world.send_as("GET /orders", &good).await;
    assert_eq!(good.status, 200);
    for name in ["www-authenticate", "cache-control", "dpop-nonce"] {
        assert!(!good.headers.iter().any(|(own, _)| own == name), "{good:?}");
    }
}

#[tokio::test]
async fn what_nobody_can_know_stays_503_with_retry_after() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    let token = world.token().jwt();
    assert_eq!(world.send_as("GET /payments", &token).await.status, 200);
    for _ in 0..16 {
        let wait = Fault::status(503).header("Retry-After", "7");
        world.server.inject(Endpoint::Introspection, wait);
    }
    let reply = world.send_as("GET /payments", &token).await;
    assert_eq!(reply.status, 503, "{reply:?}");
    let wait: u32 = reply.only("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(reply.only("cache-control"), Some("no-store"));
    assert!(reply.only("www-authenticate").is_none());
    assert_eq!(world.upstream.requests(), 1);
}

#[tokio::test]
async fn without_its_forward_auth_server_nginx_lets_nobody_in() {
    let Some(mut world) = World::start(RULES).await else {
        return;
    };
    let token = world.token().scope("orders:read").jwt();
    assert_eq!(world.send_as("GET /orders", &token).await.status, 200);
    world.gateway.kill();
    let reply = world.send_as("GET /orders", &token).await;
    assert_eq!(reply.status, 503, "{reply:?}");
    assert_eq!(reply.only("retry-after"), Some("1"));
    assert_eq!(world.upstream.requests(), 1);
    world.gateway.start_again().await.unwrap();
    // nginx tries one that was gone again after a while.
    let back = portcullis_gateway_suite::until(
        "nginx asks again",
        std::time::Duration::from_secs(30),
        async || Ok((world.send_as("GET /orders", &token).await.status == 200).then_some(())),
    );
    back.await.unwrap();
}

#[tokio::test]
async fn a_mistake_of_ours_stays_500_and_is_told_in_the_log() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    world
        .server
        .add_client(Client::new("gateway", "gateway-secret"));
    let reply = world.send_as("GET /legacy", &world.token().opaque()).await;
    assert_eq!(reply.status, 500);
    assert_eq!(world.upstream.requests(), 0);
    let log = world.gateway.logged().unwrap();
    assert!(
        log.contains("client.introspection.response.allow.jwt.claim.enabled"),
        "{log}"
    );
}

/// Whatever is listened to in the forward-auth server's place says it so.
#[tokio::test]
async fn more_of_a_request_than_is_read_is_no_mistake_of_ours() {
    let Some(mut world) = World::start(RULES).await else {
        return;
    };
    world.gateway.kill();
    let listener = TcpListener::bind(("127.0.0.1", world.gateway.port()))
        .await
        .unwrap();
    let said = async |headers: HeaderMap| {
        let said = headers.get("x-said").unwrap().to_str().unwrap();
        StatusCode::from_bytes(said.as_bytes()).unwrap()
    };
    let serving = tokio::spawn(async move {
        axum::serve(listener, Router::new().fallback(said))
            .await
            .unwrap();
    });
    for (said, status) in [("413", 413), ("414", 414), ("431", 431), ("418", 500)] {
        let reply = world.send("GET /orders", &[("X-Said", said)]).await;
        assert_eq!(reply.status, status, "{reply:?}");
        assert_eq!(reply.only("cache-control"), Some("no-store"));
    }
    assert_eq!(world.upstream.requests(), 0);
    serving.abort();
}

use std::time::Duration;

use portcullis_gateway_suite::until;
use portcullis_testing::{Client, Endpoint, Fault};

use crate::world::World;

const RULES: &str = r#"
[dpop]
external_urls = ["https://api.example"]
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
async fn a_refusal_says_through_envoy_what_it_says() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    let none = world.send("GET /orders", &[]).await;
    assert_eq!(none.status, 401);
    let challenges: Vec<_> = none
        .headers
        .iter()
        .filter(|(name, _)| name == "www-authenticate")
        .map(|(_, value)| value.as_str())
        .collect();
    // One for each way to come, line by line or in one list.
    let all = challenges.join(", ");
    assert!(
        all.contains("Bearer realm=") && all.contains("DPoP realm="),
        "{none:?}"
    );
    assert_eq!(none.only("content-type"), Some("application/json"));
    assert_eq!(none.only("cache-control"), Some("no-store"));
    assert!(none.only("retry-after").is_none());
    assert!(none.body.starts_with('{'), "{none:?}");

    let bad = world.send_as("GET /orders", "nonsense").await;
    assert_eq!(bad.status, 401);
    assert!(format!("{bad:?}").contains("invalid_token"), "{bad:?}");
    let poor = world
        .send_as("GET /orders", &world.token().scope("other").jwt())
        .await;
    assert_eq!(poor.status, 403);
    assert!(
        format!("{poor:?}").contains("insufficient_scope"),
        "{poor:?}"
    );
    let twice = [("Authorization", "Bearer a"), ("Authorization", "Bearer b")];
    assert_eq!(world.send("GET /orders", &twice).await.status, 400);
    assert_eq!(world.send("GET /nowhere", &[]).await.status, 403);
    assert_eq!(world.upstream.requests(), 0);
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
    assert!(reply.only("www-authenticate").is_none());
    assert_eq!(world.upstream.requests(), 1);
}

#[tokio::test]
async fn without_its_forward_auth_server_envoy_lets_nobody_in() {
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
    let back = until("Envoy asks again", Duration::from_secs(30), async || {
        Ok((world.send_as("GET /orders", &token).await.status == 200).then_some(()))
    });
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
    let cure = "client.introspection.response.allow.jwt.claim.enabled";
    assert!(log.contains(cure), "{log}");
}

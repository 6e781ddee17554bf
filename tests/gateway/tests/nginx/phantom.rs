use crate::world::World;

const RULES: &str = r#"
[upstreams.legacy]
authorization = "phantom"
hosts = ["api.example"]
[[rules]]
path = "/legacy"
upstream = "legacy"
[[rules]]
path = "/other"
"#;

#[tokio::test]
async fn the_full_token_goes_to_the_named_upstream_alone() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    for token in [
        world.token().opaque(),
        world.token().audience("orders-api").lightweight(),
    ] {
        let reply = world.send_as("GET /legacy", &token).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let reached = reply.reached().unwrap();
        let values = reached.values_like("authorization");
        let [full] = values[..] else {
            panic!("{reached:?}")
        };
        let full = full.strip_prefix("Bearer ").unwrap();
        assert_eq!(full.split('.').count(), 3);
        assert_ne!(full, token);
        // Nothing of the one that came goes on.
        assert!(
            !reached
                .headers
                .iter()
                .any(|(_, value)| value.contains(&token))
        );
        let other = world.send_as("GET /other", &token).await.reached().unwrap();
        assert!(other.values_like("authorization").is_empty());
    }
    let log = world.gateway.logged().unwrap();
    assert!(!log.contains("eyJ"), "a token is in the log");
}

/// nginx serves whatever host it has no other `server` for, and tells it without its port.
#[tokio::test]
async fn the_token_for_one_host_goes_to_no_other() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    let token = world.token().opaque();
    for host in ["api.example", "API.example", "api.example:8443"] {
        let reply = world.send_to(host, "GET /legacy", &token).await;
        let reached = reply.reached().unwrap();
        assert_eq!(reached.values_like("authorization").len(), 1, "{host}");
    }
    let reached = world.upstream.requests();
    for host in ["evil.example", "api.example.evil", "127.0.0.1:8443"] {
        let reply = world.send_to(host, "GET /legacy", &token).await;
        assert_eq!(reply.status, 403, "{host} {reply:?}");
        let other = world.send_to(host, "GET /other", &token).await;
        let other = other.reached().unwrap();
        assert!(other.values_like("authorization").is_empty(), "{host}");
    }
    assert_eq!(world.upstream.requests(), reached + 3);
    let denied = "portcullis_gateway_denials_total{reason=\"other_host\"}";
    let denied = world.gateway.metric(denied).await.unwrap();
    assert_eq!(denied, 3.0);
}

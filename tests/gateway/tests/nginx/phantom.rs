use crate::world::World;

const RULES: &str = r#"
[upstreams.legacy]
authorization = "phantom"
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

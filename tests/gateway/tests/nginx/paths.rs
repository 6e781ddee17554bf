use portcullis_gateway_suite::PATH_TRICKS;

use crate::world::World;

const RULES: &str = r#"
[[rules]]
path = "/**"
public = true
[[rules]]
path = "/admin/**"
roles = ["admin"]
"#;

#[tokio::test]
async fn no_spelling_of_a_path_gets_past_its_rule_to_the_upstream() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    assert_eq!(world.send("GET /shop", &[]).await.status, 200);
    assert_eq!(world.upstream.requests(), 1);
    // Envoy has made this one plain before it asks.
    let doubled = "/x//admin";
    for trick in PATH_TRICKS.iter().chain([&doubled]) {
        let reply = world.send(&format!("GET {trick}"), &[]).await;
        assert!(
            matches!(reply.status, 400 | 401 | 403),
            "{trick:?}: {}",
            reply.status
        );
        assert_eq!(world.upstream.requests(), 1, "{trick:?}");
    }
    // The address in whole is the same request, and no trick.
    let reply = world.send("GET http://api.example/shop", &[]).await;
    assert_eq!(reply.status, 200);
    let token = world.token().realm_roles(["admin"]).jwt();
    assert_eq!(world.send_as("GET /admin/users", &token).await.status, 200);
}

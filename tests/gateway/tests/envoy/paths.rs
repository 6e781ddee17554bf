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
    for trick in PATH_TRICKS {
        let reply = world.send(&format!("GET {trick}"), &[]).await;
        let status = reply.status;
        assert!(matches!(status, 400 | 401 | 403), "{trick:?}: {status}");
        assert_eq!(world.upstream.requests(), 1, "{trick:?}");
    }
    // The address in whole is the same request, and no trick; nor is a path that Envoy has made plain for
    // everybody.
    for (line, target) in [
        ("GET http://api.example/shop", "/shop"),
        ("GET /a/../shop", "/shop"),
        ("GET //shop", "/shop"),
    ] {
        let reply = world.send(line, &[]).await;
        assert_eq!(reply.status, 200, "{line}");
        assert_eq!(reply.reached().unwrap().target, target, "{line}");
    }
    let token = world.token().realm_roles(["admin"]).jwt();
    assert_eq!(world.send_as("GET /admin/users", &token).await.status, 200);
}

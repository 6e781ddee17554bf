//! A file that is for another gateway than the one that asks.

use crate::world::World;

const RULES: &str = r#"
[[rules]]
path = "/public"
public = true
[[rules]]
path = "/admin"
roles = ["admin"]
"#;

/// What a client writes who knows how Traefik asks.
const LIES: &[(&str, &str)] = &[
    ("X-Forwarded-Method", "GET"),
    ("X-Forwarded-Uri", "/public"),
    ("X-Forwarded-Host", "api.example"),
];

#[tokio::test]
async fn nginx_passes_on_nothing_that_another_gateway_is_believed_by() {
    let Some(mut world) = World::start(RULES).await else {
        return;
    };
    assert_eq!(world.send("GET /public", LIES).await.status, 200);
    assert_eq!(world.send("GET /admin", LIES).await.status, 401);
    world.gateway.write_for("traefik", RULES).unwrap();
    world.gateway.start_again().await.unwrap();
    for line in ["GET /admin", "GET /public"] {
        let reply = world.send(line, LIES).await;
        assert_eq!(reply.status, 403, "{line}: {reply:?}");
    }
    assert_eq!(world.upstream.requests(), 1);
}

#[tokio::test]
async fn nothing_is_printed_for_another_gateway_than_that_of_the_file() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    for (said, kind) in [
        ("traefik", "nginx"),
        ("envoy", "nginx"),
        ("nginx", "traefik"),
        ("nginx", "envoy"),
    ] {
        world.gateway.write_for(said, RULES).unwrap();
        let refused = world.gateway.printed(kind, &[]).await.unwrap_err();
        let refused = refused.to_string();
        for named in [
            ".toml:3: ".to_owned(),
            format!("`gateway = \"{said}\"`"),
            format!("`gateway = \"{kind}\"`"),
        ] {
            assert!(refused.contains(&named), "{refused}");
        }
        assert!(world.gateway.printed(said, &[]).await.is_ok(), "{said}");
    }
}

#[tokio::test]
async fn another_gateway_needs_a_new_start() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    for kind in ["traefik", "envoy"] {
        world.gateway.write_for(kind, RULES).unwrap();
        world.gateway.reload("refused").await.unwrap();
        assert_eq!(world.send("GET /public", LIES).await.status, 200, "{kind}");
    }
}

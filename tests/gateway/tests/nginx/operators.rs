//! What an operator has written into the `server` opens nothing.

use crate::world::World;

const RULES: &str = r#"
[identity]
X-User = "subject"
[upstreams.legacy]
authorization = "phantom"
hosts = ["api.example"]
[[rules]]
path = "/orders/**"
[[rules]]
path = "/legacy/**"
upstream = "legacy"
"#;

/// Pages for when something is out of reach, in each form that makes 200 of the status.
const MAINTENANCE: &[&str] = &[
    "error_page 500 502 503 504 =200 /maintenance.html;
     location = /maintenance.html { return 200 down; }",
    "error_page 500 502 503 504 = @maintenance;
     location @maintenance { return 200 down; }",
    "error_page 500 502 503 504 = @maintenance;
     recursive_error_pages on;
     location @maintenance { proxy_pass http://service; }",
];

#[tokio::test]
async fn a_page_for_when_something_is_down_lets_nobody_in() {
    for own in MAINTENANCE {
        let Some(mut world) = World::start_with(RULES, own).await else {
            return;
        };
        let token = world.token().jwt();
        assert_eq!(world.send_as("GET /orders", &token).await.status, 200);
        world.gateway.kill();
        for token in [&*token, "nonsense"] {
            let reply = world.send_as("GET /orders", token).await;
            assert_eq!(reply.status, 503, "{own}: {reply:?}");
            assert_eq!(reply.only("retry-after"), Some("1"), "{own}");
        }
        assert_eq!(world.upstream.requests(), 1, "{own}");
    }
}

#[tokio::test]
async fn a_rewrite_of_the_server_leads_no_question_astray() {
    for own in [
        "rewrite ^/(.*)$ /orders/$1 last;",
        "if ($request_method = GET) { rewrite ^ /index.php?q=$uri; }",
        "if ($uri ~ ^/_) { return 204; }",
    ] {
        let Some(world) = World::start_with(RULES, own).await else {
            return;
        };
        let reply = world.send("GET /orders/1", &[]).await;
        assert_eq!(reply.status, 401, "{own}: {reply:?}");
        assert_eq!(world.upstream.requests(), 0, "{own}");
        let reply = world.send_as("GET /orders/1", &world.token().jwt()).await;
        assert_eq!(reply.status, 200, "{own}: {reply:?}");
    }
}

#[tokio::test]
async fn an_upstream_that_sends_nginx_to_the_question_shows_nobody_the_answer() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    let reply = world
        .send_as("GET /legacy/accel", &world.token().opaque())
        .await;
    assert_eq!(world.upstream.requests(), 1);
    let told = |name: &str| reply.headers.iter().any(|(own, _)| own == name);
    assert!(!told("authorization") && !told("x-user"), "{reply:?}");
    assert!(!format!("{reply:?}").contains("eyJ"), "{reply:?}");
}

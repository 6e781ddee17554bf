use crate::world::World;

const RULES: &str = r#"
[identity]
X-User = "subject"
X-Auth-Roles = "/realm_access/roles"
X-Auth-Groups = "/groups"
[[rules]]
path = "/public"
public = true
[[rules]]
path = "/orders/**"
"#;

/// Every way in which a client may try to be somebody else.
const SPOOFED: &[(&str, &str)] = &[
    ("X-User", "root"),
    ("X-User", "root2"),
    ("x-user", "root"),
    ("X-USER", "root"),
    ("X_User", "root"),
    ("x_user", "root"),
    ("X_USER", "root"),
    ("X-Auth-Roles", "admin"),
    ("X_Auth_Roles", "admin"),
    ("X-Auth_Roles", "admin"),
    ("X_Auth-Roles", "admin"),
    ("X-Auth-Roles", "owner"),
    ("X-Auth-Groups", "root"),
    ("x_auth_groups", "root"),
    ("X.User", "root"),
];

#[tokio::test]
async fn no_spelling_of_an_identity_header_reaches_the_upstream() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    let token = world.token().realm_roles(["clerk", "a,b"]).jwt();
    let authorization = format!("Bearer {token}");
    let reply = world
        .send(
            "GET /orders/1",
            &[SPOOFED, &[("Authorization", &authorization)]].concat(),
        )
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let reached = reply.reached().unwrap();
    assert_eq!(reached.values_like("x-user"), ["alice"]);
    assert_eq!(reached.values_like("x-auth-roles"), ["clerk,a%2Cb"]);
    assert!(
        reached.values_like("authorization").is_empty(),
        "{reached:?}"
    );
    assert!(
        !reached
            .headers
            .iter()
            .any(|(_, value)| value.contains("root"))
    );

    // Whoever is nobody is nobody to the upstream, too.
    for token in [None, Some(&*authorization), Some("Bearer nonsense")] {
        let own = token.map(|token| ("Authorization", token));
        let headers: Vec<_> = SPOOFED.iter().copied().chain(own).collect();
        let reply = world.send("GET /public", &headers).await;
        assert_eq!(reply.status, 200);
        let reached = reply.reached().unwrap();
        for name in ["x-user", "x-auth-roles", "x-auth-groups", "authorization"] {
            assert!(reached.values_like(name).is_empty(), "{name}: {reached:?}");
        }
    }
}

#[tokio::test]
async fn what_the_token_does_not_say_is_nothing_and_not_what_the_client_says() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    let authorization = format!("Bearer {}", world.token().jwt());
    for connection in ["close", "X-User", "close, X-Auth-Groups, Authorization"] {
        let own = [
            ("Authorization", &*authorization),
            ("Connection", connection),
        ];
        let reply = world.send("GET /orders", &[SPOOFED, &own].concat()).await;
        assert_eq!(reply.status, 200, "{connection}");
        let reached = reply.reached().unwrap();
        assert_eq!(reached.values_like("x-user"), ["alice"]);
        assert!(
            reached.values_like("x-auth-groups").is_empty(),
            "{reached:?}"
        );
        assert!(!reached.headers.iter().any(|(_, value)| value == "root"));
    }
}

#[tokio::test]
async fn what_was_judged_is_what_the_upstream_gets() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    let authorization = format!("Bearer {}", world.token().jwt());
    // The client's own word for what it asks counts for nothing.
    let lies = [
        ("Authorization", &*authorization),
        ("X-Original-Method", "GET"),
        ("X-Original-URI", "/public"),
        ("X-Original-URI", "/public"),
        ("X-Forwarded-Method", "GET"),
        ("X-Forwarded-Uri", "/public"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-HTTP-Method", "DELETE"),
        ("X-Method-Override", "DELETE"),
        ("X-Original-URL", "/admin"),
        ("X-Rewrite-URL", "/admin"),
    ];
    let reply = world.send("GET /admin", &lies).await;
    assert_eq!(reply.status, 403, "{reply:?}");
    let reply = world.send("GET /orders/1?x=%2F..;y", &lies).await;
    let reached = reply.reached().unwrap();
    assert_eq!(
        (&*reached.method, &*reached.target),
        ("GET", "/orders/1?x=%2F..;y")
    );
    for name in [
        "x-http-method-override",
        "x-http-method",
        "x-method-override",
        "x-original-url",
        "x-rewrite-url",
        "x-original-uri",
        "x-original-method",
    ] {
        assert!(reached.values_like(name).is_empty(), "{name}: {reached:?}");
    }
}

#[tokio::test]
async fn an_upstream_of_grpc_is_told_what_was_judged() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    let authorization = format!("Bearer {}", world.token().jwt());
    let own = [
        ("Authorization", &*authorization),
        ("X-HTTP-Method-Override", "DELETE"),
    ];
    let reply = world
        .send("GET /orders/grpc/1", &[SPOOFED, &own].concat())
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.body, "user: alice, token: , method: ");
    let reply = world.send("GET /orders/grpc/1", SPOOFED).await;
    assert_eq!(reply.status, 401, "{reply:?}");
}

#[tokio::test]
async fn a_body_passes_the_question_by() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    let authorization = format!("Bearer {}", world.token().jwt());
    let headers = [
        ("Authorization", &*authorization),
        ("Content-Type", "text/plain"),
    ];
    let wire = portcullis_gateway_suite::Wire::to(world.nginx.port());
    let body = "pay".repeat(50_000);
    let reply = wire
        .send_with("POST /orders", &headers, &body)
        .await
        .unwrap();
    let reached = reply.reached().unwrap();
    assert_eq!(reached.method, "POST");
    assert_eq!(reached.body.len(), body.len());
    let head = world.send_as("HEAD /orders", &world.token().jwt()).await;
    assert_eq!((head.status, &*head.body), (200, ""));
}

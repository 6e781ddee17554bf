use crate::world::World;

const RULES: &str = r#"
[identity]
X-User = "subject"
X-Auth-Roles = "/realm_access/roles"
[upstreams.legacy]
authorization = "phantom"
hosts = ["api.example"]
[[rules]]
path = "/public"
public = true
[[rules]]
path = "/orders/**"
[[rules]]
path = "/legacy"
upstream = "legacy"
"#;

/// Every way in which a client may try to be somebody else.
const SPOOFED: &[(&str, &str)] = &[
    ("X-User", "root"),
    ("X-User", "root2"),
    ("x-user", "root"),
    ("X-USER", "root"),
    ("X_User", "root"),
    ("x_user", "root"),
    ("X-Auth-Roles", "admin"),
    ("X_Auth_Roles", "admin"),
    ("X-Auth_Roles", "admin"),
    ("X-Auth-Roles", "owner"),
    ("X.User", "root"),
    ("x+user", "root"),
    ("X~Auth!Roles", "admin"),
    ("X-Auth.Roles", "admin"),
];

const OWNED: [&str; 3] = ["x-user", "x-auth-roles", "authorization"];

#[tokio::test]
async fn no_spelling_of_an_identity_header_reaches_the_upstream() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    let token = world.token().realm_roles(["clerk", "a,b"]).jwt();
    let authorization = format!("Bearer {token}");
    let own = ("Authorization", &*authorization);
    let reply = world
        .send("GET /orders/1", &[SPOOFED, &[own]].concat())
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let reached = reply.reached().unwrap();
    assert_eq!(reached.values_like("x-user"), ["alice"]);
    assert_eq!(reached.values_like("x-auth-roles"), ["clerk,a%2Cb"]);
    assert!(
        reached.values_like("authorization").is_empty(),
        "{reached:?}"
    );

    // A role that is missing is nothing, and not what the client says.
    let nobody = world.token().realm_roles([""; 0]);
    let plain = format!("Bearer {}", nobody.jwt());
    let connection = ("Connection", "X-User, X-Auth-Roles");
    let headers = [SPOOFED, &[("Authorization", &*plain), connection]].concat();
    let reached = world.send("GET /orders", &headers).await.reached().unwrap();
    assert_eq!(reached.values_like("x-user"), ["alice"]);
    assert!(reached.values_like("x-auth-roles").is_empty());

    // Whoever is nobody is nobody to the upstream, too.
    for token in [None, Some(&*authorization), Some("Bearer nonsense")] {
        let own = token.map(|token| ("Authorization", token));
        let headers: Vec<_> = SPOOFED.iter().copied().chain(own).collect();
        let reached = world.send("GET /public", &headers).await.reached().unwrap();
        for name in OWNED {
            assert!(reached.values_like(name).is_empty(), "{name}: {reached:?}");
        }
    }
}

#[tokio::test]
async fn an_upstream_gets_the_full_token_in_place_of_an_opaque_one() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    let reply = world.send_as("GET /legacy", &world.token().opaque()).await;
    let reached = reply.reached().unwrap();
    let full = reached.values_like("authorization");
    assert_eq!(full.len(), 1);
    assert_eq!(full[0].matches('.').count(), 2, "{reached:?}");
}

/// Envoy tells the host as the client names it, with its port.
#[tokio::test]
async fn the_token_for_one_host_goes_to_no_other() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    let token = world.token().opaque();
    for host in ["api.example", "API.example"] {
        let reply = world.send_to(host, "GET /legacy", &token).await;
        let reached = reply.reached().unwrap();
        assert_eq!(reached.values_like("authorization").len(), 1, "{host}");
    }
    let reached = world.upstream.requests();
    for host in ["evil.example", "api.example.evil", "api.example:8443"] {
        let reply = world.send_to(host, "GET /legacy", &token).await;
        assert_eq!(reply.status, 403, "{host} {reply:?}");
        let other = world.send_to(host, "GET /orders", &token).await;
        let other = other.reached().unwrap();
        assert!(other.values_like("authorization").is_empty(), "{host}");
    }
    assert_eq!(world.upstream.requests(), reached + 3);
    let denied = "portcullis_gateway_denials_total{reason=\"other_host\"}";
    let denied = world.gateway.metric(denied).await.unwrap();
    assert_eq!(denied, 3.0);
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
        ("X-Forwarded-Uri", "/public"),
        ("X-Envoy-Original-Path", "/public"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-HTTP-Method", "DELETE"),
        ("X-Method-Override", "DELETE"),
        ("X-Original-URL", "/admin"),
        ("X-Rewrite-URL", "/admin"),
    ];
    assert_eq!(world.send("GET /admin", &lies).await.status, 403);
    let reply = world.send("GET /orders/1?x=%2F..;y", &lies).await;
    let reached = reply.reached().unwrap();
    let asked = (&*reached.method, &*reached.target);
    assert_eq!(asked, ("GET", "/orders/1?x=%2F..;y"));
    for name in [
        "x-http-method-override",
        "x-http-method",
        "x-method-override",
        "x-original-url",
        "x-rewrite-url",
        "x-envoy-original-path",
    ] {
        assert!(reached.values_like(name).is_empty(), "{name}: {reached:?}");
    }
}

use http::StatusCode;

use crate::world::{Gated, World};

/// Everything is open, but for what is below `/admin`.
const RULES: &str = r#"
[[rules]]
path = "/**"
public = true
[[rules]]
path = "/admin/**"
roles = ["admin"]
"#;

async fn status(gate: &Gated, target: &str) -> StatusCode {
    gate.ask_with(&format!("GET {target}"), &[]).await.status
}

#[tokio::test]
async fn no_spelling_of_a_path_gets_past_its_rule() {
    let world = World::start().await;
    let gate = world.gate(RULES);
    assert_eq!(status(&gate, "/").await, StatusCode::OK);
    assert_eq!(status(&gate, "/administrator").await, StatusCode::OK);
    for guarded in ["/admin", "/admin/", "/admin/users", "/admin?x=/"] {
        assert_eq!(
            status(&gate, guarded).await,
            StatusCode::UNAUTHORIZED,
            "{guarded}"
        );
    }
    for trick in [
        "//admin",
        "/admin//",
        "/x//admin",
        "/admin%2F",
        "/admin%2f..",
        "/x%2Fadmin",
        "/%61dmin",
        "/%2561dmin",
        "/admin%00",
        "/admin%0a",
        "/admin%20",
        "/admin%3Bx",
        "/admin%5C",
        "/%2e/admin",
        "/x/%2e%2e/admin",
        "/x/.%2e/admin",
        "/x/..%2fadmin",
        "/%c0%ae%c0%ae/admin",
        "/%ef%bc%8fadmin",
        "/ADMIN",
        "/Admin/users",
        "/admin;x",
        "/admin;x=y/users",
        "/;/admin",
        "/x;/../admin",
        "/./admin",
        "/x/../admin",
        "/x/..",
        "/admin/.",
        "/admin.",
        "/admin..",
        "/..;/admin",
        "/\\admin",
        "/admin\\",
        "\\admin",
        "admin",
        "/admin#",
        "/#/admin",
        "/admin\t",
        "/ad min",
        "http://api.example/admin",
        "http:/admin",
        "*",
        "",
        "/\u{ff41}dmin",
    ] {
        assert_eq!(
            status(&gate, trick).await,
            StatusCode::FORBIDDEN,
            "{trick:?}"
        );
    }
}

#[tokio::test]
async fn a_public_rule_opens_no_path_with_two_spellings() {
    let world = World::start().await;
    let gate = world.gate("[[rules]]\npath = \"/**\"\npublic = true\n");
    for trick in ["//x", "/x;y", "/%78", "/x/../y", "/x%2fy", "/x\\y"] {
        assert_eq!(status(&gate, trick).await, StatusCode::FORBIDDEN, "{trick}");
    }
}

#[tokio::test]
async fn two_rules_of_equal_rank_let_nobody_in() {
    let world = World::start().await;
    let gate = world.gate(
        r#"
[[rules]]
path = "/a/*"
public = true
[[rules]]
path = "/*/b"
[[rules]]
path = "/twice"
public = true
[[rules]]
path = "/twice"
public = true
"#,
    );
    let token = world.token().jwt();
    for target in ["/a/b", "/twice"] {
        let answer = gate.ask(&format!("GET {target}"), &token).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{target}");
    }
    assert_eq!(status(&gate, "/a/c").await, StatusCode::OK);
    assert_eq!(status(&gate, "/c/b").await, StatusCode::UNAUTHORIZED);
}

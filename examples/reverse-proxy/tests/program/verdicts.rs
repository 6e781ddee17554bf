//! Who gets through.

use serde_json::json;

use crate::world::{World, told};

#[tokio::test]
async fn nobody_gets_through_without_a_good_token() {
    let world = World::start().await;
    let expired = world.server.token().claim("exp", 1).jwt();
    let elsewhere = world.server.token().audience("stock-api").jwt();
    for token in ["", "nobodys", &expired, &elsewhere] {
        for (method, path) in [
            ("GET", "/"),
            ("OPTIONS", "/a"),
            ("POST", "/a//b"),
            ("PUT", "/readyz"),
        ] {
            let status = world.status(method, path, token).await;
            assert!([400, 401].contains(&status), "{method} {path}: {status}");
        }
    }
    // Methods that nobody has thought of.
    let token = world.server.token().jwt();
    assert_eq!(world.status("PROPFIND", "/a", &token).await, 405);
    assert_eq!(world.passed(), 0);
}

#[tokio::test]
async fn what_changes_something_is_asked_about_live() {
    let world = World::start().await;
    let session = world.server.login("ali");
    let token = session.token().jwt();
    let writing = ["POST", "PUT", "PATCH", "DELETE"];
    for method in writing {
        let told = told(world.request(method, "/orders", &token).body("all of it")).await;
        assert_eq!(
            (&told["method"], &told["body"]),
            (&json!(method), &json!("all of it"))
        );
    }
    session.end();
    let passed = world.passed();
    for method in writing {
        assert_eq!(
            world.status(method, "/orders", &token).await,
            401,
            "{method}"
        );
    }
    assert_eq!(world.passed(), passed);
}

//! The authorization server stops.

use serde_json::json;

use crate::demo::Demo;

#[tokio::test]
async fn without_the_server_local_goes_on_and_live_cannot_tell() {
    let demo = Demo::start().await;
    let token = demo.token("jwt").await;
    assert_eq!(demo.call("live", token).await, (200, 1));
    let done = demo.done("stop", json!({})).await;
    assert_eq!(done["scene"]["is_running"], false);
    assert_eq!(demo.call("local", token).await, (200, 0));
    let called = demo.called("live", token).await;
    assert_eq!(called["status"], 503);
    assert!(called["retry_after"].is_string());
}

#[tokio::test]
async fn a_server_that_has_stopped_does_nothing_until_it_is_started() {
    let demo = Demo::start().await;
    let token = demo.token("jwt").await;
    demo.done("stop", json!({})).await;
    for (action, body) in [
        ("issue", json!({ "kind": "jwt" })),
        ("end-session", json!({ "token": token })),
        ("revoke", json!({ "token": token })),
        ("rotate", json!({})),
    ] {
        let (status, answer) = demo.act(action, body).await;
        assert_eq!(status, 409, "{action}: {answer}");
    }
    let done = demo.done("start", json!({})).await;
    assert_eq!(done["scene"]["is_running"], true);
    let token = demo.token("jwt").await;
    assert_eq!(demo.call("cached", token).await, (200, 1));
}

//! What the page shows is what happens.

use serde_json::json;

use crate::demo::Demo;

#[tokio::test]
async fn a_session_ends_and_each_way_notices_in_its_own_time() {
    let demo = Demo::start().await;
    let token = demo.token("jwt").await;
    assert_eq!(demo.call("local", token).await, (200, 0));
    assert_eq!(demo.call("hybrid", token).await.0, 200);
    assert_eq!(demo.call("cached", token).await, (200, 1));
    assert_eq!(demo.call("cached", token).await, (200, 0), "it was kept");
    assert_eq!(demo.call("live", token).await, (200, 1));
    assert_eq!(demo.call("live", token).await, (200, 1), "asked each time");

    let done = demo.done("end-session", json!({ "token": token })).await;
    assert!(done["scene"]["token"]["over_at_ms"].is_number());
    assert!(done["said"].as_str().unwrap().contains("was told"));
    assert_eq!(demo.call("hybrid", token).await, (401, 0), "it was told");
    assert_eq!(demo.call("live", token).await, (401, 1));
    assert_eq!(demo.call("local", token).await, (200, 0), "the gap");

    let done = demo.done("end-session", json!({ "token": token })).await;
    assert!(done["said"].as_str().unwrap().contains("already"));
}

#[tokio::test]
async fn nobody_is_told_of_a_revocation() {
    let demo = Demo::start().await;
    let token = demo.token("jwt").await;
    assert_eq!(demo.call("cached", token).await, (200, 1));
    assert_eq!(demo.call("hybrid", token).await.0, 200);
    demo.done("revoke", json!({ "token": token })).await;
    assert_eq!(demo.call("live", token).await, (401, 1));
    assert_eq!(demo.call("cached", token).await, (200, 0), "still kept");
    assert_eq!(demo.call("local", token).await, (200, 0));
}

#[tokio::test]
async fn a_refusal_comes_with_its_challenge() {
    let demo = Demo::start().await;
    let token = demo.token("jwt").await;
    demo.done("revoke", json!({ "token": token })).await;
    let called = demo.called("live", token).await;
    let challenge = called["challenge"].as_str().unwrap();
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    assert!(called["latency_ms"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn a_new_key_costs_each_way_that_checks_signatures_one_fetch() {
    let demo = Demo::start().await;
    let old = demo.token("jwt").await;
    assert_eq!(demo.call("local", old).await, (200, 0));
    demo.done("rotate", json!({})).await;
    assert_eq!(demo.call("local", old).await, (200, 0), "still published");
    let new = demo.token("jwt").await;
    assert_eq!(demo.call("local", new).await, (200, 1), "the new key");
    assert_eq!(demo.call("local", new).await, (200, 0));
}

#[tokio::test]
async fn the_page_sees_no_token() {
    let demo = Demo::start().await;
    for kind in ["jwt", "opaque", "lightweight"] {
        let done = demo.done("issue", json!({ "kind": kind })).await;
        let shortened = done["scene"]["token"]["shortened"].as_str().unwrap();
        assert_eq!(shortened.chars().count(), 13, "{kind}");
        let text = done.to_string();
        let longest = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        assert!(longest.map(str::len).max().unwrap() < 20, "{kind}: {text}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_a_sentence() {
    let demo = Demo::start().await;
    let (status, answer) = demo.act("call", json!({ "way": "live", "token": 7 })).await;
    assert_eq!(status, 404);
    assert!(answer["error"].as_str().unwrap().contains("get a new one"));
}

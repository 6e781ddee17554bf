//! Kinds of tokens: what each way makes of them.

use crate::demo::Demo;

#[tokio::test]
async fn an_opaque_token_is_nothing_to_the_way_that_asks_nobody() {
    let demo = Demo::start().await;
    let token = demo.token("opaque").await;
    assert_eq!(demo.call("local", token).await, (401, 0));
    // A service that has just started asks once more: it may have missed a notice.
    let (status, calls) = demo.call("hybrid", token).await;
    assert!(status == 200 && calls >= 1, "{status} for {calls} calls");
    for way in ["cached", "live"] {
        assert_eq!(demo.call(way, token).await, (200, 1), "{way}");
    }
}

#[tokio::test]
async fn a_lightweight_token_says_whose_it_is_only_to_those_who_ask() {
    let demo = Demo::start().await;
    let token = demo.token("lightweight").await;
    let body = async |way: &str| demo.called(way, token).await["body"].to_string();
    assert!(body("local").await.contains("does not say whose"));
    for way in ["hybrid", "cached", "live"] {
        assert!(body(way).await.contains("the orders of ali"), "{way}");
    }
}

//! S1, S2, S13: what a token says of its status, and that it has to be good otherwise.

use std::time::Duration;

use portcullis::Reason;
use portcullis_conformance::{LocalWorld, T0};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::json;

use crate::support::Listed;

#[tokio::test]
async fn s1_no_list_is_fetched_for_a_token_that_is_bad() {
    let listed = Listed::start().await;
    listed.publish(&listed.list(&[0]));
    let stranger = SigningKey::generate(SigningAlgorithm::RS256);
    let good = || listed.token(0);
    for (case, token) in [
        ("exp", good().claim("exp", T0 - 60)),
        ("nbf", good().claim("nbf", T0 + 60)),
        ("aud", good().audience("other")),
        ("iss", good().claim("iss", "https://other.example")),
        ("kind", good().claim("typ", "ID")),
        ("typ", good().header("typ", "statuslist+jwt")),
        ("signature", good().signature(vec![0; 256])),
        ("cnf", good().claim("cnf", json!({"jkt": "x"}))),
        ("act", good().claim("act", "x")),
    ] {
        listed.local.refuses_unasked(&token.jwt(), case).await;
    }
    let forged = good().signed_with(&stranger).jwt();
    listed.local.refuses(&forged, "key").await;
    assert_eq!(listed.fetches(), 0);
    listed.local.accepts(&good().jwt(), "good").await;
    assert_eq!(listed.fetches(), 1);
}

#[tokio::test]
async fn s2_a_reference_is_an_index_and_an_address() {
    let listed = Listed::start().await;
    listed.publish(&listed.list(&[0]));
    let uri = listed.uri();
    for status in [
        json!({"status_list": {"idx": -1, "uri": uri}}),
        json!({"status_list": {"idx": 1.5, "uri": uri}}),
        json!({"status_list": {"idx": "3", "uri": uri}}),
        json!({"status_list": {"idx": null, "uri": uri}}),
        json!({"status_list": {"idx": [0], "uri": uri}}),
        json!({"status_list": {"uri": uri}}),
        json!({"status_list": {"idx": 0}}),
        json!({"status_list": {"idx": 0, "uri": null}}),
        json!({"status_list": {"idx": 0, "uri": [uri]}}),
        json!({"status_list": []}),
        json!({"status_list": null}),
        json!({"another_mechanism": {"idx": 0, "uri": uri}}),
        json!({}),
        json!([]),
        json!("valid"),
        json!(null),
    ] {
        let token = listed.referring(status.clone()).jwt();
        listed
            .local
            .refuses_unasked(&token, &status.to_string())
            .await;
        assert_eq!(
            listed.local.reason(&token).await,
            Reason::MalformedClaims,
            "{status}"
        );
    }
    assert_eq!(listed.fetches(), 0);
}

#[tokio::test]
async fn s2_a_token_without_a_status_has_none_to_look_up() {
    let listed = Listed::start().await;
    let token = listed.local.server().token().jwt();
    listed.local.accepts(&token, "without").await;
    assert_eq!(listed.fetches(), 0);
}

#[tokio::test]
async fn s2_whoever_asks_for_no_lists_has_the_claim_ignored() {
    let local = LocalWorld::start().await;
    let token = local.server().token().claim("status", json!("whatever"));
    local.accepts(&token.jwt(), "ignored").await;
}

#[tokio::test]
async fn s13_a_valid_status_does_not_make_an_expired_token_good() {
    let listed = Listed::start().await;
    listed.publish(&listed.list(&[0]));
    let token = listed.token(0).jwt();
    listed.local.accepts(&token, "before").await;
    listed.local.world.clock.advance(Duration::from_secs(331));
    listed.local.refuses_unasked(&token, "after").await;
    assert_eq!(listed.local.reason(&token).await, Reason::Expired);
}

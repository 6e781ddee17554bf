//! The list is one more source of facts: whoever vouches for the token, and on every request.

use std::time::Duration;

use portcullis::{IssuerBuilder, StatusLists, WithCredentials};
use portcullis_conformance::{FRONT_END, get, post_active, protected};
use serde_json::json;

use crate::support::Listed;

fn asking(listed: &Listed) -> IssuerBuilder<WithCredentials> {
    let lists = StatusLists::at_issuer();
    listed.local.world.asking().status_lists(lists)
}

#[tokio::test]
async fn s7_an_answer_that_is_kept_is_held_against_the_list_of_today() {
    let listed = Listed::start().await;
    listed.publish(&listed.list(&[0]));
    let issuer = asking(&listed)
        .introspection_cache(Duration::from_secs(240))
        .build()
        .unwrap();
    let router = protected(issuer.introspection());
    let token = listed.token(0).opaque();
    assert_eq!(get(&router, &token).await.status, 200);
    listed.publish(&listed.list(&[1]));
    listed.local.world.clock.advance(Duration::from_secs(61));
    get(&router, &token).await.assert_invalid_token();
    assert_eq!(listed.local.world.calls_about(&token), 1);
}

#[tokio::test]
async fn s7_a_live_answer_does_not_take_the_status_of_the_jwt_away() {
    let listed = Listed::start().await;
    listed.publish(&listed.list(&[0b10]));
    let issuer = asking(&listed).build().unwrap();
    let router = protected(issuer.hybrid());
    for (index, expected) in [(0, 200), (1, 401)] {
        let silent = listed.token(index).introspects_as(json!({"status": null}));
        let token = silent.jwt();
        assert_eq!(get(&router, &token).await.status, expected, "{index}");
        assert_eq!(
            post_active(&router, &token).await.status,
            expected,
            "{index}"
        );
    }
    // Nor does that of the JWT stand in for the answer's.
    let valid = listed.token(0);
    let reference = json!({"status": {"status_list": {"idx": 1, "uri": listed.uri()}}});
    let token = valid.introspects_as(reference).jwt();
    assert_eq!(get(&router, &token).await.status, 200);
    post_active(&router, &token).await.assert_invalid_token();
    assert_eq!(listed.fetches(), 1);
}

#[tokio::test]
async fn s7_a_token_in_doubt_is_asked_about_first_and_held_against_the_list_then() {
    let listed = Listed::start().await;
    listed.publish(&listed.list(&[0b10]));
    let told = listed.local.world.told();
    let issuer = told.status_lists(StatusLists::at_issuer()).build().unwrap();
    let router = protected(issuer.hybrid());
    // Issued before the instance knows that it misses nothing: asked about once.
    for (index, expected) in [(0, 200), (1, 401)] {
        let token = listed.token(index).jwt();
        assert_eq!(get(&router, &token).await.status, expected, "{index}");
        assert_eq!(listed.local.world.calls_about(&token), 1, "{index}");
    }
    let over = listed.token(0).jwt();
    listed.local.server().revoke(&over);
    get(&router, &over).await.assert_invalid_token();
    assert_eq!(listed.fetches(), 1);
}

#[tokio::test]
async fn s7_a_doubt_that_is_borne_bears_no_status() {
    let listed = Listed::with(|realm| realm.logout_audiences([FRONT_END])).await;
    listed.publish(&listed.list(&[0b10]));
    listed.local.accepts(&listed.token(0).jwt(), "valid").await;
    listed
        .local
        .refuses(&listed.token(1).jwt(), "invalid")
        .await;
}

#[tokio::test]
async fn s1_no_list_is_fetched_for_what_the_server_calls_inactive() {
    let listed = Listed::start().await;
    listed.publish(&listed.list(&[0]));
    let issuer = asking(&listed).build().unwrap();
    let token = listed.token(0).opaque();
    listed.local.server().revoke(&token);
    let reply = get(&protected(issuer.introspection()), &token).await;
    reply.assert_invalid_token();
    let elsewhere = listed.token(0).audience("other").opaque();
    let reply = get(&protected(issuer.introspection()), &elsewhere).await;
    reply.assert_invalid_token();
    assert_eq!(listed.fetches(), 0);
}

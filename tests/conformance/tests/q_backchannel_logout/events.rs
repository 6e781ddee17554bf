//! What a logout token tells of, and what marks it as one.

use portcullis::IssuerBuilder;
use portcullis_testing::LogoutTokenBuilder;
use serde_json::{Value, json};

use crate::support::Told;

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

#[tokio::test]
async fn q4_events_without_a_logout_are_refused() {
    let told = Told::start().await;
    told.refuses(|token| token.without_claim("events"), "none")
        .await;
    for events in [
        Value::Null,
        json!([]),
        json!({}),
        json!("x"),
        json!(EVENT),
        json!([EVENT]),
        json!({EVENT: null}),
        json!({EVENT: []}),
        json!({EVENT: "x"}),
        json!({EVENT: true}),
        json!({EVENT: 1}),
        json!({"https://schemas.openid.net/event/backchannel-logout": {}}),
        json!({"http://schemas.openid.net/event/backchannel-logout/": {}}),
        json!({"http://schemas.openid.net/event/frontchannel-logout": {}}),
        json!({"other": {EVENT: {}}}),
    ] {
        let case = events.to_string();
        told.refuses(|token| token.claim("events", events), &case)
            .await;
    }
}

#[tokio::test]
async fn q4_whatever_stands_beside_it_is_none_of_our_business() {
    let told = Told::start().await;
    for events in [
        json!({EVENT: {}}),
        json!({EVENT: {"reason": ["any", {"thing": null}]}}),
        // Keycloak, where offline access was revoked.
        json!({EVENT: {}, "revoke_offline_access": true}),
        json!({EVENT: {"revoke_offline_access": true}}),
        json!({EVENT: {}, "https://schemas.example/other": "x", "n": null}),
    ] {
        let case = events.to_string();
        told.takes(|token| token.claim("events", events), &case)
            .await;
    }
}

#[tokio::test]
async fn q8_the_type_is_logout_jwt() {
    let told = Told::start().await;
    for typ in ["logout+jwt", "Logout+JWT", "application/logout+jwt"] {
        told.takes(|token| token.header("typ", typ), typ).await;
    }
    told.refuses(|token| token.without_header("typ"), "none")
        .await;
    for typ in [json!(""), json!("JWT"), json!(1), Value::Null] {
        let case = typ.to_string();
        told.refuses(|token| token.header("typ", typ), &case).await;
    }
}

#[tokio::test]
async fn q8_keycloak_before_25_says_jwt_and_is_taken_by_a_switch() {
    let told = Told::with(IssuerBuilder::old_logout_tokens).await;
    for typ in ["JWT", "jwt", "logout+jwt"] {
        told.takes(|token| token.header("typ", typ), typ).await;
    }
    told.takes(
        |token| token.header("typ", "JWT").without_claim("exp"),
        "as it came",
    )
    .await;
    let told = Told::with(IssuerBuilder::old_logout_tokens).await;
    told.refuses(|token| token.without_header("typ"), "none")
        .await;
}

#[tokio::test]
async fn q8_no_other_kind_is_ever_taken() {
    for old in [false, true] {
        let told = Told::with(|issuer| match old {
            true => issuer.old_logout_tokens(),
            false => issuer,
        })
        .await;
        for typ in [
            "at+jwt",
            "application/at+jwt",
            "secevent+jwt",
            "id+jwt",
            "dpop+jwt",
            "token-introspection+jwt",
        ] {
            told.refuses(|token| token.header("typ", typ), typ).await;
        }
        // What the payload says of its kind counts as well.
        for typ in ["ID", "Bearer", "Refresh", ""] {
            let change = |token: LogoutTokenBuilder| token.claim("typ", typ);
            told.refuses(change, &format!("payload {typ}")).await;
        }
        told.takes(|token| token.without_claim("typ"), "no kind")
            .await;
    }
}

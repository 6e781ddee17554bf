//! Claims that are taken for others.

use portcullis_conformance::{AUDIENCE, T0};
use serde_json::json;

use crate::local;

#[tokio::test]
async fn x9_a_date_of_the_wrong_type_is_not_absent() {
    let (local, _) = local().await;
    let issuer = local.server().issuer().to_owned();
    for dates in [
        r#""nbf":"99999999999","exp":10000000000"#,
        r#""exp":"1""#,
        r#""exp":null"#,
        r#""exp":[10000000000]"#,
        r#""exp":10000000000,"iat":"99999999999""#,
    ] {
        let payload =
            format!(r#"{{"iss":"{issuer}","aud":"{AUDIENCE}","sub":"a","typ":"Bearer",{dates}}}"#);
        let token = local.server().token().raw_payload(payload).jwt();
        local.refuses_unasked(&token, dates).await;
    }
}

#[tokio::test]
async fn x10_a_part_of_the_issuer_is_not_the_issuer() {
    let (local, _) = local().await;
    let issuer = local.server().issuer().to_owned();
    let (front, back) = issuer.split_at(issuer.len() / 2);
    for iss in [
        front,
        back,
        "",
        &format!("{issuer}/"),
        &format!("{issuer}.evil.example"),
    ] {
        let token = local.server().token().claim("iss", iss).jwt();
        local.refuses_unasked(&token, iss).await;
    }
}

#[tokio::test]
async fn x11_a_list_of_issuers_is_not_the_issuer() {
    let (local, _) = local().await;
    let issuer = local.server().issuer().to_owned();
    for iss in [
        json!([issuer]),
        json!(["https://evil.example", issuer]),
        json!({"0": issuer}),
    ] {
        let token = local.server().token().claim("iss", iss.clone()).jwt();
        local.refuses_unasked(&token, &iss.to_string()).await;
    }
}

#[tokio::test]
async fn x12_an_empty_audience_is_nobodys() {
    let (local, _) = local().await;
    for aud in [
        json!([]),
        json!(""),
        json!([""]),
        json!(null),
        json!({}),
        json!([[AUDIENCE]]),
    ] {
        let token = local.server().token().claim("aud", aud.clone()).jwt();
        local.refuses_unasked(&token, &aud.to_string()).await;
    }
    let token = local.server().token().without_claim("aud").jwt();
    local.refuses_unasked(&token, "absent").await;
}

#[tokio::test]
async fn x16_deep_claims_are_refused_without_harm() {
    let (local, _) = local().await;
    let issuer = local.server().issuer().to_owned();
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let inner = if open == "[" { "" } else { "1" };
        let deep = format!("{}{inner}{}", open.repeat(1000), close.repeat(1000));
        let payload = format!(
            r#"{{"iss":"{issuer}","aud":"{AUDIENCE}","sub":"a","typ":"Bearer","exp":{},"deep":{deep}}}"#,
            T0 + 60
        );
        let token = local.server().token().raw_payload(payload).jwt();
        local.refuses_unasked(&token, open).await;
    }
}

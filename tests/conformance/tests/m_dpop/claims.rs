//! What a proof says.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use portcullis_conformance::{T0, send};
use serde_json::{Value, json};

use crate::{API, Bound, bound_to};

#[tokio::test]
async fn m3_every_claim_is_there() {
    let bound = Bound::start().await;
    for claim in ["jti", "htm", "htu", "iat", "ath"] {
        bound
            .refuses_proof(bound.proof().without_claim(claim), claim)
            .await;
        for wrong in [json!(null), json!([]), json!({}), json!(true)] {
            let case = format!("{claim}: {wrong}");
            bound
                .refuses_proof(bound.proof().claim(claim, wrong), &case)
                .await;
        }
    }
    let payload = br#"{"jti":"a","jti":"b"}"#;
    bound
        .refuses_proof(bound.proof().raw_payload(payload), "twice")
        .await;
    bound.accepts(bound.proof(), "all of them").await;
}

#[tokio::test]
async fn m8_htm_is_the_method() {
    let bound = Bound::start().await;
    for htm in ["POST", "get", "GET ", "", "*"] {
        bound
            .refuses_proof(bound.proof().claim("htm", htm), htm)
            .await;
    }
    let post = bound
        .world
        .server
        .dpop_proof(&bound.key, "POST", &format!("{API}/orders"));
    let request = Request::post("/orders")
        .header("authorization", format!("DPoP {}", bound.token))
        .header("dpop", post.token(&bound.token).jwt())
        .body(Body::empty())
        .unwrap();
    assert_eq!(send(&bound.router, request).await.status, 200);
}

#[tokio::test]
async fn m14_iat_is_near() {
    let bound = Bound::start().await;
    let now = i64::try_from(T0).unwrap();
    for (offset, is_good) in [
        (0, true),
        (10, true),
        (60, true),
        (-60, true),
        (61, false),
        (-61, false),
        (3600, false),
        (-3600, false),
    ] {
        let proof = bound
            .proof()
            .claim("iat", now + offset)
            .claim("jti", format!("{offset}"));
        if is_good {
            bound.accepts(proof, &offset.to_string()).await;
        } else {
            bound.refuses_proof(proof, &offset.to_string()).await;
        }
    }
    for wrong in [
        json!(i64::MIN),
        json!(i64::MAX),
        json!("1700000000"),
        json!(-1.0e300),
    ] {
        let case = wrong.to_string();
        bound
            .refuses_proof(bound.proof().claim("iat", wrong), &case)
            .await;
    }
    let huge = bound.proof().raw_payload(format!(
        r#"{{"jti":"x","htm":"GET","htu":"{API}/orders","ath":"x","iat":1e400}}"#
    ));
    bound.refuses_proof(huge, "1e400").await;
}

#[tokio::test]
async fn m14_the_window_is_a_setting() {
    let bound = Bound::with(|dpop| dpop.window(Duration::from_secs(5))).await;
    bound
        .refuses_proof(bound.proof().claim("iat", T0 - 6), "too old")
        .await;
    bound
        .accepts(bound.proof().claim("iat", T0 - 5), "just so")
        .await;
}

#[tokio::test]
async fn m15_ath_is_the_digest_of_the_token() {
    let bound = Bound::start().await;
    let other = bound_to(&bound.world, &bound.key);
    bound
        .refuses_proof(bound.proof().token(&other), "another token's")
        .await;
    let payload = |ath: &str| json!({"jti": "x", "htm": "GET", "htu": format!("{API}/orders"), "iat": T0, "ath": ath});
    let own = own_ath(&bound);
    let hex: String = own.bytes().map(|byte| format!("{byte:02x}")).collect();
    for ath in [
        format!("{own}="),
        own.to_uppercase(),
        hex,
        own.replace(['-', '_'], "+"),
        String::new(),
    ] {
        if ath != own {
            bound
                .refuses_proof(bound.proof().only_claims(payload(&ath)), &ath)
                .await;
        }
    }
    bound
        .accepts(bound.proof().only_claims(payload(&own)), "its own")
        .await;
}

fn own_ath(bound: &Bound) -> String {
    let proof = bound.proof().jwt();
    let payload = proof.split('.').nth(1).unwrap();
    let payload = portcullis_conformance::from_base64url(payload);
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    claims
        .get("ath")
        .and_then(Value::as_str)
        .unwrap()
        .to_owned()
}

//! Texts that are taken for tokens.

use portcullis_conformance::{base64url, parts};
use serde_json::json;

use crate::local;

#[tokio::test]
async fn x13_one_text_is_not_two_tokens() {
    let (local, _) = local().await;
    let token = local.server().token().jwt();
    let [header, payload, signature] = parts(&token);
    let evil = base64url(r#"{"sub":"admin"}"#);
    let flattened = json!({"protected": header, "payload": payload, "signature": signature});
    for text in [
        flattened.to_string(),
        base64url(flattened.to_string()),
        format!("{header}.{evil}.{header}.{payload}.{signature}"),
        format!("{{\"a\":\".{evil}.\",\"t\":\"{token}\"}}"),
        format!("{token}\n{header}.{evil}.{signature}"),
    ] {
        let text = text.replace(['"', '{', '}', ':', ',', '\n'], "~");
        local.refuses_unasked(&text, &text).await;
    }
}

#[tokio::test]
async fn x14_an_encrypted_token_is_no_signed_one() {
    let (local, _) = local().await;
    let header = base64url(r#"{"alg":"dir","enc":"A128GCM"}"#);
    let [own, payload, signature] = parts(&local.server().token().jwt()).map(str::to_owned);
    for token in [
        format!(
            "{header}..{}.{payload}.{}",
            base64url([0; 12]),
            base64url([0; 16])
        ),
        format!("{own}.{payload}.{signature}.a.b"),
        format!("{own}..{payload}.{signature}.b"),
    ] {
        local.refuses_unasked(&token, &token).await;
    }
}

#[tokio::test]
async fn x15_a_million_dots_cost_nothing() {
    let (local, _) = local().await;
    for dots in [
        ".".repeat(16_000),
        format!("a{}", ".a".repeat(8_000)),
        ".".repeat(1_000_000),
    ] {
        local.refuses_unasked(&dots, "dots").await;
    }
}

#[tokio::test]
async fn x17_giant_parts_are_refused_unread() {
    let (local, _) = local().await;
    let [header, payload, signature] = parts(&local.server().token().jwt()).map(str::to_owned);
    let giant = "A".repeat(4_000_000);
    for token in [
        format!("{giant}.{payload}.{signature}"),
        format!("{header}.{giant}.{signature}"),
        format!("{header}.{payload}.{giant}"),
    ] {
        local.refuses_unasked(&token, "a giant").await;
    }
}

#[tokio::test]
async fn x18_nothing_is_decompressed_and_no_password_is_stretched() {
    let (local, _) = local().await;
    for header in [
        json!({"alg": "dir", "enc": "A256GCM", "zip": "DEF"}),
        json!({"alg": "PBES2-HS512+A256KW", "enc": "A256GCM", "p2c": 2_147_483_647_u32, "p2s": "AAAA"}),
    ] {
        let header = base64url(header.to_string());
        let token = format!("{header}.AAAA.AAAA.AAAA.AAAA");
        local.refuses_unasked(&token, &header).await;
        let three = format!("{header}.AAAA.AAAA");
        local.refuses_unasked(&three, &header).await;
    }
}

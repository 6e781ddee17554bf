use http::{Request, StatusCode, header};
use portcullis::{AccessToken, Reason};
use portcullis_conformance::{
    LocalWorld, base64url, from_base64url, parts, protected, send, signed_as_spelled,
    with_signature,
};
use portcullis_testing::SigningAlgorithm;
use serde_json::json;

use super::{claims, claims_with, header_with};

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[tokio::test]
async fn g1_anything_but_three_parts_is_refused() {
    let local = LocalWorld::start().await;
    let good = local.server().token().jwt();
    local.accepts(&good, "three parts").await;
    let [header, payload, signature] = parts(&good);
    let from_good = [
        header.to_owned(),
        format!("{header}.{payload}"),
        format!("{good}."),
        format!("{good}.{signature}"),
        format!("{header}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{header}.{payload}."),
        format!(".{good}"),
    ];
    let bare = ["a", "a.b", "a.b.c.", "a.b.c.d", "..", ".b.c", "a..c"].map(str::to_owned);
    for token in bare.into_iter().chain(from_good) {
        local.refuses_unasked(&token, &token).await;
    }
}

/// A token of no characters is no credentials at all: line B6 says what becomes of the request.
#[tokio::test]
async fn g1_an_empty_token_is_none() {
    let local = LocalWorld::start().await;
    assert!(AccessToken::new("").is_err());
    let request = Request::get("/").header(header::AUTHORIZATION, "Bearer ");
    let issuer = local.world.realm().build().unwrap();
    let router = protected(issuer.jwt());
    let reply = send(&router, request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.error().as_deref(), Some("invalid_request"));
    assert_eq!(local.server().total_request_count(), 0);
}

#[tokio::test]
async fn g2_an_encrypted_token_is_named_as_such() {
    let local = LocalWorld::start().await;
    let key = local.server().encryption_key();
    let jwe_header = |extra: &str| {
        let kid = key.key_id();
        base64url(format!(
            r#"{{"alg":"RSA-OAEP","enc":"A256GCM","kid":"{kid}"{extra}}}"#
        ))
    };
    let deflated = jwe_header(r#","zip":"DEF""#);
    for token in [
        format!("{}.a2V5.aXY.dGV4dA.dGFn", jwe_header("")),
        format!("{deflated}.a2V5.aXY.dGV4dA.dGFn"),
        format!("{}..aXY.dGV4dA.dGFn", jwe_header("")),
    ] {
        local.refuses_unasked(&token, &token).await;
        let reason = local.reason(&token).await;
        assert_eq!(reason, Reason::UnsupportedToken, "{token}");
    }
    let three_parts = local.server().token().header("enc", "A256GCM").jwt();
    local.accepts(&three_parts, "a JWS with `enc`").await;
}

/// The parts are never collected, so the longest token there can be costs what any other costs.
#[tokio::test]
async fn g3_thousands_of_dots_are_refused() {
    let local = LocalWorld::start().await;
    let good = local.server().token().jwt();
    local.accepts(&good, "two dots").await;
    let longest = 16 * 1024;
    for token in [
        ".".repeat(longest),
        format!("{good}{}", ".".repeat(longest - good.len())),
        "a.".repeat(longest / 2),
    ] {
        assert_eq!(token.len(), longest);
        local
            .refuses_unasked(&token, "as long as a token may be")
            .await;
    }
}

#[tokio::test]
async fn g4_foreign_characters_in_a_part_are_refused() {
    let local = LocalWorld::start().await;
    let key = local.server().signing_key(SigningAlgorithm::RS256);
    let header = base64url(header_with(&local, ""));
    let payload = base64url(claims(&local).to_string());
    let good = signed_as_spelled(&key, &header, &payload);
    local.accepts(&good, "spelled well").await;
    let [_, _, signature] = parts(&good);
    for foreign in ['=', '+', '/', ' ', '?', '%', '~'] {
        let spoiled = |part: &str| {
            let (front, behind) = part.split_at(part.len() / 2);
            format!("{front}{foreign}{behind}")
        };
        let ended = |part: &str| format!("{part}{foreign}");
        for token in [
            signed_as_spelled(&key, &spoiled(&header), &payload),
            signed_as_spelled(&key, &ended(&header), &payload),
            signed_as_spelled(&key, &header, &spoiled(&payload)),
            signed_as_spelled(&key, &header, &ended(&payload)),
            format!("{header}.{payload}.{}", spoiled(signature)),
        ] {
            local
                .refuses_unasked(&token, &format!("{foreign:?} in {token}"))
                .await;
        }
    }
    let padded = format!("{header}.{payload}.{signature}==");
    local.refuses_unasked(&padded, "padding at the end").await;
    assert!(AccessToken::new(&format!("{header}\n.{payload}.{signature}")).is_err());
}

#[tokio::test]
async fn g4_a_part_of_impossible_length_is_refused() {
    let local = LocalWorld::start().await;
    let key = local.server().signing_key(SigningAlgorithm::RS256);
    let header = base64url(header_with(&local, ""));
    let payload = base64url(claims(&local).to_string());
    let good = signed_as_spelled(&key, &header, &payload);
    local.accepts(&good, "possible lengths").await;
    let [_, _, signature] = parts(&good);
    let impossible = |part: &str| {
        let missing = (1 + 4 - part.len() % 4) % 4;
        format!(
            "{part}{}",
            "A".repeat(if missing == 0 { 4 } else { missing })
        )
    };
    for token in [
        signed_as_spelled(&key, &impossible(&header), &payload),
        signed_as_spelled(&key, &header, &impossible(&payload)),
        format!("{header}.{payload}.{}", impossible(signature)),
    ] {
        local.refuses_unasked(&token, &token).await;
    }
}

#[tokio::test]
async fn g5_bits_left_over_must_be_zero() {
    let local = LocalWorld::start().await;
    let key = local.server().signing_key(SigningAlgorithm::RS256);
    let (mut header, mut payload) = (header_with(&local, ""), claims(&local).to_string());
    for _ in 0..3 {
        // One more space is one more byte: all three lengths modulo 3 come by.
        header.push(' ');
        payload.push(' ');
        let (spelled, claims) = (base64url(&header), base64url(&payload));
        let good = signed_as_spelled(&key, &spelled, &claims);
        local.accepts(&good, "no bits left over").await;
        let [_, _, signature] = parts(&good);
        if let Some(other) = other_spelling(&spelled) {
            let token = signed_as_spelled(&key, &other, &claims);
            local
                .refuses_unasked(&token, "bits left over in the header")
                .await;
        }
        if let Some(other) = other_spelling(&claims) {
            let token = signed_as_spelled(&key, &spelled, &other);
            local
                .refuses_unasked(&token, "bits left over in the payload")
                .await;
        }
        let other = other_spelling(signature).unwrap();
        let token = format!("{spelled}.{claims}.{other}");
        local
            .refuses_unasked(&token, "bits left over in the signature")
            .await;
    }
}

/// The same bytes with a bit set where there should be none; `None` when all bits are used.
fn other_spelling(part: &str) -> Option<String> {
    if part.len().is_multiple_of(4) {
        return None;
    }
    let (front, last) = part.split_at(part.len() - 1);
    let value = ALPHABET
        .iter()
        .position(|letter| last.as_bytes() == [*letter])?;
    let other = ALPHABET.get(value + 1)?;
    Some(format!("{front}{}", char::from(*other)))
}

#[tokio::test]
async fn g6_json_serializations_are_refused() {
    let local = LocalWorld::start().await;
    let good = local.server().token().jwt();
    local.accepts(&good, "compact").await;
    let [header, payload, signature] = parts(&good);
    let flattened = json!({"protected": header, "payload": payload, "signature": signature});
    let general = json!({
        "payload": payload,
        "signatures": [{"protected": header, "signature": signature}],
    });
    // Read as compact it is one token, read as JSON another (CVE-2022-39227).
    let evil = base64url(claims_with(
        &local,
        r#","realm_access":{"roles":["admin"]}"#,
    ));
    let polyglot = format!(
        r#"{{"  {header}.{evil}.":"","protected":"{header}","payload":"{payload}","signature":"{signature}"}}"#
    );
    for text in [flattened.to_string(), general.to_string(), polyglot] {
        local.refuses_unasked(&text, &text).await;
        let encoded = base64url(&text);
        local
            .refuses_unasked(&encoded, "the same in base64url")
            .await;
        let inside = format!("{encoded}.{payload}.{signature}");
        local.refuses_unasked(&inside, "the same as header").await;
    }
}

/// What the other tests stand on: bytes that are signed and spelled by hand make a good token.
#[tokio::test]
async fn g5_a_token_made_by_hand_is_good_and_has_one_signature() {
    let local = LocalWorld::start().await;
    let token = local.server().token().jwt();
    let [_, _, signature] = parts(&token);
    let mut bytes = from_base64url(signature);
    local
        .accepts(&with_signature(&token, &bytes), "the same bytes")
        .await;
    bytes[0] ^= 1;
    local
        .refuses_unasked(&with_signature(&token, &bytes), "a bit turned")
        .await;
}

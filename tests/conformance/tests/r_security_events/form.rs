//! R4, R5, R6, R7: what a security event token is (RFC 8417, SSF 1.0 §4).

use std::time::{Duration, SystemTime};

use portcullis_conformance::{AUDIENCE, RawRsaKey, base64url};
use portcullis_testing::{Answer, Endpoint, Fault, SecurityEventBuilder, SigningAlgorithm};
use serde_json::{Value, json};

use crate::support::{CREDENTIAL_CHANGE, MINUTE, SESSION_REVOKED, Scene};

type Change = fn(SecurityEventBuilder) -> SecurityEventBuilder;

/// Each change of a good event has to make one that is refused.
async fn refused<const N: usize>(err: &str, changes: [(&str, Change); N]) {
    let scene = Scene::start().await;
    let good = || scene.world.server.login("alice").session_revoked();
    for (case, change) in changes {
        scene.refuse(&change(good()).jwt(), err, case).await;
    }
    scene.take(&good().jwt()).await;
    assert_eq!(scene.revocations.len(), 1);
}

#[tokio::test]
async fn r4_the_type_is_secevent_jwt() {
    refused(
        "invalid_request",
        [
            ("JWT", |event| event.header("typ", "JWT")),
            ("at+jwt", |event| event.header("typ", "at+jwt")),
            ("logout+jwt", |event| event.header("typ", "logout+jwt")),
            ("secevent", |event| event.header("typ", "secevent")),
            ("number", |event| event.header("typ", 1)),
            ("absent", |event| event.without_header("typ")),
        ],
    )
    .await;
    let scene = Scene::start().await;
    for typ in ["SecEvent+JWT", "application/secevent+jwt"] {
        let event = scene.world.server.login("alice").session_revoked();
        scene.take(&event.header("typ", typ).jwt()).await;
    }
}

#[tokio::test]
async fn r5_it_has_neither_sub_nor_exp() {
    refused(
        "invalid_request",
        [
            ("sub", |event| event.claim("sub", "alice")),
            ("sub, null", |event| event.claim("sub", Value::Null)),
            ("exp", |event| event.claim("exp", 4_000_000_000_u64)),
            ("exp, null", |event| event.claim("exp", Value::Null)),
        ],
    )
    .await;
}

#[tokio::test]
async fn r6_the_issuer_is_ours() {
    refused(
        "invalid_issuer",
        [
            ("absent", |event| event.without_claim("iss")),
            ("other", |event| {
                event.claim("iss", "https://id.example.com")
            }),
            ("empty", |event| event.claim("iss", "")),
        ],
    )
    .await;
    refused(
        "invalid_request",
        [("array", |event| {
            event.claim("iss", json!(["https://id.example.com"]))
        })],
    )
    .await;
}

#[tokio::test]
async fn r6_the_audience_is_ours() {
    refused(
        "invalid_audience",
        [
            ("absent", |event| event.without_claim("aud")),
            ("other", |event| event.audience("stock-api")),
            ("longer", |event| event.audience(format!("{AUDIENCE}/1"))),
            ("others", |event| {
                event.claim("aud", json!(["stock-api", "shop"]))
            }),
            ("none", |event| event.claim("aud", json!([]))),
            ("object", |event| event.claim("aud", json!({AUDIENCE: 1}))),
        ],
    )
    .await;
    let scene = Scene::with(|realm| realm.security_event_audience("orders-events")).await;
    for audience in [
        json!(AUDIENCE),
        json!("orders-events"),
        json!(["stock-api", "orders-events"]),
    ] {
        let event = scene.world.server.login("alice").session_revoked();
        scene.take(&event.claim("aud", audience).jwt()).await;
    }
}

#[tokio::test]
async fn r7_it_has_a_name_a_date_and_one_event() {
    refused(
        "invalid_request",
        [
            ("no jti", |event| event.without_claim("jti")),
            ("empty jti", |event| event.claim("jti", "")),
            ("jti, number", |event| event.claim("jti", 7)),
            ("no iat", |event| event.without_claim("iat")),
            ("iat, text", |event| event.claim("iat", "1700000000")),
            ("no events", |event| event.without_claim("events")),
            ("events, null", |event| event.claim("events", Value::Null)),
            ("events, array", |event| {
                event.claim("events", json!([SESSION_REVOKED]))
            }),
            ("events, text", |event| {
                event.claim("events", SESSION_REVOKED)
            }),
            ("none", |event| event.claim("events", json!({}))),
            ("two", |event| event.event(CREDENTIAL_CHANGE, json!({}))),
            ("and an unknown one", |event| {
                event.event("https://example.com/other", json!({}))
            }),
            ("event, null", |event| {
                event.event(SESSION_REVOKED, Value::Null)
            }),
            ("event, text", |event| {
                event.event(SESSION_REVOKED, json!("now"))
            }),
            ("about nobody", |event| event.without_claim("sub_id")),
            ("about a text", |event| event.claim("sub_id", "alice")),
            ("a claim twice", |event| {
                event.raw_payload(r#"{"jti":"1","jti":"2"}"#)
            }),
        ],
    )
    .await;
}

#[tokio::test]
async fn r7_a_date_ahead_is_refused() {
    let scene = Scene::start().await;
    let event = |ahead: Duration| {
        let at: SystemTime = scene.world.clock.system_time() + ahead;
        let event = scene.world.server.login("alice").session_revoked();
        event.issued_at(at).jwt()
    };
    scene
        .refuse(&event(MINUTE), "invalid_request", "a minute")
        .await;
    // The clocks may differ.
    scene.take(&event(MINUTE / 2)).await;
}

#[tokio::test]
async fn r7_the_signature_is_by_an_algorithm_that_is_allowed() {
    let scene = Scene::start().await;
    let event = || scene.world.server.login("alice").session_revoked();
    for (case, bad) in [
        ("none", event().header("alg", "none").signature([])),
        ("HS256", event().header("alg", "HS256")),
        ("critical", event().header("crit", json!(["exp"]))),
    ] {
        scene.refuse(&bad.jwt(), "invalid_request", case).await;
    }
    scene
        .refuse(
            &event().header("kid", "unknown").jwt(),
            "invalid_key",
            "unknown kid",
        )
        .await;
    for algorithm in [
        SigningAlgorithm::RS256,
        SigningAlgorithm::PS256,
        SigningAlgorithm::ES256,
        SigningAlgorithm::EdDSA,
    ] {
        scene.take(&event().algorithm(algorithm).jwt()).await;
    }
}

#[tokio::test]
async fn r7_an_rsa_key_below_2048_bits_signs_nothing() {
    for (bits, err) in [(2048, None), (1024, Some("invalid_key"))] {
        let scene = Scene::start().await;
        let key = RawRsaKey::new(bits, 65537);
        let keys = json!({ "keys": [key.jwk("raw")] });
        let answer = Fault::answer(Answer::json(&keys));
        scene.world.server.inject(Endpoint::Jwks, answer);
        // The set that is here is due.
        scene.world.clock.advance(11 * MINUTE);
        let good = scene.world.server.login("alice").session_revoked();
        let payload = good.jwt();
        let payload = payload.split('.').nth(1).unwrap();
        let header = base64url(br#"{"alg":"RS256","typ":"secevent+jwt","kid":"raw"}"#);
        let message = format!("{header}.{payload}");
        let signature = base64url(key.sign_pkcs1(message.as_bytes()));
        let event = format!("{message}.{signature}");
        match err {
            Some(err) => scene.refuse(&event, err, "small").await,
            None => scene.take(&event).await,
        }
    }
}

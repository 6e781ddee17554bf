//! F3 to F7: what an answer has to say of itself.

use portcullis_conformance::{AUDIENCE, T0, get};
use portcullis_testing::Endpoint;
use serde_json::{Value, json};

use crate::support::{MEDIA_TYPE, Signed};

#[tokio::test]
async fn f3_the_type_is_that_of_an_answer() {
    let signed = Signed::start().await;
    let typed = |typ: Option<&str>| {
        let mut header = signed.header();
        match typ {
            Some(typ) => header["typ"] = json!(typ),
            None => drop(header.as_object_mut().unwrap().remove("typ")),
        }
        signed.sign(&header, &signed.payload())
    };
    for typ in [
        "token-introspection+jwt",
        "application/token-introspection+jwt",
        "Token-Introspection+JWT",
    ] {
        signed.assert_good(&typed(Some(typ)), typ).await;
    }
    for typ in [
        "JWT",
        "at+jwt",
        "token-introspection",
        "text/token-introspection+jwt",
        "",
    ] {
        signed.assert_unusable(&typed(Some(typ)), typ).await;
    }
    signed.assert_unusable(&typed(None), "absent").await;
}

#[tokio::test]
async fn f4_it_is_said_by_the_issuer_and_to_us() {
    let signed = Signed::start().await;
    let issuer = signed.world.server.issuer().to_owned();
    for (name, value) in [
        ("iss", json!(format!("{issuer}/"))),
        ("iss", json!("https://other.example.com")),
        ("iss", json!([issuer])),
        ("iss", Value::Null),
        ("aud", json!("billing-api")),
        ("aud", json!(["billing-api", "shop"])),
        ("aud", json!([])),
        ("aud", Value::Null),
    ] {
        let case = format!("{name} {value}");
        signed
            .assert_unusable(&signed.answer_but(name, value), &case)
            .await;
    }
    let both = signed.answer_but("aud", json!(["billing-api", "orders-api"]));
    signed.assert_good(&both, "one of several").await;
}

#[tokio::test]
async fn f5_it_was_said_just_now() {
    let signed = Signed::start().await;
    for iat in [T0 - 60, T0, T0 + 60] {
        let answer = signed.answer_but("iat", json!(iat));
        signed.assert_good(&answer, &iat.to_string()).await;
    }
    for iat in [
        json!(T0 - 61),
        json!(T0 + 61),
        json!(T0.to_string()),
        Value::Null,
    ] {
        let answer = signed.answer_but("iat", iat.clone());
        signed.assert_unusable(&answer, &iat.to_string()).await;
    }
}

#[tokio::test]
async fn f6_only_the_members_of_the_statement_count() {
    let signed = Signed::start().await;
    // What stands outside of it would make a good token of an inactive one.
    let mut payload = signed.payload();
    payload["active"] = json!(true);
    payload["sub"] = json!("mallory");
    payload["scope"] = json!("admin");
    payload["token_introspection"] = json!({"active": false});
    let answer = signed.sign(&signed.header(), &payload);
    let status = signed.status(MEDIA_TYPE, answer).await;
    assert_eq!(status, 401);

    for statement in [
        Value::Null,
        json!(true),
        json!("active"),
        json!([{"active": true}]),
        json!({}),
        json!({"active": "true"}),
        json!({"active": 1}),
    ] {
        let case = statement.to_string();
        let answer = signed.answer_but("token_introspection", statement);
        signed.assert_unusable(&answer, &case).await;
    }
}

#[tokio::test]
async fn f7_what_stands_beside_the_statement_is_not_used() {
    let signed = Signed::start().await;
    let mut payload = signed.payload();
    payload["sub"] = json!("mallory");
    payload["exp"] = json!(1);
    let answer = portcullis_testing::Answer::new(200)
        .header("content-type", MEDIA_TYPE)
        .body(signed.sign(&signed.header(), &payload));
    let fault = portcullis_testing::Fault::answer(answer);
    signed.world.server.inject(Endpoint::Introspection, fault);
    let reply = get(&signed.router, &signed.world.server.token().opaque()).await;
    assert_eq!(reply.status, 200);
    let claims = reply.json();
    assert_eq!(
        (&claims["sub"], &claims["aud"]),
        (&json!("alice"), &json!(AUDIENCE))
    );
}

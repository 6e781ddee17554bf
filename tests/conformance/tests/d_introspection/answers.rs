//! D6–D9, D20–D22: what is an answer at all.

use http::StatusCode;
use portcullis_conformance::{post_active, protected};
use portcullis_testing::Answer;
use serde_json::{Value, json};

use crate::support::{Told, body};

#[tokio::test]
async fn d6_active_true_lets_through_and_false_does_not() {
    let told = Told::start().await;
    let reply = told.reply_to(told.good()).await;
    assert_eq!(reply.status, StatusCode::OK);
    let inactive = told.good_but("active", &json!(false));
    told.reply_to(inactive).await.assert_invalid_token();
}

#[tokio::test]
async fn d6_anything_but_a_boolean_is_no_answer() {
    let told = Told::start().await;
    for active in [
        json!("true"),
        json!("false"),
        json!(1),
        json!(0),
        json!(null),
        json!([]),
        json!([true]),
        json!({}),
    ] {
        let answer = told.good_but("active", &active);
        told.assert_unusable(Answer::json(&answer)).await;
    }
    let mut absent = told.good();
    absent.as_object_mut().unwrap().remove("active");
    told.assert_unusable(Answer::json(&absent)).await;
    absent["Active"] = json!(true);
    told.assert_unusable(Answer::json(&absent)).await;
}

#[tokio::test]
async fn d6_a_live_answer_is_read_as_strictly() {
    let told = Told::start().await;
    let issuer = told.world.asking().build().unwrap();
    let router = protected(issuer.hybrid());
    let server = &told.world.server;
    for (active, status) in [
        (json!(true), StatusCode::OK),
        (json!("true"), StatusCode::SERVICE_UNAVAILABLE),
        (json!(null), StatusCode::SERVICE_UNAVAILABLE),
        (json!(false), StatusCode::UNAUTHORIZED),
    ] {
        let answered = server.token().introspects_as(json!({"active": active}));
        let reply = post_active(&router, &answered.jwt()).await;
        // A `null` takes the member out: absent.
        assert_eq!(reply.status, status, "{active}");
    }
}

#[tokio::test]
async fn d7_inactive_wins_over_everything_else() {
    let told = Told::start().await;
    let jwt = told.world.server.token().jwt();
    let secretive = json!({"active": false, "scope": "admin", "sub": "mallory", "jwt": jwt});
    let mut good_otherwise = told.good_but("active", &json!(false));
    good_otherwise["jwt"] = json!(jwt);
    for answer in [
        secretive,
        good_otherwise,
        // Members that would make an active answer malformed do not matter either.
        json!({"active": false, "exp": "soon", "aud": 1}),
    ] {
        let reply = told.reply_to(answer.clone()).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{answer}");
        reply.assert_invalid_token();
        let text = format!("{:?}{:?}", reply.headers, reply.body);
        for leaked in ["admin", "mallory", &jwt] {
            assert!(!text.contains(leaked), "{text}");
        }
    }
}

#[tokio::test]
async fn d8_unknown_members_are_kept_for_the_application() {
    let told = Told::start().await;
    let foreign = json!({"list": [1, 2.5, null], "object": {"a": {"b": "c"}}});
    let reply = told.reply_to(told.good_but("x_foo", &foreign)).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.json()["x_foo"], foreign);
}

#[tokio::test]
async fn d9_the_answer_is_an_object() {
    let told = Told::start().await;
    for text in ["[]", "true", "\"ok\"", "", " ", "null", "1", "{", "active"] {
        told.assert_unusable(body(text)).await;
    }
    let in_an_array = json!([told.good()]);
    told.assert_unusable(Answer::json(&in_an_array)).await;
}

#[tokio::test]
async fn d20_the_content_type_is_json() {
    let told = Told::start().await;
    let good = told.good().to_string();
    for kind in [
        "text/html",
        "text/plain",
        "application/jwt",
        "application/octet-stream",
        "application/json+x",
        "application/jsonp",
        "json",
        "",
    ] {
        let answer = body(good.as_str()).header("content-type", kind);
        told.assert_unusable(answer).await;
    }
    told.assert_unusable(Answer::new(200).body(good.as_str()))
        .await;
}

#[tokio::test]
async fn d20_parameters_and_case_of_the_content_type_do_not_matter() {
    let told = Told::start().await;
    let good = told.good().to_string();
    for kind in [
        "application/json",
        "application/json;charset=UTF-8",
        "application/json ; charset=utf-8",
        "APPLICATION/JSON",
    ] {
        let answer = body(good.as_str()).header("content-type", kind);
        let reply = told.reply_with(answer).await;
        assert_eq!(reply.status, StatusCode::OK, "{kind}");
    }
}

#[tokio::test]
async fn d21_duplicate_members_make_the_answer_malformed() {
    let told = Told::start().await;
    let rest = rest(&told.good());
    for text in [
        r#"{"active":false,"active":true,REST}"#,
        r#"{"active":true,"active":false,REST}"#,
        r#"{"active":true,"active":true,REST}"#,
        r#"{"active":false,"\u0061ctive":true,REST}"#,
        r#"{"active":true,REST,"sub":"bob"}"#,
        r#"{"active":true,REST,"x":{"y":1,"y":2}}"#,
    ] {
        told.assert_unusable(body(text.replace("REST", &rest)))
            .await;
    }
}

#[tokio::test]
async fn d22_broken_encodings_make_the_answer_malformed() {
    let told = Told::start().await;
    let good = told.good().to_string();
    let rest = rest(&told.good());
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut marked_utf16 = vec![0xff, 0xfe];
    marked_utf16.extend(&utf16);
    let mut not_utf8 = format!("{{\"active\":true,{rest},\"x\":\"").into_bytes();
    not_utf8.extend(b"\xff\"}");
    for (what, bytes) in [
        ("UTF-16", utf16),
        ("UTF-16 with a byte order mark", marked_utf16),
        ("not UTF-8", not_utf8),
        ("byte order mark", format!("\u{feff}{good}").into_bytes()),
        ("a second object", format!("{good}{good}").into_bytes()),
        ("garbage behind it", format!("{good}x").into_bytes()),
        ("a NUL behind it", format!("{good}\0").into_bytes()),
        ("a bracket too many", format!("{good}}}").into_bytes()),
        (
            "half a surrogate",
            format!(r#"{{"active":true,{rest},"x":"\ud800"}}"#).into_bytes(),
        ),
    ] {
        println!("{what}");
        told.assert_unusable(body(bytes)).await;
    }
    // White space around an object belongs to JSON.
    let reply = told.reply_with(body(format!(" \n{good}\r\n\t "))).await;
    assert_eq!(reply.status, StatusCode::OK);
}

/// The members of a good answer but for `active`, as they stand between the braces.
fn rest(good: &Value) -> String {
    let mut good = good.clone();
    good.as_object_mut().unwrap().remove("active");
    let text = good.to_string();
    let inner = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'));
    inner.unwrap().to_owned()
}

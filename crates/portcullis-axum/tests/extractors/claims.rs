//! `Claims<T>` and `Option<Claims<T>>`.

use axum::{Router, routing};
use portcullis::AuthenticateLayer;
use portcullis_axum::Claims;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{Scripted, get, get_anonymously, telling};

#[derive(Deserialize)]
struct User {
    sub: String,
    address: Option<Address>,
}

#[derive(Deserialize)]
struct Address {
    city: String,
}

async fn required(Claims(user): Claims<User>) -> String {
    user.address
        .as_ref()
        .map_or_else(|| user.sub.clone(), |address| address.city.clone())
}

async fn optional(user: Option<Claims<User>>) -> String {
    user.map_or("nobody".to_owned(), |user| user.sub.clone())
}

fn routes() -> Router {
    Router::new()
        .route("/required", routing::get(required))
        .route("/optional", routing::get(optional))
}

#[tokio::test]
async fn a_handler_is_given_the_claims_as_its_own_type() {
    let verifier = Scripted::new(json!({ "sub": "ali", "address": { "city": "Graz" } }));
    let router = routes().layer(AuthenticateLayer::new(verifier.clone()));
    assert_eq!(get(router.clone(), "/required").await.body, "Graz");
    assert_eq!(get(router, "/optional").await.body, "ali");
    assert_eq!(verifier.calls(), 0, "nobody is asked");
}

#[tokio::test]
async fn claims_that_do_not_fit_are_403_and_the_log_says_where() {
    let verifier = Scripted::new(json!({ "sub": "ali", "address": { "city": 7 } }));
    let router = routes().layer(telling(verifier));
    for path in ["/required", "/optional"] {
        let seen = get(router.clone(), path).await;
        assert_eq!(
            (seen.status.as_u16(), seen.reason()),
            (403, Some("claims_do_not_fit"))
        );
        assert!(seen.body.contains("`address.city`"), "{}", seen.body);
        let challenge = seen.header("www-authenticate").unwrap();
        assert!(
            challenge.contains(r#"error="insufficient_scope""#),
            "{challenge}"
        );
    }
}

#[tokio::test]
async fn what_a_token_calls_its_members_forges_no_log_line() {
    type Names = std::collections::HashMap<String, u8>;
    let name = format!("\nERROR forged {}", "x".repeat(5_000));
    let verifier = Scripted::new(json!({ name: "no number" }));
    let route = routing::get(|_: Claims<Names>| async {});
    let router = Router::new().route("/", route).layer(telling(verifier));
    let seen = get(router, "/").await;
    assert_eq!(seen.reason(), Some("claims_do_not_fit"));
    assert!(seen.body.contains(r"\nERROR forged xx"), "{}", seen.body);
    assert_eq!(seen.body.lines().count(), 1, "{}", seen.body);
    assert!(seen.body.len() < 500, "{}", seen.body);
}

/// Cannot be deserialized without a panic.
struct Brittle;

impl<'de> Deserialize<'de> for Brittle {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("as told")
    }
}

#[tokio::test]
async fn a_claims_type_that_panics_is_500_and_the_next_request_is_served() {
    let router = routes()
        .route("/brittle", routing::get(|_: Claims<Brittle>| async {}))
        .layer(telling(Scripted::new(json!({ "sub": "ali" }))));
    let seen = get(router.clone(), "/brittle").await;
    assert_eq!(
        (seen.status.as_u16(), seen.reason()),
        (500, Some("internal"))
    );
    assert_eq!(get(router, "/required").await.body, "ali");
}

#[tokio::test]
async fn only_a_missing_token_is_none() {
    let layer = AuthenticateLayer::optional(Scripted::new(json!({ "sub": "ali" })));
    let router = routes().layer(layer);
    assert_eq!(
        get_anonymously(router.clone(), "/optional").await.body,
        "nobody"
    );
    assert_eq!(get(router.clone(), "/optional").await.body, "ali");
    let seen = get_anonymously(router, "/required").await;
    assert_eq!(seen.status, 401);
    assert_eq!(
        seen.header("www-authenticate"),
        Some(r#"Bearer realm="api""#)
    );
    assert!(
        seen.body.contains("missing_token"),
        "rendered by the layer: {}",
        seen.body
    );
}

#[tokio::test]
async fn where_a_token_is_needed_an_optional_extractor_changes_nothing() {
    let layer = AuthenticateLayer::new(Scripted::new(json!({ "sub": "ali" })));
    let seen = get_anonymously(routes().layer(layer), "/optional").await;
    assert_eq!(seen.status, 401);
}

#[tokio::test]
async fn all_claims_can_be_had_as_they_are() {
    let route = routing::get(|Claims(claims): Claims<Value>| async move { claims.to_string() });
    let layer = AuthenticateLayer::new(Scripted::new(json!({ "sub": "ali", "x": [1] })));
    let router = Router::new().route("/", route).layer(layer);
    assert_eq!(get(router, "/").await.body, r#"{"sub":"ali","x":[1]}"#);
}

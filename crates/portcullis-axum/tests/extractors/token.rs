//! `Token`, and checks inside a handler.

use axum::{Router, response::IntoResponse, routing};
use portcullis::{AuthenticateLayer, Freshness, RequireRole, RequireScope};
use portcullis_axum::{AuthRejection, Token};
use serde_json::json;

use crate::support::{Live, Scripted, get, get_anonymously, with_role};

async fn close_books(token: Token) -> Result<&'static str, AuthRejection> {
    token.require(RequireRole::realm("admin"))?;
    Ok("closed")
}

async fn who(token: Option<Token>) -> String {
    let sub = token.and_then(|token| token.facts().registered().sub.clone());
    sub.map_or("nobody".to_owned(), String::from)
}

fn routes() -> Router {
    Router::new()
        .route("/books", routing::get(close_books))
        .route("/who", routing::get(who))
}

#[tokio::test]
async fn a_check_inside_a_handler_is_rendered_by_the_layer() {
    for (claims, status) in [(with_role("admin"), 200), (with_role("clerk"), 403)] {
        let router = routes().layer(AuthenticateLayer::new(Scripted::new(claims)));
        let seen = get(router, "/books").await;
        assert_eq!(seen.status, status);
        assert_eq!(seen.header("www-authenticate").is_some(), status == 403);
        assert_eq!(seen.body.contains("insufficient_scope"), status == 403);
    }
}

#[tokio::test]
async fn a_scope_that_is_missed_inside_a_handler_is_named() {
    let handler = |token: Token| async move {
        let write = RequireScope::all(["write"]).unwrap();
        token.require(write).map_err(AuthRejection::from)
    };
    let layer = AuthenticateLayer::new(Scripted::new(json!({ "scope": "read" })));
    let router = Router::new().route("/", routing::get(handler)).layer(layer);
    let seen = get(router, "/").await;
    assert_eq!(seen.status, 403);
    let challenge = seen.header("www-authenticate").unwrap();
    assert!(challenge.ends_with(r#", scope="write""#), "{challenge}");
}

#[tokio::test]
async fn a_server_that_is_down_while_a_handler_asks_is_503() {
    let handler = |token: Token| async move {
        token.refreshed(Freshness::Live).await?;
        Ok::<_, AuthRejection>(())
    };
    let down = Live::No(portcullis::Reason::IssuerUnreachable);
    let layer = AuthenticateLayer::new(Scripted::new(json!({})).live(down));
    let router = Router::new().route("/", routing::get(handler)).layer(layer);
    let seen = get(router, "/").await;
    assert_eq!(seen.status, 503);
    assert_eq!(seen.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn an_optional_token_is_none_for_an_anonymous_request_only() {
    let layer = AuthenticateLayer::optional(Scripted::new(json!({ "sub": "ali" })));
    let router = routes().layer(layer);
    assert_eq!(get_anonymously(router.clone(), "/who").await.body, "nobody");
    assert_eq!(get(router.clone(), "/who").await.body, "ali");
    assert_eq!(get_anonymously(router, "/books").await.status, 401);
}

#[tokio::test]
async fn a_handler_may_answer_a_refusal_in_its_own_way() {
    let handler = |token: Token| async move {
        match token.require(RequireRole::realm("admin")) {
            Ok(()) => "all of it".into_response(),
            Err(_) => "some of it".into_response(),
        }
    };
    let layer = AuthenticateLayer::new(Scripted::new(json!({})));
    let router = Router::new().route("/", routing::get(handler)).layer(layer);
    let seen = get(router, "/").await;
    assert_eq!(
        (seen.status.as_u16(), seen.body.as_str()),
        (200, "some of it")
    );
}

//! A route that somebody forgot to put the layer around is the operator's fault, never the
//! client's.

use axum::{Router, response::IntoResponse, routing};
use http::StatusCode;
use portcullis::{Reason, Rejection};
use portcullis_axum::{AuthRejection, Claims, RequireActive, Token};
use serde_json::Value;

use crate::support::{get, get_anonymously};

fn routes() -> Router {
    Router::new()
        .route("/claims", routing::get(|_: Claims<Value>| async {}))
        .route(
            "/optional",
            routing::get(|_: Option<Claims<Value>>| async {}),
        )
        .route("/active", routing::get(|_: RequireActive<Value>| async {}))
        .route("/token", routing::get(|_: Token| async {}))
        .route("/optional-token", routing::get(|_: Option<Token>| async {}))
}

#[tokio::test]
async fn forgetting_the_layer_is_a_500_that_says_so() {
    for path in [
        "/claims",
        "/optional",
        "/active",
        "/token",
        "/optional-token",
    ] {
        for seen in [
            get(routes(), path).await,
            get_anonymously(routes(), path).await,
        ] {
            assert_eq!(seen.status, 500, "{path}");
            assert!(
                seen.body.starts_with("`AuthenticateLayer` is missing"),
                "{}",
                seen.body
            );
            assert_eq!(seen.header("www-authenticate"), None);
        }
    }
}

#[test]
fn every_other_refusal_leaves_the_body_to_the_layer() {
    let rejection = AuthRejection::from(Rejection::new(Reason::Inactive));
    let response = rejection.into_response();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        axum::body::HttpBody::size_hint(response.body()).exact(),
        Some(0)
    );
    let carried = response.extensions().get::<Rejection>();
    assert_eq!(carried.map(Rejection::reason), Some(Reason::Inactive));
}

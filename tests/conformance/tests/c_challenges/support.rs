use axum::{Json, Router, routing::get};
use http::header;
use portcullis::{AuthenticateLayer, Reason, Rejection};
use portcullis_axum::Claims;
use portcullis_conformance::{ListeningVerifier, Reply, get as get_with};
use serde_json::{Value, json};

/// The answer to a request that a verifier refuses for this reason.
pub(crate) async fn refused_for(reason: Reason) -> Reply {
    refused_with(Rejection::because(reason, "not for the client")).await
}

/// The answer to a request that a verifier refuses like this.
pub(crate) async fn refused_with(rejection: Rejection) -> Reply {
    get_with(&refusing(rejection), "a-token").await
}

pub(crate) fn refusing(rejection: Rejection) -> Router {
    let verifier = ListeningVerifier::refusing(rejection);
    Router::new()
        .route("/", get(|| async {}))
        .layer(AuthenticateLayer::new(verifier))
}

/// A layer for tokens with these claims.
pub(crate) fn granting(claims: &Value) -> AuthenticateLayer {
    AuthenticateLayer::new(ListeningVerifier::vouching(claims))
}

pub(crate) fn alice() -> Value {
    json!({"sub": "alice"})
}

/// A handler that wants the claims as a type.
pub(crate) async fn claims<T>(Claims(claims): Claims<T>) -> Json<T>
where
    T: serde::de::DeserializeOwned + serde::Serialize + Clone + Send + Sync + 'static,
{
    Json((*claims).clone())
}

/// The challenge as it was sent. Panics unless there is exactly one.
pub(crate) fn challenge_line(reply: &Reply) -> &str {
    let mut lines = reply.headers.get_all(header::WWW_AUTHENTICATE).iter();
    let line = lines.next().unwrap().to_str().unwrap();
    assert_eq!(lines.next(), None, "{reply:?}");
    line
}

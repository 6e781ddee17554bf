use axum::body::Body;
use http::{Method, Request, header};
use portcullis::AuthenticateLayer;
use portcullis_conformance::{ListeningVerifier, Reply};
use serde_json::json;

/// A layer that takes every token for one of alice's.
pub(crate) fn layer() -> AuthenticateLayer {
    layer_for("read")
}

/// The same, with this scope.
pub(crate) fn layer_for(scope: &str) -> AuthenticateLayer {
    let claims = json!({"sub": "alice", "scope": scope});
    AuthenticateLayer::new(ListeningVerifier::vouching(&claims))
}

/// A request with these headers.
pub(crate) fn request(method: Method, target: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

/// `GET /` with a token and these headers.
pub(crate) fn authenticated(headers: &[(&str, &str)]) -> Request<Body> {
    let mut all = vec![("authorization", "Bearer a-token")];
    all.extend_from_slice(headers);
    request(Method::GET, "/", &all)
}

/// The values of a header, joined as a client may join them.
pub(crate) fn joined(reply: &Reply, name: header::HeaderName) -> String {
    let values: Vec<_> = reply
        .headers
        .get_all(name)
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    values.join(", ")
}

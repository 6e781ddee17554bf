use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

use super::Policy;
use crate::{forwarded::GatewayKind, upstream::NOTHING};

/// The text for whoever is not let in by any rule. Why, only the operator is told.
const DENIED: &str =
    r#"{"error":"access_denied","error_description":"The request is not permitted"}"#;
const LATE: &str = r#"{"error":"temporarily_unavailable","error_description":"The request cannot be judged at the moment"}"#;

/// Let in, as nobody.
pub(super) fn public(policy: &Policy) -> Response<Bytes> {
    finish(policy, Response::new(Bytes::new()))
}

/// Not let in, by no fault of a token.
pub(super) fn denied(policy: &Policy) -> Response<Bytes> {
    finish(policy, json(StatusCode::FORBIDDEN, DENIED))
}

/// No verdict in time.
pub(super) fn late() -> Response<Bytes> {
    let mut response = json(StatusCode::SERVICE_UNAVAILABLE, LATE);
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// What became of a token.
pub(super) fn of_token(policy: &Policy, mut response: Response<Bytes>) -> Response<Bytes> {
    if !response.status().is_success() {
        // Whoever is not let in has no identity.
        for name in policy.owned_headers() {
            response.headers_mut().remove(name);
        }
    }
    if policy.gateway == GatewayKind::Nginx {
        join_challenges(&mut response);
    }
    finish(policy, response)
}

/// Every header that is owned is there, once; and nobody keeps the answer.
fn finish(policy: &Policy, mut response: Response<Bytes>) -> Response<Bytes> {
    let headers = response.headers_mut();
    for name in policy.owned_headers() {
        headers.entry(name).or_insert(NOTHING);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// One list in one header (RFC 9110 §11.6.1): nginx before 1.23 passes on the first one alone.
fn join_challenges(response: &mut Response<Bytes>) {
    let headers = response.headers_mut();
    let challenges: Vec<&[u8]> = headers
        .get_all(header::WWW_AUTHENTICATE)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    if challenges.len() < 2 {
        return;
    }
    if let Ok(joined) = HeaderValue::from_bytes(&challenges.join(&b", "[..])) {
        headers.insert(header::WWW_AUTHENTICATE, joined);
    }
}

fn json(status: StatusCode, body: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(body.as_bytes()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

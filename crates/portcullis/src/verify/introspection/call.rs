//! One call to the introspection endpoint: the request, and what can come of it.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::Value;

use super::ClientAuthentication;
use crate::{
    Timestamp,
    http_client::{FetchError, HttpError, ServerUrl},
};

/// Why a call brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum CallError {
    #[error(transparent)]
    Endpoint(#[from] FetchError),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("the answer cannot be used: {0}")]
    Malformed(String),
    #[error("the server is in trouble: status {status}")]
    Trouble {
        status: StatusCode,
        retry_after: Option<Duration>,
    },
    #[error("the realm is switched off at the server")]
    RealmDisabled,
    #[error("the token is too long for the server; lower `max_token_length`")]
    TokenTooLong,
    #[error("the request is refused: status {status}")]
    Refused { status: StatusCode },
}

/// The request of RFC 7662 §2.1: a form post, everything in its body, nothing twice.
pub(super) fn request(
    endpoint: &ServerUrl,
    client: &ClientAuthentication,
    hint: Option<&str>,
    token: &str,
) -> Result<Request<Bytes>, CallError> {
    let mut form = Serializer::new(String::new());
    form.append_pair("token", token);
    if let Some(hint) = hint {
        form.append_pair("token_type_hint", hint);
    }
    client.write_form(&mut form);
    let mut request = Request::new(Bytes::from(form.finish()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = endpoint
        .as_str()
        .parse()
        .map_err(|_| CallError::Malformed("the endpoint's address".to_owned()))?;
    let headers = request.headers_mut();
    let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
    headers.insert(header::CONTENT_TYPE, form_type);
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::ACCEPT, json);
    let no_store = HeaderValue::from_static("no-store");
    headers.insert(header::CACHE_CONTROL, no_store);
    if let Some(credentials) = client.header() {
        headers.insert(header::AUTHORIZATION, credentials);
    }
    Ok(request)
}

/// What a status other than 200 means. Never that the token is inactive.
pub(super) fn refusal(response: &Response<Bytes>) -> CallError {
    let status = response.status();
    match status {
        StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::URI_TOO_LONG
        | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => CallError::TokenTooLong,
        StatusCode::FORBIDDEN if is_realm_disabled(response.body()) => CallError::RealmDisabled,
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::REQUEST_TIMEOUT
        | StatusCode::MISDIRECTED_REQUEST
        | StatusCode::TOO_EARLY => trouble(response),
        _ if status.is_client_error() || status.is_redirection() => CallError::Refused { status },
        _ => trouble(response),
    }
}

fn trouble(response: &Response<Bytes>) -> CallError {
    CallError::Trouble {
        status: response.status(),
        retry_after: retry_after(response.headers()),
    }
}

/// What Keycloak answers when the whole realm is off: our credentials are not at fault.
fn is_realm_disabled(body: &Bytes) -> bool {
    serde_json::from_slice(body).is_ok_and(|body: Value| {
        let member = |name| body.get(name).and_then(Value::as_str);
        member("error") == Some("access_denied")
            && member("error_description").is_some_and(|text| text.contains("not enabled"))
    })
}

/// `Retry-After` as seconds or as a date (RFC 9110 §10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = headers
        .get(header::DATE)
        .and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok())
        .unwrap_or_else(SystemTime::now);
    until.duration_since(now).ok()
}

/// How much older than the call an answer's `Date` may be before it is taken for a cached one.
const DATE_TOLERANCE: Duration = Duration::from_secs(60);

/// Who, if anybody, has answered in the server's stead: an `Age` (RFC 9111 §5.1), or a `Date`
/// from before the call.
pub(super) fn intermediary(headers: &HeaderMap, began_at: Timestamp) -> Option<String> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let age = text(header::AGE).is_some_and(|age| age.trim() != "0");
    let is_old = text(header::DATE)
        .and_then(|date| httpdate::parse_http_date(date).ok())
        .is_some_and(|date| Timestamp::from(date) < began_at.minus(DATE_TOLERANCE));
    if !age && !is_old {
        return None;
    }
    let name = text(header::VIA).or_else(|| text(header::SERVER));
    Some(
        name.unwrap_or("a cache that does not name itself")
            .to_owned(),
    )
}

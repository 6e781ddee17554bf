//! One call to the introspection endpoint: the request, and what can come of it.

use std::time::Duration;

use bytes::Bytes;
use form_urlencoded::{Serializer, byte_serialize};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use serde::Deserialize;

use crate::{
    Timestamp,
    client_authentication::{Attempt, AuthenticationError},
    http_client::{AttemptError, FetchError, HttpError, ServerUrl},
};

/// Why a call brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum CallError {
    #[error(transparent)]
    Endpoint(#[from] FetchError),
    #[error(transparent)]
    Authentication(#[from] AuthenticationError),
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
    #[error("the request is refused: status {}", .0.status)]
    Refused(Refused),
}

/// How the server refuses a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) about: About,
}

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// Who asks: it says so.
    Client,
    /// Who asks, by its status alone. Some servers say the same of tokens that they do not know.
    PerhapsClient,
    /// What was asked.
    Request,
}

impl AttemptError for CallError {
    fn is_lost_connection(&self) -> bool {
        matches!(self, Self::Http(error) if error.is_lost_connection())
    }
}

/// The request of RFC 7662 §2.1: a form post, everything in its body, nothing twice.
pub(super) fn request(
    endpoint: &ServerUrl,
    client: Attempt,
    hint: Option<&str>,
    token: &str,
    accept: HeaderValue,
) -> Result<Request<Bytes>, CallError> {
    let mut form = String::with_capacity(token.len() + 128);
    form.push_str("token=");
    if stands_in_a_form(token) {
        form.push_str(token);
    } else {
        form.extend(byte_serialize(token.as_bytes()));
    }
    let mut form = Serializer::new(form);
    if let Some(hint) = hint {
        form.append_pair("token_type_hint", hint);
    }
    form.extend_pairs(client.form);
    let mut request = Request::new(Bytes::from(form.finish()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = endpoint
        .uri()
        .ok_or_else(|| CallError::Malformed("the endpoint's address".to_owned()))?;
    let headers = request.headers_mut();
    let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
    headers.insert(header::CONTENT_TYPE, form_type);
    headers.insert(header::ACCEPT, accept);
    let no_store = HeaderValue::from_static("no-store");
    headers.insert(header::CACHE_CONTROL, no_store);
    if let Some(credentials) = client.header {
        headers.insert(header::AUTHORIZATION, credentials);
    }
    Ok(request)
}

/// Whether a form has a text as it is: nearly all tokens are made of such letters alone. None is a way
/// out, so many are looked at in one step.
fn stands_in_a_form(text: &str) -> bool {
    let is_good = |byte: u8| {
        (byte | 0x20).wrapping_sub(b'a') < 26
            || byte.wrapping_sub(b'0') < 10
            || matches!(byte, b'-' | b'.' | b'_')
    };
    let others = text
        .bytes()
        .fold(0, |others, byte| others | u8::from(!is_good(byte)));
    others == 0
}

/// What a status other than 200 means. Never that the token is inactive.
pub(super) fn refusal(response: &Response<Bytes>, now: Timestamp) -> CallError {
    let status = response.status();
    match status {
        StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::URI_TOO_LONG
        | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => CallError::TokenTooLong,
        StatusCode::FORBIDDEN if is_realm_disabled(&Problem::of(response)) => {
            CallError::RealmDisabled
        }
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::REQUEST_TIMEOUT
        | StatusCode::MISDIRECTED_REQUEST
        | StatusCode::TOO_EARLY => trouble(response, now),
        _ if status.is_client_error() || status.is_redirection() => CallError::Refused(Refused {
            status,
            about: about(status, &Problem::of(response)),
        }),
        _ => trouble(response, now),
    }
}

fn trouble(response: &Response<Bytes>, now: Timestamp) -> CallError {
    CallError::Trouble {
        status: response.status(),
        retry_after: retry_after(response.headers(), now),
    }
}

/// What a refusal says of itself (RFC 6749 §5.2), if anything.
#[derive(Default, Deserialize)]
struct Problem {
    error: Option<String>,
    error_description: Option<String>,
}

impl Problem {
    fn of(response: &Response<Bytes>) -> Self {
        serde_json::from_slice(response.body()).unwrap_or_default()
    }
}

/// What Keycloak answers when the whole realm is off: our credentials are not at fault.
fn is_realm_disabled(problem: &Problem) -> bool {
    let description = problem.error_description.as_deref().unwrap_or_default();
    problem.error.as_deref() == Some("access_denied") && description.contains("not enabled")
}

/// What a refusal is about. The status alone does not tell: Keycloak refuses a wrong assertion
/// with 400, and others an odd token with 401.
fn about(status: StatusCode, problem: &Problem) -> About {
    match (problem.error.as_deref(), status) {
        (Some("invalid_client" | "unauthorized_client"), _) => About::Client,
        (Some("unsupported_token_type" | "invalid_token"), _) => About::Request,
        (_, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => About::PerhapsClient,
        _ => About::Request,
    }
}

/// `Retry-After` as seconds or as a date (RFC 9110 §10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text| httpdate::parse_http_date(text).ok().map(Timestamp::from);
    let until = date(value)?;
    let sent = headers
        .get(header::DATE)
        .and_then(|sent| date(sent.to_str().ok()?));
    Some(until.since(sent.unwrap_or(now)))
}

/// How much older than the call an answer's `Date` may be before it is taken for a cached one.
const DATE_TOLERANCE: Duration = Duration::from_secs(60);

/// By what it shows, if it does, that somebody has answered in the server's stead: an `Age`
/// (RFC 9111 §5.1), or a `Date` from before the call.
pub(super) fn intermediary(headers: &HeaderMap, began_at: Timestamp) -> Option<&'static str> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::AGE).is_some_and(|age| age.trim() != "0") {
        return Some("Age");
    }
    let date = httpdate::parse_http_date(text(header::DATE)?).ok()?;
    (Timestamp::from(date) < began_at.minus(DATE_TOLERANCE)).then_some("Date")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_spelled_as_a_form_spells_it() {
        let whole: String = (' '..='~').collect();
        let letters = whole.chars().map(String::from);
        for token in letters.chain([whole.clone(), "a.b-c_D9".to_owned(), "a/b+c~==".to_owned()]) {
            let endpoint = ServerUrl::parse("https://id.example.com/", false).unwrap();
            let json = HeaderValue::from_static("application/json");
            let hint = Some("access_token");
            let request = request(&endpoint, Attempt::default(), hint, &token, json).unwrap();
            let expected = Serializer::new(String::new())
                .append_pair("token", &token)
                .append_pair("token_type_hint", "access_token")
                .finish();
            assert_eq!(request.body(), &expected, "{token}");
        }
    }
}

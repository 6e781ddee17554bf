//! Requests to a server, for tests: whatever is not a success is an error with the answer in it.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{ClientBuilder, RequestBuilder, Response, header};
use serde_json::Value;

use crate::SuiteError;

/// A client for servers on this machine.
///
/// # Errors
/// When it cannot be built.
pub fn http_client() -> Result<reqwest::Client, SuiteError> {
    http_client_with(|client| client)
}

/// The same with settings of the suite's own.
///
/// # Errors
/// When it cannot be built.
pub fn http_client_with(
    settings: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> Result<reqwest::Client, SuiteError> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(30));
    settings(client)
        .build()
        .map_err(SuiteError::http("building an HTTP client"))
}

/// RFC 6749 §2.3.1: id and secret are form-encoded before they become a Basic pair.
pub fn with_basic(request: RequestBuilder, id: &str, secret: &str) -> RequestBuilder {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(id), encode(secret));
    request.header(
        header::AUTHORIZATION,
        format!("Basic {}", STANDARD.encode(pair)),
    )
}

/// The answer, if it is a success.
///
/// # Errors
/// When it is not, with its status and body.
pub async fn expect_success(doing: &str, response: Response) -> Result<Response, SuiteError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    Err(SuiteError::Status {
        doing: doing.to_owned(),
        status,
        body: response.text().await.unwrap_or_default(),
    })
}

/// The answer as JSON.
///
/// # Errors
/// When it is no success or no JSON.
pub async fn json(doing: &str, response: Response) -> Result<Value, SuiteError> {
    let response = expect_success(doing, response).await?;
    response.json().await.map_err(SuiteError::http(doing))
}

/// A member of an answer that is a string.
///
/// # Errors
/// When there is no such member.
pub fn text_member(doing: &str, body: &Value, member: &'static str) -> Result<String, SuiteError> {
    body.get(member)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| SuiteError::Missing {
            doing: doing.to_owned(),
            member,
            body: body.to_string(),
        })
}

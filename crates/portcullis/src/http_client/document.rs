use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};

use super::{HttpClient, HttpError, Limits, ServerUrl, UnfitUrl};

/// Why a document of the issuer's could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("{url}: {error}")]
    Http { url: String, error: HttpError },
    #[error("{url}: the answer has status {status}")]
    Status { url: String, status: StatusCode },
    #[error("{url}: {problem}")]
    Malformed { url: String, problem: String },
    #[error(
        "{url}: its `issuer` is {found:?}, not the configured {expected:?}; write it exactly as the server does, slash and host name included"
    )]
    OtherIssuer {
        url: String,
        expected: String,
        found: String,
    },
    #[error("{url}: `{member}` cannot be used: {problem}")]
    UnfitEndpoint {
        url: String,
        member: &'static str,
        problem: UnfitUrl,
    },
    #[error(
        "{url}: `{member}` is on a host that is not the issuer's; name it in the builder if it is right"
    )]
    ForeignEndpoint { url: String, member: &'static str },
    #[error("the issuer publishes no `{member}`; name it in the builder")]
    NoEndpoint { member: &'static str },
    #[error("the last attempt failed a moment ago: {0}")]
    CoolingDown(Box<FetchError>),
    #[error("there is no tokio runtime to fetch it on")]
    NoRuntime,
    #[error("the fetch was cut short")]
    Aborted,
    #[error("nothing complete came within the deadline of the fetch")]
    Overdue,
    #[error("the fetch that was waited for is stuck on a runtime that does not run")]
    Stuck,
}

/// Fetches a document.
pub(crate) async fn fetch_document(
    http: &dyn HttpClient,
    url: &ServerUrl,
    accept: &'static str,
    limits: Limits,
) -> Result<Bytes, FetchError> {
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = url.as_str().parse().map_err(|_| FetchError::Malformed {
        url: url.to_string(),
        problem: "the address cannot stand in a request".to_owned(),
    })?;
    let accept = HeaderValue::from_static(accept);
    request.headers_mut().insert(header::ACCEPT, accept);
    let answer = http
        .send(request, limits)
        .await
        .map_err(|error| FetchError::Http {
            url: url.to_string(),
            error,
        })?;
    if answer.status() != StatusCode::OK {
        return Err(FetchError::Status {
            url: url.to_string(),
            status: answer.status(),
        });
    }
    Ok(answer.into_body())
}

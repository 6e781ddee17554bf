use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};

use super::{HttpClient, HttpError, Limits, ServerUrl, UnfitUrl, send_again};

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
    let request = request(url, accept)?;
    let answer = answered(http, url, request, limits).await?;
    Ok(answer.into_body())
}

/// Fetches a document that must be today's, unless it is still the one with this entity tag: the
/// answer has status 200, or 304 when a tag was sent.
///
/// Caches on the way are told to ask the issuer (`no-cache`, RFC 9111 §5.2.1.4): who asks for such
/// a document lacks what a cache cannot know of yet. We ask seldom enough for every server.
pub(crate) async fn fetch_from_origin(
    http: &dyn HttpClient,
    url: &ServerUrl,
    accept: &'static str,
    known: Option<&HeaderValue>,
    limits: Limits,
) -> Result<Response<Bytes>, FetchError> {
    let mut request = request(url, accept)?;
    let no_cache = HeaderValue::from_static("no-cache");
    let headers = request.headers_mut();
    headers.insert(header::CACHE_CONTROL, no_cache);
    if let Some(known) = known {
        headers.insert(header::IF_NONE_MATCH, known.clone());
    }
    answered(http, url, request, limits).await
}

fn request(url: &ServerUrl, accept: &'static str) -> Result<Request<Bytes>, FetchError> {
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = url
        .uri()
        .ok_or_else(|| malformed(url, "the address cannot stand in a request"))?;
    let accept = HeaderValue::from_static(accept);
    request.headers_mut().insert(header::ACCEPT, accept);
    Ok(request)
}

/// The answer to a request, if it has what was asked for.
async fn answered(
    http: &dyn HttpClient,
    url: &ServerUrl,
    request: Request<Bytes>,
    limits: Limits,
) -> Result<Response<Bytes>, FetchError> {
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let attempt = |limits| http.send(request.clone(), limits);
    let answer = send_again(limits, attempt)
        .await
        .map_err(|error| FetchError::Http {
            url: url.to_string(),
            error,
        })?;
    match (answer.status(), known) {
        (StatusCode::OK, _) => Ok(answer),
        (StatusCode::NOT_MODIFIED, Some(known)) if confirms(&answer, &known) => Ok(answer),
        (StatusCode::NOT_MODIFIED, Some(_)) => Err(malformed(
            url,
            "status 304 for another document than was asked about",
        )),
        (StatusCode::NOT_MODIFIED, None) => Err(malformed(
            url,
            "status 304, and no document was asked about",
        )),
        (status, _) => Err(FetchError::Status {
            url: url.to_string(),
            status,
        }),
    }
}

/// Whether a 304 is about the document with this entity tag. It may leave the tag out; compared
/// weakly (RFC 9110 §8.8.3.2).
fn confirms(answer: &Response<Bytes>, known: &HeaderValue) -> bool {
    let opaque = |tag: &HeaderValue| {
        let bytes = tag.as_bytes();
        bytes.strip_prefix(b"W/").unwrap_or(bytes).to_vec()
    };
    let mut tags = answer.headers().get_all(header::ETAG).iter();
    tags.all(|tag| opaque(tag) == opaque(known))
}

fn malformed(url: &ServerUrl, problem: &str) -> FetchError {
    FetchError::Malformed {
        url: url.to_string(),
        problem: problem.to_owned(),
    }
}

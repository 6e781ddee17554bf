use std::{error::Error, iter::successors, time::Duration};

use axum::{
    body::Body,
    http::{
        Request, Response, StatusCode, Uri, Version,
        header::HOST,
        uri::{Authority, PathAndQuery, Scheme},
    },
    response::IntoResponse,
};
use http_body_util::LengthLimitError;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

use crate::hop;

/// How long a connection to the service behind may take to come about.
const CONNECT: Duration = Duration::from_secs(2);

/// The service behind, spoken to in plain HTTP/1.1. For TLS give the client a connector that speaks it,
/// such as `hyper_rustls::HttpsConnector`.
#[derive(Clone)]
pub(crate) struct Upstream {
    client: Client<HttpConnector, Body>,
    authority: Authority,
}

impl Upstream {
    /// The service at this address, which has no path of its own.
    pub(crate) fn at(address: &Uri) -> Option<Self> {
        let is_plain = address.scheme() == Some(&Scheme::HTTP);
        let is_origin = address.path() == "/" && address.query().is_none();
        let authority = address.authority().filter(|_| is_plain && is_origin)?;
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(connector);
        Some(Self {
            client,
            authority: authority.clone(),
        })
    }

    /// Sends the request on, its body as it comes, and the answer back.
    pub(crate) async fn send(&self, mut request: Request<Body>) -> Response<Body> {
        // The path goes on byte for byte: whoever decodes it, decodes it once.
        let path = request.uri().path_and_query().cloned();
        let path = path.unwrap_or_else(|| PathAndQuery::from_static("/"));
        let uri = Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(self.authority.clone())
            .path_and_query(path);
        let Ok(uri) = uri.build() else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        *request.uri_mut() = uri;
        *request.version_mut() = Version::HTTP_11;
        // The client's own name for us; the connection's is put in its place.
        request.headers_mut().remove(HOST);
        match self.client.request(request).await {
            Ok(answer) => {
                let mut answer = answer.map(Body::new);
                hop::strip(answer.headers_mut());
                answer
            }
            Err(error) => failed(&error).into_response(),
        }
    }
}

/// Whose fault it is. Never 503: that says that nothing has happened, and a connection may have died after
/// the service had the request.
fn failed(error: &(dyn Error + 'static)) -> StatusCode {
    let causes = || successors(Some(error), source);
    let told: Vec<String> = causes().map(ToString::to_string).collect();
    let told = told.join(": ");
    if causes().any(|cause| cause.is::<LengthLimitError>()) {
        return StatusCode::PAYLOAD_TOO_LARGE;
    }
    // What comes from the client and not from the service: it has gone away, or what it sends is no body.
    let hyper = causes().find_map(|cause| cause.downcast_ref::<hyper::Error>());
    if hyper.is_some_and(hyper::Error::is_user) {
        tracing::debug!("a request has no end: {told}");
        return StatusCode::BAD_REQUEST;
    }
    tracing::error!("the service behind cannot be reached: {told}");
    StatusCode::BAD_GATEWAY
}

fn source<'a>(error: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    (*error).source()
}

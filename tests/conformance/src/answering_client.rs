use std::fmt;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use portcullis::{HttpClient, HttpError, HttpFuture, Limits, ReqwestClient};
use serde_json::Value;

/// Introspection by a function of the test's own and without a network: with tokio's time paused,
/// an answer takes exactly as long as the function waits. Everything else goes to the server.
#[derive(Clone)]
pub struct AnsweringClient<A> {
    client: ReqwestClient,
    answer: A,
}

impl<A, F> AnsweringClient<A>
where
    A: Fn(String) -> F,
    F: Future<Output = Result<Value, HttpError>>,
{
    /// A client that answers so about a token. The token is given as the form spells it.
    pub fn new(answer: A) -> Self {
        Self {
            client: ReqwestClient::new().unwrap(),
            answer,
        }
    }
}

impl<A> fmt::Debug for AnsweringClient<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnsweringClient").finish_non_exhaustive()
    }
}

impl<A, F> HttpClient for AnsweringClient<A>
where
    A: Fn(String) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Value, HttpError>> + Send + 'static,
{
    fn send(&self, request: Request<Bytes>, limits: Limits) -> HttpFuture {
        if !request.uri().path().ends_with("/introspect") {
            return self.client.send(request, limits);
        }
        let form = std::str::from_utf8(request.body()).unwrap();
        let mut pairs = form.split('&');
        let token = pairs.find_map(|pair| pair.strip_prefix("token=")).unwrap();
        let answer = (self.answer)(token.to_owned());
        Box::pin(async move {
            let mut response = Response::new(Bytes::from(answer.await?.to_string()));
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(header::CONTENT_TYPE, json);
            Ok(response)
        })
    }
}

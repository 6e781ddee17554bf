//! HTTP clients without a network.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header};
use portcullis::{HttpClient, HttpFuture, Limits};

/// Nobody is to be asked: who does is wrong.
#[derive(Debug)]
pub(crate) struct Unasked;

impl HttpClient for Unasked {
    fn send(&self, request: Request<Bytes>, _: Limits) -> HttpFuture {
        unasked(request.uri())
    }
}

#[expect(clippy::panic, reason = "the input has made the library call out")]
fn unasked(uri: &Uri) -> ! {
    panic!("nobody should have been asked, least of all {uri}")
}

/// Answers by a function, at once and with status 200, and remembers where it was asked. Clones share that.
#[derive(Clone)]
pub(crate) struct Answering<A> {
    answer: A,
    asked: Arc<Mutex<Vec<Uri>>>,
}

/// A body and its content type.
pub(crate) type Body = (Bytes, &'static str);

impl<A: Fn(&Request<Bytes>) -> Body> Answering<A> {
    pub(crate) fn by(answer: A) -> Self {
        Self {
            answer,
            asked: Arc::default(),
        }
    }

    /// Where it was asked.
    pub(crate) fn asked(&self) -> Vec<Uri> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl<A: Fn(&Request<Bytes>) -> Body + Send + Sync + 'static> HttpClient for Answering<A> {
    fn send(&self, request: Request<Bytes>, _: Limits) -> HttpFuture {
        let (body, kind) = (self.answer)(&request);
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request.uri().clone());
        Box::pin(async move {
            let mut response = Response::new(body);
            let kind = HeaderValue::from_static(kind);
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            Ok(response)
        })
    }
}

impl<A> fmt::Debug for Answering<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answering")
    }
}

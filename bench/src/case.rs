use std::{
    convert::Infallible,
    pin::pin,
    task::{Context, Poll, Waker},
};

use http::{Request, Response, StatusCode, header::AUTHORIZATION};
use tower::Service;

use crate::{Body, authorization};

/// A service that is asked again and again with one request, the same in every case.
#[derive(Debug)]
pub struct Case<S> {
    service: S,
}

impl<S> Case<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    /// A case that has answered once, with 200: what is done only the first time is behind it.
    ///
    /// # Panics
    ///
    /// When the service refuses, or waits for anything: such a case would measure something else.
    pub fn warm(service: S) -> Self {
        let mut case = Self { service };
        let first = case.answer(Self::request());
        assert_eq!(
            first.map(|response| response.status()),
            Some(StatusCode::OK)
        );
        case
    }

    /// A fresh request, with the known token.
    pub fn request() -> Request<Body> {
        let mut request = Request::new(Body::default());
        request.headers_mut().insert(AUTHORIZATION, authorization());
        request
    }

    /// One request through the service, polled without a runtime: nothing here may wait. `None`
    /// where it did.
    pub fn answer(&mut self, request: Request<Body>) -> Option<Response<Body>> {
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(())) = self.service.poll_ready(&mut cx) else {
            return None;
        };
        match pin!(self.service.call(request)).poll(&mut cx) {
            Poll::Ready(Ok(response)) => Some(response),
            Poll::Pending => None,
        }
    }
}

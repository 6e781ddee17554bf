use std::{
    convert::Infallible,
    pin::pin,
    task::{Context, Poll, Waker},
};

use http::{HeaderValue, Request, Response, StatusCode, header::AUTHORIZATION};
use tower::Service;

use crate::Body;

/// A service that is asked again and again, without a runtime.
#[derive(Debug)]
pub struct Case<S> {
    service: S,
}

impl<S> Case<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    /// A case that has answered a few times, with 200: what is done only the first times is behind
    /// it.
    ///
    /// # Panics
    ///
    /// When the service refuses, or waits for anything: such a case would measure something else.
    pub fn warm(service: S, token: &str) -> Self {
        let mut case = Self { service };
        for _ in 0..3 {
            let answer = case.answer(Self::request(token));
            assert_eq!(
                answer.map(|response| response.status()),
                Some(StatusCode::OK)
            );
        }
        case
    }

    /// A fresh request, with this token.
    pub fn request(token: &str) -> Request<Body> {
        let mut request = Request::new(Body::default());
        if let Ok(value) = HeaderValue::try_from(format!("Bearer {token}")) {
            request.headers_mut().insert(AUTHORIZATION, value);
        }
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

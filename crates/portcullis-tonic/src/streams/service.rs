use std::{
    error::Error,
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use pin_project_lite::pin_project;
use portcullis::{Reason, VerifiedToken};
use tonic::body::Body;
use tower_service::Service;

use super::{Bounds, StreamEnd};
use crate::answer::{Answering, Refusal, refused};

/// The service of an [`EndWithTokenLayer`](super::EndWithTokenLayer).
#[derive(Clone)]
pub struct EndWithToken<S> {
    inner: S,
    end: StreamEnd,
}

impl<S> EndWithToken<S> {
    pub(super) fn new(inner: S, end: StreamEnd) -> Self {
        Self { inner, end }
    }
}

impl<S, B, RB> Service<Request<B>> for EndWithToken<S>
where
    S: Service<Request<Body>, Response = Response<RB>> + Clone,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    RB: http_body::Body<Data = Bytes> + Send + 'static,
    RB::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = EndWithTokenFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let bounds = match VerifiedToken::of(request.extensions()) {
            Ok(token) => Bounds::of(token, self.end),
            Err(rejection) if rejection.reason() == Reason::MissingToken => Bounds::default(),
            Err(rejection) => {
                // Lets go of the service that was made ready, and of the permits that it holds.
                self.inner = self.inner.clone();
                return EndWithTokenFuture {
                    state: State::Refused {
                        refusal: Some(Refusal::of(&request, rejection)),
                    },
                    answering: Answering::to(&request, Bounds::default()),
                };
            }
        };
        let answering = Answering::to(&request, bounds);
        let request = answering.bounds().around_request(request);
        EndWithTokenFuture {
            state: State::Calling {
                future: self.inner.call(request),
            },
            answering,
        }
    }
}

pin_project! {
    /// The future of [`EndWithToken`].
    pub struct EndWithTokenFuture<F> {
        #[pin]
        state: State<F>,
        answering: Answering,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F> {
        Calling { #[pin] future: F },
        Refused { refusal: Option<Refusal> },
    }
}

impl<F, RB, E> Future for EndWithTokenFuture<F>
where
    F: Future<Output = Result<Response<RB>, E>>,
    RB: http_body::Body<Data = Bytes> + Send + 'static,
    RB::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Output = Result<Response<Body>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        Poll::Ready(Ok(match this.state.project() {
            StateProjection::Calling { future } => {
                let response = ready!(future.poll(cx))?;
                this.answering.answer(response, cx)
            }
            StateProjection::Refused { refusal } => refused(refusal.take()),
        }))
    }
}

impl<S> fmt::Debug for EndWithToken<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EndWithToken")
    }
}

impl<F> fmt::Debug for EndWithTokenFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EndWithTokenFuture")
    }
}

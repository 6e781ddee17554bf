use std::{
    error::Error,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use pin_project_lite::pin_project;
use portcullis::{Freshness, Rejection, RequireActiveLayer, RequireFuture, VerifiedToken};
use tonic::body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::table::Table;
use crate::{
    answer::{Answering, Refusal, refused},
    streams::Bounds,
};

/// The service of a [`MethodsLayer`](super::MethodsLayer).
#[derive(Clone)]
pub struct GuardMethods<S> {
    inner: S,
    table: Arc<Table>,
}

/// What a request may do.
struct Admitted {
    freshness: Option<Freshness>,
    bounds: Bounds,
}

impl<S> GuardMethods<S> {
    pub(super) fn new(inner: S, table: Arc<Table>) -> Self {
        Self { inner, table }
    }

    fn admit<B>(&self, request: &Request<B>) -> Result<Admitted, Rejection> {
        let Some(guard) = self.table.guard(request.uri())? else {
            return Ok(Admitted {
                freshness: None,
                bounds: Bounds::default(),
            });
        };
        let token = VerifiedToken::of(request.extensions())?;
        guard.judge(token)?;
        Ok(Admitted {
            freshness: guard.freshness(),
            bounds: Bounds::of(token, guard.end()),
        })
    }
}

impl<S, B, RB> Service<Request<B>> for GuardMethods<S>
where
    S: Service<Request<Body>, Response = Response<RB>> + Clone,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    RB: http_body::Body<Data = Bytes> + Default + Send + 'static,
    RB::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = GuardMethodsFuture<S>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match self.admit(&request) {
            Ok(Admitted { freshness, bounds }) => {
                let answering = Answering::to(&request, bounds);
                let request = answering.bounds().around_request(request);
                let state = match freshness {
                    None => State::Calling {
                        future: self.inner.call(request),
                    },
                    Some(freshness) => State::Asking {
                        // It lets go of the service that was made ready, and makes another one ready
                        // when the answer is there.
                        future: asking(freshness).layer(self.let_go()).call(request),
                    },
                };
                GuardMethodsFuture { state, answering }
            }
            Err(rejection) => {
                self.let_go();
                GuardMethodsFuture {
                    state: State::Refused {
                        refusal: Some(Refusal::of(&request, rejection)),
                    },
                    answering: Answering::to(&request, Bounds::default()),
                }
            }
        }
    }
}

impl<S: Clone> GuardMethods<S> {
    /// Lets go of the service that was made ready, and of the permits that it holds.
    fn let_go(&mut self) -> S {
        let unready = self.inner.clone();
        self.inner = unready.clone();
        unready
    }
}

fn asking(freshness: Freshness) -> RequireActiveLayer {
    match freshness {
        Freshness::Within(age) => RequireActiveLayer::within(age),
        _ => RequireActiveLayer::live(),
    }
}

pin_project! {
    /// The future of [`GuardMethods`].
    pub struct GuardMethodsFuture<S>
    where
        S: Service<Request<Body>>,
    {
        #[pin]
        state: State<S>,
        answering: Answering,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S>
    where
        S: Service<Request<Body>>,
    {
        Calling { #[pin] future: S::Future },
        Asking { #[pin] future: RequireFuture<S, Body> },
        Refused { refusal: Option<Refusal> },
    }
}

impl<S, RB> Future for GuardMethodsFuture<S>
where
    S: Service<Request<Body>, Response = Response<RB>> + Clone,
    RB: http_body::Body<Data = Bytes> + Default + Send + 'static,
    RB::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Output = Result<Response<Body>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = match this.state.project() {
            StateProjection::Calling { future } => ready!(future.poll(cx))?,
            StateProjection::Asking { future } => ready!(future.poll(cx))?,
            StateProjection::Refused { refusal } => {
                return Poll::Ready(Ok(refused(refusal.take())));
            }
        };
        Poll::Ready(Ok(this.answering.answer(response, cx)))
    }
}

impl<S> fmt::Debug for GuardMethods<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GuardMethods")
    }
}

impl<S> fmt::Debug for GuardMethodsFuture<S>
where
    S: Service<Request<Body>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GuardMethodsFuture")
    }
}

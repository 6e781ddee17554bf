use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::Requirement;
use crate::{Rejection, VerifiedToken, authenticate::Passage};

/// Any [`Requirement`] as a layer.
#[derive(Clone)]
#[must_use]
pub struct RequireLayer {
    requirement: Arc<dyn Requirement>,
}

impl RequireLayer {
    /// Requires this of every token that comes through.
    pub fn new(requirement: impl Requirement) -> Self {
        Self {
            requirement: Arc::new(requirement),
        }
    }
}

impl<S> Layer<S> for RequireLayer {
    type Service = Require<S>;

    fn layer(&self, inner: S) -> Require<S> {
        Require {
            inner,
            requirement: self.requirement.clone(),
        }
    }
}

/// The service of a guard: holds the token against a requirement and leaves the requirement
/// with the request.
#[derive(Clone)]
pub struct Require<S> {
    inner: S,
    requirement: Arc<dyn Requirement>,
}

impl<S> Require<S> {
    pub(super) fn new(inner: S, requirement: impl Requirement) -> Self {
        Self {
            inner,
            requirement: Arc::new(requirement),
        }
    }
}

impl<S, B, RB> Service<Request<B>> for Require<S>
where
    S: Service<Request<B>, Response = Response<RB>> + Clone,
    RB: Default,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = RequireFuture<S, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let met = VerifiedToken::of(request.extensions())
            .and_then(|token| token.require_shared(self.requirement.clone()));
        RequireFuture {
            passage: match met {
                Ok(()) => Passage::calling(self.inner.call(request)),
                Err(rejection) => {
                    // Lets go of the service that was made ready, and of the permits it holds.
                    self.inner = self.inner.clone();
                    Passage::rejected(rejection)
                }
            },
        }
    }
}

/// What a guard waits for when it has to ask.
pub(super) type Asking = Pin<Box<dyn Future<Output = Result<VerifiedToken, Rejection>> + Send>>;

pin_project! {
    /// The future of [`Require`] and [`RequireActive`](crate::RequireActive).
    pub struct RequireFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        pub(super) passage: Passage<S, B, Asking>,
    }
}

impl<S, B, RB> Future for RequireFuture<S, B>
where
    S: Service<Request<B>, Response = Response<RB>> + Clone,
    RB: Default,
{
    type Output = Result<Response<RB>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().passage.poll(cx)
    }
}

impl<S, B> fmt::Debug for RequireFuture<S, B>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequireFuture")
    }
}

impl fmt::Debug for RequireLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequireLayer")
    }
}

impl<S> fmt::Debug for Require<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Require")
    }
}

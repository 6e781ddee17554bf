use std::{
    mem,
    task::{Context, Poll},
};

use tower::{Layer, Service};

/// A layer that does nothing, the way a correct layer does something: it clones the inner service
/// and calls the one that was ready.
#[derive(Debug, Clone, Copy)]
pub struct NoOpLayer;

/// The service of [`NoOpLayer`].
#[derive(Debug, Clone)]
pub struct NoOp<S> {
    inner: S,
}

impl<S> Layer<S> for NoOpLayer {
    type Service = NoOp<S>;

    fn layer(&self, inner: S) -> Self::Service {
        NoOp { inner }
    }
}

impl<S, R> Service<R> for NoOp<S>
where
    S: Service<R> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let unready = self.inner.clone();
        mem::replace(&mut self.inner, unready).call(request)
    }
}

use std::{
    error::Error,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response, header};
use pin_project_lite::pin_project;
use portcullis::{Authenticate, AuthenticateLayer, RenderRejection, ResponseFuture};
use tonic::body::Body;
use tower::util::Oneshot;
use tower_layer::Layer;
use tower_service::Service;

use super::{GuardMethods, MethodsLayer, table::Table};

/// A [`MethodsLayer`] behind its [`AuthenticateLayer`]; see [`MethodsLayer::behind`].
#[derive(Debug, Clone)]
#[must_use]
pub struct BehindLayer<R> {
    authenticate: AuthenticateLayer<R>,
    methods: MethodsLayer,
}

impl<R> BehindLayer<R> {
    pub(super) fn new(authenticate: AuthenticateLayer<R>, methods: MethodsLayer) -> Self {
        Self {
            authenticate,
            methods,
        }
    }
}

impl<S: Clone, R: Clone> Layer<S> for BehindLayer<R> {
    type Service = BehindService<S, R>;

    fn layer(&self, inner: S) -> BehindService<S, R> {
        BehindService {
            exempt: inner.clone(),
            guarded: self.authenticate.layer(self.methods.layer(inner)),
            table: self.methods.table().clone(),
        }
    }
}

/// The service of a [`BehindLayer`].
#[derive(Clone)]
pub struct BehindService<S, R> {
    /// Never made ready: what is exempt is called through a clone.
    exempt: S,
    guarded: Authenticate<GuardMethods<S>, R>,
    table: Arc<Table>,
}

impl<S, R, B, RB> Service<Request<B>> for BehindService<S, R>
where
    S: Service<Request<Body>, Response = Response<RB>> + Clone,
    R: RenderRejection<Body> + Clone,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    RB: http_body::Body<Data = Bytes> + Default + Send + 'static,
    RB::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BehindFuture<S, R, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Service::<Request<B>>::poll_ready(&mut self.guarded, cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let state = if self.table.is_exempt(request.uri()) {
            // One permit is enough for a request: that of the other way is let go.
            self.guarded = self.guarded.clone();
            for (name, value) in request.headers_mut() {
                value.set_sensitive(value.is_sensitive() || name == header::AUTHORIZATION);
            }
            State::Exempt {
                future: Oneshot::new(self.exempt.clone(), request.map(Body::new)),
            }
        } else {
            State::Guarded {
                future: self.guarded.call(request),
            }
        };
        BehindFuture { state }
    }
}

pin_project! {
    /// The future of [`BehindService`].
    pub struct BehindFuture<S, R, B>
    where
        S: Service<Request<Body>>,
        GuardMethods<S>: Service<Request<B>>,
    {
        #[pin]
        state: State<S, R, B>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, R, B>
    where
        S: Service<Request<Body>>,
        GuardMethods<S>: Service<Request<B>>,
    {
        Exempt { #[pin] future: Oneshot<S, Request<Body>> },
        Guarded { #[pin] future: ResponseFuture<GuardMethods<S>, R, B> },
    }
}

impl<S, R, B, RB> Future for BehindFuture<S, R, B>
where
    S: Service<Request<Body>, Response = Response<RB>> + Clone,
    R: RenderRejection<Body>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    RB: http_body::Body<Data = Bytes> + Default + Send + 'static,
    RB::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Output = Result<Response<Body>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Exempt { future } => {
                let response = ready!(future.poll(cx))?;
                Poll::Ready(Ok(response.map(Body::new)))
            }
            StateProjection::Guarded { future } => future.poll(cx),
        }
    }
}

impl<S, R> fmt::Debug for BehindService<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BehindService")
    }
}

impl<S, R, B> fmt::Debug for BehindFuture<S, R, B>
where
    S: Service<Request<Body>>,
    GuardMethods<S>: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BehindFuture")
    }
}

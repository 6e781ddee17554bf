use std::{
    error::Error,
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use portcullis::{Authenticate, AuthenticateLayer, RenderRejection, ResponseFuture};
use tonic::body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    GuardMethods, MethodsLayer,
    table::{Rule, Table},
};

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

impl<S, R: Clone> Layer<S> for BehindLayer<R> {
    type Service = BehindService<S, R>;

    fn layer(&self, inner: S) -> BehindService<S, R> {
        BehindService {
            authenticate: self.authenticate.layer(self.methods.layer(inner)),
            table: self.methods.table().clone(),
        }
    }
}

/// The service of a [`BehindLayer`].
#[derive(Clone)]
pub struct BehindService<S, R> {
    authenticate: Authenticate<GuardMethods<S>, R>,
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
    type Future = ResponseFuture<GuardMethods<S>, R, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Service::<Request<B>>::poll_ready(&mut self.authenticate, cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match self.table.rule(request.uri()) {
            Some(Rule::Exempt) => self.authenticate.call_exempt(request),
            Some(Rule::Optional) => self.authenticate.call_optional(request),
            Some(Rule::Guarded(_)) | None => self.authenticate.call(request),
        }
    }
}

impl<S, R> fmt::Debug for BehindService<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BehindService")
    }
}

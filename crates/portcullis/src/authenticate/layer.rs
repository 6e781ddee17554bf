use std::sync::Arc;

use tower_layer::Layer;

use super::{Authenticate, Authenticator};
use crate::{
    CertificateSource, ConfigError, Dpop, ResourceMetadata, TokenExtractor, TokenVerifier,
    rejection::{EmptyBody, JsonBody},
    telemetry::requests_begin,
};

/// Lets a request through only with a valid access token, and leaves a
/// [`VerifiedToken`](crate::VerifiedToken) with it.
///
/// Order, outside in: trace, CORS, request limits and timeout, `AuthenticateLayer`, guards, load
/// limits of the handler. Where a request waits for such a limit after its issuer was asked,
/// what is known is judged again before the handler runs: a token that expired in the queue is
/// refused.
///
/// A nested layer replaces the token of an outer one. Where it finds the very same token, what
/// the outer route required so far is required of the new one too, and held against what the
/// inner verifier says; of another token it is not required. A proof of possession that the outer
/// layer has judged is not judged again, unless the inner one's [`Dpop`] insists on more: nonces,
/// fewer algorithms, a shorter window, a shared store.
///
/// A rejection from anywhere inside, this layer's own or a guard's, is rendered here, once, and
/// leaves its [`Reason`](crate::Reason) in the response's extensions, for trace and metrics
/// layers further out. A 401 or 403 of the handler's own passes untouched.
///
/// Made by [`grpc`](Self::grpc), or told to [`answer_grpc`](Self::answer_grpc), it answers requests of
/// gRPC in gRPC and others in HTTP. They are told by their content type, as far as they are `POST`
/// and, but for gRPC-Web, came by HTTP/2 or later. Otherwise everything is answered in HTTP.
///
/// A streaming call is judged once, when it is opened; what lasts longer waits for
/// [`VerifiedToken::ended`](crate::VerifiedToken::ended).
#[derive(Debug, Clone)]
#[must_use]
pub struct AuthenticateLayer<R = JsonBody> {
    authenticator: Arc<Authenticator>,
    renderer: R,
}

impl AuthenticateLayer {
    /// A layer that insists on a token and renders rejections as JSON.
    pub fn new(verifier: impl TokenVerifier) -> Self {
        Self::from_authenticator(Authenticator::new(verifier), JsonBody)
    }

    /// A layer that lets requests without credentials through as anonymous. A bad token is
    /// refused all the same.
    pub fn optional(verifier: impl TokenVerifier) -> Self {
        Self::from_authenticator(Authenticator::new(verifier).optional(), JsonBody)
    }
}

impl AuthenticateLayer<EmptyBody> {
    /// A layer for tonic, whose body is not `From<Bytes>`: requests of gRPC are answered in gRPC, and
    /// rejections have no body at all.
    pub fn grpc(verifier: impl TokenVerifier) -> Self {
        Self::from_authenticator(Authenticator::new(verifier).answer_grpc(), EmptyBody)
    }
}

impl<R> AuthenticateLayer<R> {
    /// A layer around an authenticator of your own making.
    pub fn from_authenticator(authenticator: Authenticator, renderer: R) -> Self {
        requests_begin();
        Self {
            authenticator: Arc::new(authenticator),
            renderer,
        }
    }

    /// Renders the bodies of rejections in another way; see
    /// [`RenderRejection`](crate::RenderRejection).
    pub fn render_with<N>(self, renderer: N) -> AuthenticateLayer<N> {
        AuthenticateLayer {
            authenticator: self.authenticator,
            renderer,
        }
    }

    /// Takes the token from another place; see [`Authenticator::extractor`].
    pub fn extractor(self, extractor: impl TokenExtractor) -> Self {
        self.with(|authenticator| authenticator.extractor(extractor))
    }

    /// Lets CORS preflight requests through, to be answered by whatever is inside: a handler for
    /// `any` method, a fallback or a proxy **runs without a token** then. Read
    /// [`Authenticator::allow_preflight`] first.
    pub fn allow_preflight(self) -> Self {
        self.with(Authenticator::allow_preflight)
    }

    /// Answers requests of gRPC in gRPC, **with HTTP status 200**: where axum and tonic are in one server.
    /// Read [`Authenticator::answer_grpc`] first.
    pub fn answer_grpc(self) -> Self {
        self.with(Authenticator::answer_grpc)
    }

    /// Takes the token off the request; see [`Authenticator::strip_token`].
    pub fn strip_token(self) -> Self {
        self.with(Authenticator::strip_token)
    }

    /// Judges proofs of possession; see [`Authenticator::dpop`].
    pub fn dpop(self, dpop: Dpop) -> Self {
        self.with(|authenticator| authenticator.dpop(dpop))
    }

    /// Knows the clients' certificates; see [`Authenticator::client_certificate`].
    pub fn client_certificate(self, source: CertificateSource) -> Self {
        self.with(|authenticator| authenticator.client_certificate(source))
    }

    /// Names the resource's metadata in challenges; see [`Authenticator::resource_metadata`].
    pub fn resource_metadata(self, metadata: &ResourceMetadata) -> Self {
        self.with(|authenticator| authenticator.resource_metadata(metadata))
    }

    /// Adds `Vary: Authorization` to every response; see [`Authenticator::vary`].
    pub fn vary(self) -> Self {
        self.with(Authenticator::vary)
    }

    /// Names the protection space of the challenges; see [`Authenticator::realm`].
    ///
    /// # Errors
    /// When the name cannot stand in a header.
    pub fn realm(self, name: &str) -> Result<Self, ConfigError> {
        let authenticator = Arc::unwrap_or_clone(self.authenticator).realm(name)?;
        Ok(Self::from_authenticator(authenticator, self.renderer))
    }

    fn with(self, change: impl FnOnce(Authenticator) -> Authenticator) -> Self {
        let authenticator = change(Arc::unwrap_or_clone(self.authenticator));
        Self::from_authenticator(authenticator, self.renderer)
    }
}

impl<S, R: Clone> Layer<S> for AuthenticateLayer<R> {
    type Service = Authenticate<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Authenticate::new(inner, self.authenticator.clone(), self.renderer.clone())
    }
}

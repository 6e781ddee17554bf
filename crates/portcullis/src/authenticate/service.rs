use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{
    Admission, Authenticator, Outcome, Passage, Waiting, presentation::Presentation, vary::vary,
};
use crate::{
    rejection::{self, GrpcFlavor, Rejection, RenderRejection},
    telemetry::RequestOutcome,
};

/// The service of an [`AuthenticateLayer`](crate::AuthenticateLayer).
#[derive(Debug, Clone)]
pub struct Authenticate<S, R> {
    inner: S,
    authenticator: Arc<Authenticator>,
    renderer: R,
}

impl<S, R> Authenticate<S, R> {
    pub(super) fn new(inner: S, authenticator: Arc<Authenticator>, renderer: R) -> Self {
        Self {
            inner,
            authenticator,
            renderer,
        }
    }
}

impl<S, R, B, RB> Service<Request<B>> for Authenticate<S, R>
where
    S: Service<Request<B>, Response = Response<RB>> + Clone,
    R: RenderRejection<RB> + Clone,
    RB: Default,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, R, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.enter(request, self.authenticator.is_optional())
    }
}

/// What an adapter says of single requests, which knows what their routes are: in the place of `call`, and
/// like that once the service is ready.
impl<S, R> Authenticate<S, R> {
    /// Lets a request without credentials through as anonymous; a bad token is refused all the same.
    pub fn call_optional<B>(&mut self, request: Request<B>) -> ResponseFuture<S, R, B>
    where
        S: Service<Request<B>> + Clone,
        R: Clone,
    {
        self.enter(request, true)
    }

    /// Lets a request through as anonymous whatever it brings. Its token is not looked at, and is covered
    /// or stripped as that of any other request.
    pub fn call_exempt<B>(&mut self, mut request: Request<B>) -> ResponseFuture<S, R, B>
    where
        S: Service<Request<B>> + Clone,
        R: Clone,
    {
        let flavor = self.authenticator.flavor(&request);
        self.cover_token(&mut request);
        Admission::Anonymous.leave(request.extensions_mut());
        let passage = Passage::calling(self.inner.call(request));
        let outcome = RequestOutcome::Anonymous;
        self.respond(passage, flavor, Presentation::default(), outcome)
    }

    fn enter<B>(&mut self, mut request: Request<B>, is_optional: bool) -> ResponseFuture<S, R, B>
    where
        S: Service<Request<B>> + Clone,
        R: Clone,
    {
        let flavor = self.authenticator.flavor(&request);
        let mut presentation = Presentation::default();
        let outcome = self
            .authenticator
            .enter((&request).into(), is_optional, &mut presentation);
        self.cover_token(&mut request);
        let (admission, admitted) = match outcome {
            Outcome::Anonymous => (Admission::Anonymous, RequestOutcome::Anonymous),
            Outcome::Verified(token) => (Admission::Verified(token), RequestOutcome::Verified),
            Outcome::Rejected(rejection) => {
                self.let_go();
                let outcome = RequestOutcome::Rejected(rejection.reason());
                return self.respond(Passage::rejected(rejection), flavor, presentation, outcome);
            }
            Outcome::Waiting(waiting) => {
                self.let_go();
                let passage = Passage::waiting(waiting, self.inner.clone(), request);
                return self.respond(passage, flavor, presentation, RequestOutcome::Verified);
            }
        };
        admission.leave(request.extensions_mut());
        let passage = Passage::calling(self.inner.call(request));
        self.respond(passage, flavor, presentation, admitted)
    }
}

impl<S: Clone, R> Authenticate<S, R> {
    /// Lets go of the service that was made ready, and of the permits that it holds.
    fn let_go(&mut self) {
        self.inner = self.inner.clone();
    }
}

impl<S, R: Clone> Authenticate<S, R> {
    fn respond<B>(
        &self,
        passage: Passage<S, B, Waiting>,
        flavor: Option<GrpcFlavor>,
        presentation: Presentation,
        outcome: RequestOutcome,
    ) -> ResponseFuture<S, R, B>
    where
        S: Service<Request<B>>,
    {
        ResponseFuture {
            passage,
            authenticator: self.authenticator.clone(),
            renderer: self.renderer.clone(),
            flavor,
            presentation,
            outcome,
        }
    }

    /// Keeps the token out of what the services further in print, or away from them altogether.
    fn cover_token<B>(&self, request: &mut Request<B>) {
        if let Some(lie) = self.authenticator.untrusted_header((&*request).into()) {
            request.headers_mut().remove(lie);
        }
        self.authenticator.cover(request);
        if self.authenticator.strips_token() {
            request.headers_mut().remove(header::AUTHORIZATION);
            return;
        }
        for (name, value) in request.headers_mut() {
            if name == header::AUTHORIZATION {
                value.set_sensitive(true);
            }
        }
    }
}

pin_project! {
    /// The future of [`Authenticate`].
    pub struct ResponseFuture<S, R, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        passage: Passage<S, B, Waiting>,
        authenticator: Arc<Authenticator>,
        renderer: R,
        flavor: Option<GrpcFlavor>,
        presentation: Presentation,
        // What becomes of the request unless somebody refuses it on the way.
        outcome: RequestOutcome,
    }
}

impl<S, R, B, RB> Future for ResponseFuture<S, R, B>
where
    S: Service<Request<B>, Response = Response<RB>> + Clone,
    R: RenderRejection<RB>,
    RB: Default,
{
    type Output = Result<Response<RB>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = match ready!(this.passage.poll(cx)) {
            Ok(response) => response,
            Err(error) => {
                this.outcome.count();
                return Poll::Ready(Err(error));
            }
        };
        if let Some(mut rejection) = response.extensions_mut().remove::<Rejection>() {
            *this.outcome = RequestOutcome::Rejected(rejection.reason());
            if this.authenticator.exposes_diagnosis() {
                rejection = rejection.in_development();
            }
            let space = this.authenticator.space();
            rejection::render(
                &rejection,
                space,
                this.presentation.scheme,
                *this.flavor,
                this.renderer,
                &mut response,
            );
        }
        this.outcome.count();
        if let Some(nonce) = this.presentation.nonce.take() {
            offer_nonce(nonce, response.headers_mut());
        }
        if this.presentation.is_private {
            keep_private(response.headers_mut());
        }
        if this.authenticator.varies() {
            vary(response.headers_mut());
        }
        Poll::Ready(Ok(response))
    }
}

/// Hands out a nonce for the proofs to come, in an answer that is kept by nobody (RFC 9449 §8.2).
fn offer_nonce(nonce: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(HeaderName::from_static("dpop-nonce"), nonce);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// Keeps an answer out of shared caches; what else caches are told stays as it is.
fn keep_private(headers: &mut HeaderMap) {
    let is_one_of = |directive: &str, names: [&str; 2]| {
        names
            .into_iter()
            .any(|name| name.eq_ignore_ascii_case(directive))
    };
    let own: Vec<&str> = headers
        .get_all(header::CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(str::trim))
        .filter(|directive| !directive.is_empty())
        .collect();
    if own
        .iter()
        .any(|directive| is_one_of(directive, ["private", "no-store"]))
    {
        return;
    }
    let stays = own.into_iter().filter(|directive| {
        let name = directive.split('=').next().unwrap_or_default();
        !is_one_of(name, ["public", "s-maxage"])
    });
    let directives: Vec<&str> = stays.chain(["private"]).collect();
    if let Ok(value) = HeaderValue::try_from(directives.join(", ")) {
        headers.insert(header::CACHE_CONTROL, value);
    }
}

impl<S, R, B> fmt::Debug for ResponseFuture<S, R, B>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}

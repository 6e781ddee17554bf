use std::{
    mem,
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::guard::{Asking, RequireFuture};
use crate::{Freshness, LiveVerifier, VerifiedToken, authenticate::Passage};

/// Asks the authorization server, before the handler runs, whether the token still lives.
///
/// **The promise of [`live`](Self::live):** the handler runs only if the server itself said
/// "active", in an answer that it computed after this request arrived and before the handler
/// ran. Not an instant later: a token that is revoked while the handler runs is not noticed, see
/// [`VerifiedToken::still_active`].
///
/// An unreachable server is 503, never a degraded yes. Roles, scopes and audience of the route
/// are judged again on what the server says today, wherever their guards stand. A guard that stands
/// further out has judged them by the token before: what was granted since helps only where it stands
/// further in.
///
/// A load limit further in makes the request wait between the answer and the handler. Then what
/// is known is judged again (time, audience, requirements), but the server is not asked again,
/// and an age given to [`within`](Self::within) is not measured again. Where that wait must not
/// count: put the limit outside of this layer, let it refuse instead of queue, or ask in the
/// handler, behind every limit, by the extractor `RequireActive` of `portcullis-axum`. What
/// queues inside of its `call`, such as tower's `Buffer`, cannot be seen from here.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct RequireActiveLayer {
    freshness: Freshness,
}

impl RequireActiveLayer {
    /// Asks on every request. A route whose verifier cannot ask answers 500 and says so in the
    /// log; [`asking`](Self::asking) makes that mistake a compile error.
    pub fn live() -> Self {
        Self {
            freshness: Freshness::Live,
        }
    }

    /// Is content with an active answer for this very token whose call began at most `age` ago.
    pub fn within(age: Duration) -> Self {
        Self {
            freshness: Freshness::Within(age),
        }
    }

    /// As [`live`](Self::live), for a route whose verifier is known to be able to ask.
    ///
    /// ```compile_fail,E0277
    /// use portcullis::{Issuer, RequireActiveLayer};
    ///
    /// let issuer = Issuer::builder("https://id.example.com")?.audience("orders-api").build()?;
    /// let guard = RequireActiveLayer::asking(&issuer.jwt()); // a JWT verifier cannot ask
    /// # Ok::<(), portcullis::ConfigError>(())
    /// ```
    pub fn asking<V: LiveVerifier>(_: &V) -> Self {
        Self::live()
    }
}

impl<S> Layer<S> for RequireActiveLayer {
    type Service = RequireActive<S>;

    fn layer(&self, inner: S) -> RequireActive<S> {
        RequireActive {
            inner,
            freshness: self.freshness,
        }
    }
}

/// The service of a [`RequireActiveLayer`].
#[derive(Debug, Clone)]
pub struct RequireActive<S> {
    inner: S,
    freshness: Freshness,
}

impl<S, B, RB> Service<Request<B>> for RequireActive<S>
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
        // The service that was made ready is let go: while the server is asked no permit is held.
        let unready = self.inner.clone();
        drop(mem::replace(&mut self.inner, unready));
        let passage = match VerifiedToken::of(request.extensions()) {
            Ok(token) => {
                let refreshed = token.refreshed(self.freshness);
                let (method, uri) = (request.method().clone(), request.uri().clone());
                let asking: Asking = Box::pin(async move {
                    let token = refreshed.await;
                    token.map_err(|rejection| rejection.on_route(&method, &uri))
                });
                Passage::waiting(asking, self.inner.clone(), request)
            }
            Err(rejection) => Passage::rejected(rejection),
        };
        RequireFuture { passage }
    }
}

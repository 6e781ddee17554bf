use std::{
    mem,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::{RequireFuture, RequirePermission, guard::Asking};
use crate::{
    Freshness, Reason, Rejection, Uma, VerifiedToken,
    authenticate::{Passage, caller_deadline, until},
};

/// Requires a permission, and does something about a token that does not say it: made by
/// [`RequirePermission::asking`] and [`RequirePermission::or_ticket`]. A layer for a route; inside a
/// handler, where the resource depends on the request, [`require`](Self::require).
///
/// **Asking**: the server is asked what it grants the bearer of this very token of the permission
/// (Keycloak's `response_mode=permissions`), once however many scopes there are and requests that wait
/// for it. What it says is kept for a short while
/// ([`permission_cache`](crate::IssuerBuilder::permission_cache)) as a fact among others. Where it
/// cannot be asked: 503. A permission that was taken away is noticed when that while is over; within one
/// request, when the server is asked about the token again after that
/// ([`VerifiedToken::still_active`]). What a live answer says counts from then on, as ever; where it does
/// not say the permission, the server is asked for that too, wherever the
/// [`RequireActiveLayer`](crate::RequireActiveLayer) stands. A token of another issuer is never shown to this one, and one that
/// is bound to a key cannot be shown by us; both need the permission in the token itself.
///
/// **Ticket**: each refusal has a ticket of its own, so each costs a call; where none can be had, 403
/// with a `Warning` (UMA 2.0 Grant §3.2.2). Who brings no token at all gets a ticket too, if the
/// [`AuthenticateLayer`](crate::AuthenticateLayer) around is
/// [`optional`](crate::AuthenticateLayer::optional); a bad token is refused as ever. What a live answer
/// further in says is 403 where it lacks the permission: put a
/// [`RequireActiveLayer`](crate::RequireActiveLayer) outside of this.
#[derive(Debug, Clone)]
#[must_use]
pub struct RequirePermissionLayer {
    requirement: Arc<RequirePermission>,
    uma: Uma,
    way: Way,
}

/// What is done about a token that does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Asking,
    Ticket,
}

impl RequirePermissionLayer {
    pub(super) fn new(requirement: RequirePermission, uma: &Uma, way: Way) -> Self {
        if way == Way::Ticket {
            uma.begin_tickets();
        }
        Self {
            requirement: Arc::new(requirement),
            uma: uma.clone(),
            way,
        }
    }

    /// Requires the permission of a token inside a handler. It is required of whatever newer facts this
    /// request will learn too.
    ///
    /// # Errors
    /// 403 without the permission, or 401 with a ticket; 401 when the token is no longer good; 503 when
    /// the server could not be asked.
    pub async fn require(&self, token: &VerifiedToken) -> Result<(), Rejection> {
        match self.require_said(token) {
            Err(refusal) if refusal.reason() == Reason::MissingPermission => {}
            judged => return judged,
        }
        match self.way {
            Way::Asking => {
                let asking = self.uma.ask(token, &self.requirement);
                token.require_asked(token.waiting_for(asking).await?)?;
                // It may have been a while.
                token.refreshed(Freshness::AsConfigured).await.map(drop)
            }
            Way::Ticket => {
                let challenge = self.uma.challenge(&self.requirement, Some(token));
                token.waiting_for(async { Err(challenge.await) }).await
            }
        }
    }

    /// Requires the permission of what the token says.
    fn require_said(&self, token: &VerifiedToken) -> Result<(), Rejection> {
        match self.way {
            Way::Asking => token.require_asked(self.uma.unasked(&self.requirement)),
            Way::Ticket => token.require_shared(self.requirement.clone()),
        }
    }

    /// What has to be waited for, if anything.
    fn begin<B>(&self, request: &Request<B>) -> Result<Option<Asking>, Rejection> {
        let token = match VerifiedToken::of(request.extensions()) {
            Ok(token) => token,
            Err(refusal) if refusal.reason() == Reason::MissingToken && self.way == Way::Ticket => {
                let (guard, deadline) = (
                    self.clone(),
                    caller_deadline(request.method(), request.headers()),
                );
                return Ok(Some(Box::pin(until(deadline, async move {
                    Err(guard.uma.challenge(&guard.requirement, None).await)
                }))));
            }
            Err(refusal) => return Err(refusal),
        };
        match self.require_said(token) {
            Ok(()) => Ok(None),
            Err(refusal) if refusal.reason() == Reason::MissingPermission => {
                let (guard, token) = (self.clone(), token.clone());
                Ok(Some(Box::pin(async move {
                    guard.require(&token).await?;
                    Ok(token)
                })))
            }
            Err(refusal) => Err(refusal),
        }
    }
}

impl<S> Layer<S> for RequirePermissionLayer {
    type Service = PermissionGuard<S>;

    fn layer(&self, inner: S) -> PermissionGuard<S> {
        PermissionGuard {
            inner,
            guard: self.clone(),
        }
    }
}

/// The service of a [`RequirePermissionLayer`].
#[derive(Debug, Clone)]
pub struct PermissionGuard<S> {
    inner: S,
    guard: RequirePermissionLayer,
}

impl<S, B, RB> Service<Request<B>> for PermissionGuard<S>
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
        let asking = match self.guard.begin(&request) {
            Ok(None) => {
                let passage = Passage::calling(self.inner.call(request));
                return RequireFuture { passage };
            }
            Ok(Some(asking)) => Ok(asking),
            Err(rejection) => Err(rejection),
        };
        // The service that was made ready is let go: while the server is asked no permit is held.
        let unready = self.inner.clone();
        drop(mem::replace(&mut self.inner, unready));
        let passage = match asking {
            Ok(asking) => Passage::waiting(asking, self.inner.clone(), request),
            Err(rejection) => Passage::rejected(rejection),
        };
        RequireFuture { passage }
    }
}

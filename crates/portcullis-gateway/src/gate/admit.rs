use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Extensions, Request, Response, header};
use portcullis::{Rejection, VerifiedToken};
use tower::Service;

use super::Policy;
use crate::rules::{Access, Demands, Rule};

/// What stands behind the layer: holds a good token against the rule, and says who its bearer is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Admit;

/// The rule that a request falls under, and the policy it belongs to; left with the request.
#[derive(Clone)]
pub(super) struct Admissible {
    pub(super) policy: Arc<Policy>,
    pub(super) rule: Arc<Rule>,
}

impl Service<Request<Bytes>> for Admit {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        Box::pin(async move {
            Ok(admit(request).await.unwrap_or_else(|rejection| {
                // The layer renders it.
                let mut response = Response::new(Bytes::new());
                *response.status_mut() = rejection.status();
                response.extensions_mut().insert(rejection);
                response
            }))
        })
    }
}

async fn admit(request: Request<Bytes>) -> Result<Response<Bytes>, Rejection> {
    let (parts, _) = request.into_parts();
    let Admissible { policy, rule } = admissible(&parts.extensions)?;
    let token = VerifiedToken::of(&parts.extensions)?;
    let Access::Token(demands) = &rule.access else {
        return Err(misplaced());
    };
    meet(token, demands)
        .await
        .map_err(|rejection| rejection.on_route(&parts.method, &parts.uri))?;
    // The newest that is known of the token, once everything has been judged on it.
    let facts = token.facts();
    let mut response = Response::new(Bytes::new());
    let headers = response.headers_mut();
    headers.extend(policy.identity.values(&facts)?);
    let authorization = rule.upstream.authorization(&parts.headers, &facts)?;
    headers.insert(header::AUTHORIZATION, authorization);
    Ok(response)
}

/// Asks first where that is demanded: a role may have been granted since, and a lightweight token tells of none.
async fn meet(token: &VerifiedToken, demands: &Demands) -> Result<(), Rejection> {
    if demands.needs_asking() {
        token.refreshed(demands.freshness()).await?;
    }
    token.require(demands.clone())
}

fn admissible(extensions: &Extensions) -> Result<Admissible, Rejection> {
    extensions.get().cloned().ok_or_else(misplaced)
}

/// A gate gives nothing to the layer but requests with a rule that asks for a token.
fn misplaced() -> Rejection {
    Rejection::because(portcullis::Reason::Internal, "a request came past its rule")
}

use std::{future::Future, time::Duration};

use portcullis::{Freshness, VerifiedToken};
use tonic::{Request, Status};

use crate::status::{challenging, status};

/// Asks the authorization server, now, whether the token of this request still lives: the first line of
/// a method that matters.
///
/// **The promise:** what comes after it runs only if the server itself said "active", in an answer that
/// it computed after this request arrived. Roles, scopes and audience that were required before are
/// judged again on that answer, and [`claims`](crate::RequestExt::claims) are those of it from here on.
/// Where the request has already learned a live answer, nobody is asked twice.
///
/// The future borrows nothing of the request: a body that is no `Sync` may be held across it.
///
/// ```
/// use portcullis_tonic::{RequestExt, require_active};
/// use tonic::{Request, Response, Status};
///
/// #[derive(serde::Deserialize)]
/// struct ShopUser {
///     sub: String,
/// }
///
/// async fn pay(request: Request<String>) -> Result<Response<String>, Status> {
///     require_active(&request).await?;
///     let user = request.claims::<ShopUser>()?;
///     Ok(Response::new(format!("{} has paid", user.sub)))
/// }
/// ```
///
/// # Errors
/// 16 when the token is no longer active, 7 when it no longer suffices, 14 when the server could not be
/// asked, 13 and a line in the log when the verifier cannot ask, our own configuration is wrong, or no
/// `AuthenticateLayer` is around the method.
pub fn require_active<M>(
    request: &Request<M>,
) -> impl Future<Output = Result<VerifiedToken, Status>> + Send + 'static + use<M> {
    refreshed(request, Freshness::Live)
}

/// The same, content with an active answer for this very token whose call began at most `age` ago.
///
/// # Errors
/// As for [`require_active`].
pub fn require_active_within<M>(
    request: &Request<M>,
    age: Duration,
) -> impl Future<Output = Result<VerifiedToken, Status>> + Send + 'static + use<M> {
    refreshed(request, Freshness::Within(age))
}

fn refreshed<M>(
    request: &Request<M>,
    freshness: Freshness,
) -> impl Future<Output = Result<VerifiedToken, Status>> + Send + 'static + use<M> {
    let token = VerifiedToken::of(request.extensions()).cloned();
    async move {
        let token = token.map_err(status)?;
        let refreshed = token.refreshed(freshness).await;
        refreshed.map_err(|rejection| challenging(rejection, &token))
    }
}

use std::{ops::Deref, sync::Arc, time::Duration};

use axum_core::extract::FromRequestParts;
use http::request::Parts;
use portcullis::{Freshness, VerifiedToken};

use crate::{AuthRejection, ClaimsType};

/// The claims of a token that the authorization server has just called active.
///
/// **The promise:** the handler runs only if the server itself said "active", in an answer that
/// it computed after this request arrived and before the handler ran. Not an instant later: a
/// token that is revoked while the handler runs is not noticed, see
/// [`VerifiedToken::still_active`].
///
/// The claims are those of that answer: on a live route take them from here, for an earlier
/// [`Claims`](crate::Claims) extractor shows what the token said before.
///
/// Roles, scopes and audience that the route requires are judged again on that answer, wherever
/// their guards stand: a user who is no admin any more gets 403. A token that is no longer active
/// is 401, a server that cannot be asked 503, a verifier that cannot ask 500 and a line in the
/// log that names the route. Where the request has already learned a live answer, nobody is
/// asked twice.
///
/// `RequireActive<T, 5>` is content with an active answer for this very token whose call began at
/// most 5 seconds ago.
///
/// ```
/// use axum::{Router, routing::post};
/// use portcullis::AuthenticateLayer;
/// use portcullis_axum::RequireActive;
///
/// #[derive(serde::Deserialize)]
/// struct ShopUser {
///     sub: String,
/// }
///
/// async fn pay(RequireActive(user): RequireActive<ShopUser>) -> String {
///     format!("{} has paid", user.sub)
/// }
///
/// async fn reserve(RequireActive(user): RequireActive<ShopUser, 5>) -> String {
///     format!("reserved for {}", user.sub)
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new()
///     .route("/payments", post(pay))
///     .route("/reservations", post(reserve))
///     .layer(AuthenticateLayer::assume(&serde_json::json!({ "sub": "ali" }))?);
/// # for path in ["/payments", "/reservations"] {
/// #     let request = http::Request::post(path).body(axum::body::Body::empty())?;
/// #     let response = tower::ServiceExt::oneshot(app.clone(), request).await?;
/// #     assert_eq!(response.status(), 200);
/// # }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RequireActive<T, const WITHIN_SECS: u64 = 0>(pub Arc<T>);

impl<T, const WITHIN_SECS: u64> RequireActive<T, WITHIN_SECS> {
    const FRESHNESS: Freshness = match WITHIN_SECS {
        0 => Freshness::Live,
        seconds => Freshness::Within(Duration::from_secs(seconds)),
    };
}

impl<S, T, const WITHIN_SECS: u64> FromRequestParts<S> for RequireActive<T, WITHIN_SECS>
where
    S: Send + Sync,
    T: ClaimsType,
{
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
        let refreshed = VerifiedToken::of(&parts.extensions)?.refreshed(Self::FRESHNESS);
        let token = refreshed
            .await
            .map_err(|rejection| rejection.on_route(&parts.method, &parts.uri))?;
        Ok(Self(token.claims()?))
    }
}

impl<T, const WITHIN_SECS: u64> Deref for RequireActive<T, WITHIN_SECS> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T, const WITHIN_SECS: u64> Clone for RequireActive<T, WITHIN_SECS> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

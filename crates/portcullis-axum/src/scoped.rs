use std::{fmt, marker::PhantomData, ops::Deref, sync::Arc};

use axum_core::extract::FromRequestParts;
use http::request::Parts;
use portcullis::{RequireScope, RequiredScopes, VerifiedToken};

use crate::{AuthRejection, ClaimsType};

/// The claims of a token that has the scopes `S`; without them 403 `insufficient_scope`, which names
/// them (RFC 6750 §3.1). What the handler needs stands in its signature.
///
/// The scopes are required of newer facts too, whether they are learned before or after: where the
/// handler also takes [`RequireActive`](crate::RequireActive), today's scopes decide.
///
/// ```
/// use axum::{Router, routing::post};
/// use portcullis::{AuthenticateLayer, scope};
/// use portcullis_axum::Scoped;
///
/// scope!(PaymentsWrite = "payments:write");
///
/// #[derive(serde::Deserialize)]
/// struct ShopUser {
///     sub: String,
/// }
///
/// async fn pay(user: Scoped<PaymentsWrite, ShopUser>) -> String {
///     format!("{} has paid", user.sub)
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # for (scope, status) in [("payments:write", 200), ("payments:read", 403)] {
/// let app: Router = Router::new()
///     .route("/payments", post(pay))
///     .layer(AuthenticateLayer::assume(&serde_json::json!({ "sub": "ali", "scope": scope }))?);
/// # let request = http::Request::post("/payments").body(axum::body::Body::empty())?;
/// # let response = tower::ServiceExt::oneshot(app, request).await?;
/// # assert_eq!(response.status(), status);
/// # }
/// # Ok(())
/// # }
/// ```
pub struct Scoped<S, T> {
    claims: Arc<T>,
    scopes: PhantomData<fn() -> S>,
}

impl<S, T> Scoped<S, T> {
    /// The claims, shared with whoever else has asked for them.
    #[must_use]
    pub fn into_inner(self) -> Arc<T> {
        self.claims
    }
}

impl<S, T, State> FromRequestParts<State> for Scoped<S, T>
where
    S: RequiredScopes,
    T: ClaimsType,
    State: Send + Sync,
{
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, AuthRejection> {
        let token = VerifiedToken::of(&parts.extensions)?;
        token.require(RequireScope::of::<S>())?;
        Ok(Self {
            claims: token.claims()?,
            scopes: PhantomData,
        })
    }
}

impl<S, T> Deref for Scoped<S, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.claims
    }
}

impl<S, T: fmt::Debug> fmt::Debug for Scoped<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scoped").field(&self.claims).finish()
    }
}

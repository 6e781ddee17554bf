use std::{ops::Deref, sync::Arc};

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use portcullis::{Reason, VerifiedToken};

use crate::{AuthRejection, ClaimsType};

/// The claims of the request's token as a type of your own.
///
/// They are what the token said when it was verified: with a local verifier, when it was issued.
/// For what is true now there is [`RequireActive`](crate::RequireActive); on a route that takes
/// both, take the claims from that one: a `Claims` extractor before it shows what the token said
/// before the server was asked.
///
/// Deserialized once per token and type, however many extractors ask for it.
///
/// | the request | `Claims<T>` | `Option<Claims<T>>` |
/// |---|---|---|
/// | has a good token that fits `T` | the claims | `Some` |
/// | has a good token that does not fit `T` | 403, and the place in the log | 403 |
/// | has no token, on a route where it is optional | 401 | `None` |
/// | came without an `AuthenticateLayer` around the route | 500 that says so | 500 |
///
/// A bad token never comes this far: the layer refuses it.
///
/// ```
/// use axum::{Router, routing::get};
/// use portcullis::AuthenticateLayer;
/// use portcullis_axum::Claims;
///
/// #[derive(serde::Deserialize)]
/// struct ShopUser {
///     sub: String,
/// }
///
/// async fn orders(Claims(user): Claims<ShopUser>) -> String {
///     format!("the orders of {}", user.sub)
/// }
///
/// async fn shop(user: Option<Claims<ShopUser>>) -> String {
///     user.map_or("welcome".to_owned(), |user| format!("welcome back, {}", user.sub))
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new()
///     .route("/orders", get(orders))
///     .route("/", get(shop))
///     .layer(AuthenticateLayer::assume(&serde_json::json!({ "sub": "ali" }))?);
/// # let request = http::Request::get("/orders").body(axum::body::Body::empty())?;
/// # let response = tower::ServiceExt::oneshot(app, request).await?;
/// # assert_eq!(response.status(), 200);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Claims<T>(pub Arc<T>);

impl<S, T> FromRequestParts<S> for Claims<T>
where
    S: Send + Sync,
    T: ClaimsType,
{
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
        Ok(Self(VerifiedToken::of(&parts.extensions)?.claims()?))
    }
}

impl<S, T> OptionalFromRequestParts<S> for Claims<T>
where
    S: Send + Sync,
    T: ClaimsType,
{
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, AuthRejection> {
        match VerifiedToken::of(&parts.extensions) {
            Ok(token) => Ok(Some(Self(token.claims()?))),
            Err(rejection) if rejection.reason() == Reason::MissingToken => Ok(None),
            Err(rejection) => Err(rejection.into()),
        }
    }
}

impl<T> Deref for Claims<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Clone for Claims<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

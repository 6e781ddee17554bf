use std::ops::Deref;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use portcullis::{Reason, VerifiedToken};

use crate::AuthRejection;

/// The request's [`VerifiedToken`]: for checks inside the handler, where what is needed depends
/// on what is asked for.
///
/// What a handler requires is held against newer facts too: after
/// `token.require(RequireRole::realm("admin"))?` a later `token.refreshed(Freshness::Live)`
/// refuses when the role was taken away in the meantime.
///
/// `Option<Token>` is `None` for an anonymous request on a route where the token is optional,
/// and for nothing else.
///
/// ```
/// use axum::{Router, extract::Path, routing::get};
/// use portcullis::{AuthenticateLayer, RequireRole};
/// use portcullis_axum::{AuthRejection, Token};
///
/// async fn report(token: Token, Path(name): Path<String>) -> Result<String, AuthRejection> {
///     if name == "salaries" {
///         token.require(RequireRole::realm("admin"))?;
///     }
///     Ok(format!("the report {name}"))
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new()
///     .route("/reports/{name}", get(report))
///     .layer(AuthenticateLayer::assume(&serde_json::json!({ "sub": "ali" }))?);
/// # for (path, status) in [("/reports/sales", 200), ("/reports/salaries", 403)] {
/// #     let request = http::Request::get(path).body(axum::body::Body::empty())?;
/// #     let response = tower::ServiceExt::oneshot(app.clone(), request).await?;
/// #     assert_eq!(response.status(), status);
/// # }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Token(VerifiedToken);

impl Token {
    /// The token as the core crate has it.
    #[must_use]
    pub fn into_inner(self) -> VerifiedToken {
        self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Token {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AuthRejection> {
        Ok(Self(VerifiedToken::of(&parts.extensions)?.clone()))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Token {
    type Rejection = AuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, AuthRejection> {
        match VerifiedToken::of(&parts.extensions) {
            Ok(token) => Ok(Some(Self(token.clone()))),
            Err(rejection) if rejection.reason() == Reason::MissingToken => Ok(None),
            Err(rejection) => Err(rejection.into()),
        }
    }
}

impl Deref for Token {
    type Target = VerifiedToken;

    fn deref(&self) -> &VerifiedToken {
        &self.0
    }
}

use std::fmt;

use axum_core::{
    body::Body,
    response::{IntoResponse, Response},
};
use portcullis::{Reason, Rejection};

/// Why an extractor, or a check inside a handler, refuses the request.
///
/// As a response it has a status and no body: the [`Rejection`] travels in the response's
/// extensions to the `AuthenticateLayer` around the route, which renders it once, with challenge
/// and body, as it renders its own. Only where there is no such layer does the body say so.
///
/// `?` makes one of a [`Rejection`]:
///
/// ```
/// use portcullis::{Freshness, RequireRole};
/// use portcullis_axum::{AuthRejection, Token};
///
/// async fn close_books(token: Token) -> Result<&'static str, AuthRejection> {
///     token.require(RequireRole::client("ledger", "accountant"))?;
///     token.refreshed(Freshness::Live).await?;
///     Ok("closed")
/// }
/// # axum::Router::<()>::new().route("/", axum::routing::post(close_books));
/// ```
#[derive(Debug, Clone)]
pub struct AuthRejection(Rejection);

impl AuthRejection {
    const LAYER_MISSING: &'static str = "`AuthenticateLayer` is missing around this route: add `.layer(AuthenticateLayer::new(verifier))` to its router, after the route\n";

    /// The rejection as the core crate has it.
    #[must_use]
    pub fn into_inner(self) -> Rejection {
        self.0
    }

    /// Why the request is refused.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.0.reason()
    }
}

impl From<Rejection> for AuthRejection {
    fn from(rejection: Rejection) -> Self {
        Self(rejection)
    }
}

impl IntoResponse for AuthRejection {
    fn into_response(self) -> Response {
        let status = self.0.status();
        let mut response = match self.0.reason() {
            Reason::LayerMissing => (status, Self::LAYER_MISSING).into_response(),
            _ => (status, Body::empty()).into_response(),
        };
        response.extensions_mut().insert(self.0);
        response
    }
}

impl fmt::Display for AuthRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for AuthRejection {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

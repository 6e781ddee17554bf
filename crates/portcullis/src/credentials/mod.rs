//! What a request presented, and where on it that was found.

mod access_token;
mod authorization_header;
mod extractor;

pub use self::{
    access_token::{AccessToken, MalformedToken},
    authorization_header::AuthorizationHeader,
    extractor::{RequestView, TokenExtractor},
};

use std::sync::Arc;

/// The scheme under which a token was presented (RFC 9110 §11.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// Whoever has the token may use it (RFC 6750).
    Bearer,
}

/// What a request presented. Cheap to clone.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The token itself.
    pub token: AccessToken,
    /// The scheme it was presented under.
    pub scheme: Scheme,
    /// The issuer, where the place that the token was found in names one.
    pub issuer: Option<Arc<str>>,
}

impl Credentials {
    /// A bearer token.
    #[must_use]
    pub fn bearer(token: AccessToken) -> Self {
        Self {
            token,
            scheme: Scheme::Bearer,
            issuer: None,
        }
    }

    /// Names the issuer that the token is said to be from. Only issuers that are configured
    /// count.
    #[must_use]
    pub fn from_issuer(mut self, issuer: impl Into<Arc<str>>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Whether both are the same token, wherever on the request it was found.
    pub(crate) fn is_same_token(&self, other: &Self) -> bool {
        self.token.as_bytes() == other.token.as_bytes()
    }
}

//! What a request presented, and where on it that was found.

mod access_token;
mod authorization_header;
mod either;
mod extractor;
mod lone_token;
mod query_parameter;
mod token_cookie;
mod web_socket_protocol;

pub use self::{
    access_token::{AccessToken, MalformedToken},
    authorization_header::AuthorizationHeader,
    either::EitherPlace,
    extractor::{NamingIssuer, RequestView, TokenExtractor},
    query_parameter::QueryParameter,
    token_cookie::TokenCookie,
    web_socket_protocol::WebSocketProtocol,
};

use std::sync::Arc;

use crate::binding::Possession;

/// The scheme under which a token was presented (RFC 9110 §11.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// Whoever has the token may use it (RFC 6750).
    Bearer,
    /// Whoever uses the token proves that he holds the key it is bound to (RFC 9449 §7.1).
    Dpop,
}

impl Scheme {
    /// The name, as challenges have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }

    /// The scheme of this name, in whatever case (RFC 9110 §11.1).
    fn from_name(name: &[u8]) -> Option<Self> {
        [Self::Bearer, Self::Dpop]
            .into_iter()
            .find(|scheme| scheme.name().as_bytes().eq_ignore_ascii_case(name))
    }
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
    /// What the request proved to hold, beside the token.
    possession: Option<Arc<Possession>>,
    /// Whether answers to it must not be kept by others.
    has_private_answer: bool,
}

impl Credentials {
    /// A bearer token.
    #[must_use]
    pub fn bearer(token: AccessToken) -> Self {
        Self {
            token,
            scheme: Scheme::Bearer,
            issuer: None,
            possession: None,
            has_private_answer: false,
        }
    }

    /// A token under the scheme `DPoP`, whose proof is in the header of that name. An extractor
    /// says so only where the request [accepts](RequestView::accepts) the scheme.
    #[must_use]
    pub fn dpop(token: AccessToken) -> Self {
        Self {
            scheme: Scheme::Dpop,
            ..Self::bearer(token)
        }
    }

    /// Names the issuer that the token is said to be from. Only issuers that are configured
    /// count.
    #[must_use]
    pub fn from_issuer(mut self, issuer: impl Into<Arc<str>>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Says that the token stands where no shared cache looks for one: it keeps answers to requests
    /// without `Authorization` for whoever asks next (RFC 9111 §3.5). The answer is made private
    /// (RFC 6750 §2.3).
    #[must_use]
    pub fn with_private_answer(mut self) -> Self {
        self.has_private_answer = true;
        self
    }

    pub(crate) fn has_private_answer(&self) -> bool {
        self.has_private_answer
    }

    /// Notes what the request proved.
    pub(crate) fn prove(&mut self, possession: Possession) {
        self.possession = (!possession.is_empty()).then(|| Arc::new(possession));
    }

    pub(crate) fn possession(&self) -> Possession {
        self.possession.as_deref().copied().unwrap_or_default()
    }

    /// Whether both are the same token, wherever on the request it was found.
    pub(crate) fn is_same_token(&self, other: &Self) -> bool {
        self.token.as_bytes() == other.token.as_bytes()
    }
}

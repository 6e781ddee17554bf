use std::{fmt, sync::Arc};

use http::{Extensions, HeaderMap, Method, Request, Uri, request::Parts};

use super::{Credentials, EitherPlace, Scheme};
use crate::{Rejection, verify::jwt::Memory};

/// What an extractor may see of a request: everything but the body, which is never read.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct RequestView<'a> {
    /// The method.
    pub method: &'a Method,
    /// The target.
    pub uri: &'a Uri,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// What layers further out left with the request.
    pub extensions: &'a Extensions,
    /// Whether proofs of possession are judged where this request goes.
    accepts_dpop: bool,
}

impl RequestView<'_> {
    /// Whether credentials under this scheme are taken where the request goes: `Bearer` always,
    /// `DPoP` where a layer judges proofs. Under another they are none.
    #[must_use]
    pub fn accepts(&self, scheme: Scheme) -> bool {
        scheme == Scheme::Bearer || self.accepts_dpop
    }

    pub(crate) fn accepting_dpop(self, accepts_dpop: bool) -> Self {
        Self {
            accepts_dpop,
            ..self
        }
    }
}

impl<'a, B> From<&'a Request<B>> for RequestView<'a> {
    fn from(request: &'a Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            extensions: request.extensions(),
            accepts_dpop: false,
        }
    }
}

impl<'a> From<&'a Parts> for RequestView<'a> {
    fn from(parts: &'a Parts) -> Self {
        Self {
            method: &parts.method,
            uri: &parts.uri,
            headers: &parts.headers,
            extensions: &parts.extensions,
            accepts_dpop: false,
        }
    }
}

/// Shows neither headers nor query: the token is in one of them.
impl fmt::Debug for RequestView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestView")
            .field("method", self.method)
            .field("path", &self.uri.path())
            .finish_non_exhaustive()
    }
}

/// Where on a request the credentials are.
///
/// [`AuthorizationHeader`](crate::AuthorizationHeader) is the default. A closure
/// `Fn(RequestView<'_>) -> Result<Option<Credentials>, Rejection>` is one too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not find tokens on requests",
    note = "use `AuthorizationHeader::default()`, or a closure `|request: RequestView<'_>| -> Result<Option<Credentials>, Rejection>`"
)]
pub trait TokenExtractor: Send + Sync + 'static {
    /// Finds the credentials of a request; `None` when it carries none.
    ///
    /// # Errors
    /// When there are credentials, but not one well-formed set of them.
    fn find(&self, request: RequestView<'_>) -> Result<Option<Credentials>, Rejection>;

    /// The same, by an extractor that asks whether what it has found is a token that was verified before,
    /// and if so does not look at it again. Only extractors of this crate ask.
    #[doc(hidden)]
    fn find_remembering<'r>(
        &self,
        request: RequestView<'r>,
        memory: &mut Memory<'r>,
    ) -> Result<Option<Credentials>, Rejection> {
        let _ = memory;
        self.find(request)
    }

    /// Keeps the token out of what services further in print, or takes it away from them altogether
    /// (`strip`). The layer does so with `Authorization` by itself; this is for other places.
    fn cover(&self, headers: &mut HeaderMap, uri: &mut Uri, strip: bool) {
        let _ = (headers, uri, strip);
    }

    /// Takes the token from another place where it is not in this one. A request with tokens in
    /// both is refused as malformed (RFC 6750 §2).
    fn or<E: TokenExtractor>(self, other: E) -> EitherPlace<Self, E>
    where
        Self: Sized,
    {
        EitherPlace::new(self, other)
    }

    /// The same, naming the issuer that the request's tokens are to be from, for a
    /// [`MultiIssuerVerifier`](crate::MultiIssuerVerifier): by a tenant's header, the host, or the
    /// beginning of the path. Only issuers that are configured count; a JWT of another one is
    /// refused. `None` leaves it to the token.
    fn naming_issuer<N>(self, name: N) -> NamingIssuer<Self, N>
    where
        Self: Sized,
        N: Fn(RequestView<'_>) -> Option<Arc<str>> + Send + Sync + 'static,
    {
        NamingIssuer {
            extractor: self,
            name,
        }
    }
}

/// An extractor that names the issuer too, see [`TokenExtractor::naming_issuer`].
#[derive(Debug, Clone)]
pub struct NamingIssuer<E, N> {
    extractor: E,
    name: N,
}

impl<E, N> TokenExtractor for NamingIssuer<E, N>
where
    E: TokenExtractor,
    N: Fn(RequestView<'_>) -> Option<Arc<str>> + Send + Sync + 'static,
{
    fn find(&self, request: RequestView<'_>) -> Result<Option<Credentials>, Rejection> {
        let found = self.extractor.find(request)?;
        Ok(found.map(|credentials| match (self.name)(request) {
            Some(issuer) => credentials.from_issuer(issuer),
            None => credentials,
        }))
    }

    fn cover(&self, headers: &mut HeaderMap, uri: &mut Uri, strip: bool) {
        self.extractor.cover(headers, uri, strip);
    }
}

impl<F> TokenExtractor for F
where
    F: Fn(RequestView<'_>) -> Result<Option<Credentials>, Rejection> + Send + Sync + 'static,
{
    fn find(&self, request: RequestView<'_>) -> Result<Option<Credentials>, Rejection> {
        self(request)
    }
}

use std::{error::Error, fmt, future::Future, pin::Pin, sync::Arc};

use super::{Attempt, AuthenticationError, ClientAuthentication, Method, attempt::authorization};
use crate::{AccessToken, ConfigError};

/// Gives the access token that a call to the server is protected by, one for each: that of
/// introspection (RFC 7662 §2.1), or of polling for security events (RFC 8936 §2). A closure that
/// returns a future is one; of its errors only [`BearerUnavailable`] is logged in its own words, since
/// others may quote a token. It keeps its token for as long as it is good: nothing is kept here.
pub trait BearerSource: Send + Sync + 'static {
    /// The token for one call. The deadline of the call covers it, but for requests of the application's
    /// own: [`ClientAuthentication::request`] waits for as long as it takes.
    fn token(&self) -> BearerFuture;
}

/// A token, or why there is none.
pub type BearerFuture =
    Pin<Box<dyn Future<Output = Result<AccessToken, BearerUnavailable>> + Send>>;

/// There is no token for the call. The reason is logged, so it must not hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct BearerUnavailable {
    reason: String,
}

impl BearerUnavailable {
    /// For this reason.
    pub fn because(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { reason }
    }

    fn of(error: &(dyn Error + 'static)) -> Self {
        let own = error.downcast_ref::<Self>().cloned();
        own.unwrap_or_else(|| Self::because("the source of bearer tokens failed"))
    }
}

impl<F, T, E> BearerSource for F
where
    F: Fn() -> T + Send + Sync + 'static,
    T: Future<Output = Result<AccessToken, E>> + Send + 'static,
    E: Error + 'static,
{
    fn token(&self) -> BearerFuture {
        let token = self();
        Box::pin(async move { token.await.map_err(|error| BearerUnavailable::of(&error)) })
    }
}

#[derive(Clone)]
pub(crate) struct Bearer(Arc<dyn BearerSource>);

impl ClientAuthentication {
    /// An access token of our own as `Authorization: Bearer` (RFC 7662 §2.1), for servers that
    /// protect introspection in that way. It is never renewed: see
    /// [`bearer_from`](Self::bearer_from) for tokens that expire.
    ///
    /// # Errors
    /// When the text is no bearer token (RFC 6750 §2.1).
    pub fn bearer(token: impl AsRef<str>) -> Result<Self, ConfigError> {
        let token = AccessToken::new(token.as_ref().trim()).map_err(|_| {
            ConfigError::new(
                "bearer",
                "it has characters that no bearer token has, or none at all",
                "give the access token alone, without `Bearer` in front",
            )
        })?;
        Ok(Self::bearer_from(FixedToken(token)))
    }

    /// The same with a token that is had anew for each call. While there is none, what needs an
    /// answer of the server is 503.
    ///
    /// ```
    /// use portcullis::{AccessToken, ClientAuthentication};
    ///
    /// let client = ClientAuthentication::bearer_from(|| async {
    ///     AccessToken::new("from-a-cache-of-yours")
    /// });
    /// # drop(client);
    /// ```
    #[must_use]
    pub fn bearer_from(source: impl BearerSource) -> Self {
        Self::unnamed(String::new(), Method::Bearer(Bearer::new(source)))
    }

    /// The client id under which the server knows the bearer of the token; it is sent nowhere.
    /// Signed answers (RFC 9701) are addressed to it. Changes nothing for other methods.
    #[must_use]
    pub fn bearer_client_id(mut self, client_id: impl Into<String>) -> Self {
        if matches!(self.method, Method::Bearer(_)) {
            self.client_id = client_id.into();
        }
        self
    }
}

/// A token that stays the same.
struct FixedToken(AccessToken);

impl BearerSource for FixedToken {
    fn token(&self) -> BearerFuture {
        Box::pin(std::future::ready(Ok(self.0.clone())))
    }
}

impl Bearer {
    pub(crate) fn new(source: impl BearerSource) -> Self {
        Self(Arc::new(source))
    }

    /// What one call puts into its request; `purpose` is for the log.
    pub(crate) async fn attempt_to(
        &self,
        purpose: &'static str,
    ) -> Result<Attempt, AuthenticationError> {
        let token = self.0.token().await.map_err(|why| {
            let problem = format!("there is no access token to {purpose}: {why}");
            AuthenticationError::Unavailable(problem.into())
        })?;
        authorization("Bearer", token.as_str()).map(Attempt::by_header)
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer([redacted])")
    }
}

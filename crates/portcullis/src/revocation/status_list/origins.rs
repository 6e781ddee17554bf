use crate::{ConfigError, http_client::ServerUrl};

/// Where the status lists of an issuer may be: a token names the address of its list, and no other
/// place is ever called for it.
///
/// Lists are fetched by the issuer's own HTTP client, have to be signed by its keys, and are kept for
/// as long as they say (`ttl`, `exp`), within bounds. Where a list cannot be had the token is
/// answered 503. A token without a `status` has none to look up, and is good.
#[derive(Debug, Clone, Default)]
pub struct StatusLists {
    origins: Vec<String>,
}

impl StatusLists {
    /// At the issuer's own origin: scheme, host and port.
    #[must_use]
    pub fn at_issuer() -> Self {
        Self::default()
    }

    /// At this origin, too, such as `https://status.example.com`. A mistake in it is reported by
    /// `build`.
    #[must_use]
    pub fn or_at(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// The origins, the issuer's first.
    pub(crate) fn allowed(
        &self,
        issuer: &str,
        allows_http: bool,
    ) -> Result<Vec<ServerUrl>, ConfigError> {
        let own = self.origins.iter().map(String::as_str);
        std::iter::once(issuer)
            .chain(own)
            .map(|origin| ServerUrl::configured("status_lists", origin, allows_http))
            .collect()
    }
}

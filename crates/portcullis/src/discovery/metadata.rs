use serde::Deserialize;

use super::Discovery;
use crate::http_client::{FetchError, ServerUrl};

/// What Portcullis needs of an issuer's metadata (RFC 8414 §2).
#[derive(Debug)]
pub(crate) struct Metadata {
    pub(super) jwks_uri: Option<ServerUrl>,
    pub(super) introspection_endpoint: Option<ServerUrl>,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: Option<String>,
    introspection_endpoint: Option<String>,
}

impl Metadata {
    /// Reads the document that was found at `url`. Its `issuer` must be the configured one,
    /// character for character (RFC 8414 §3.3).
    pub(super) fn parse(
        json: &[u8],
        url: &ServerUrl,
        discovery: &Discovery,
    ) -> Result<Self, FetchError> {
        let document: Document =
            serde_json::from_slice(json).map_err(|error| FetchError::Malformed {
                url: url.to_string(),
                problem: format!(
                    "not an issuer's metadata (line {}, column {})",
                    error.line(),
                    error.column()
                ),
            })?;
        if document.issuer != *discovery.issuer {
            return Err(FetchError::OtherIssuer {
                url: url.to_string(),
                expected: discovery.issuer.to_string(),
                found: document.issuer,
            });
        }
        let published = Published { url, discovery };
        let introspection_endpoint =
            published.endpoint("introspection_endpoint", document.introspection_endpoint)?;
        if let Some(endpoint) = &introspection_endpoint
            && !discovery.trusts_with_credentials(endpoint)
        {
            return Err(FetchError::ForeignEndpoint {
                url: url.to_string(),
                member: "introspection_endpoint",
            });
        }
        Ok(Self {
            jwks_uri: published.endpoint("jwks_uri", document.jwks_uri)?,
            introspection_endpoint,
        })
    }
}

struct Published<'a> {
    url: &'a ServerUrl,
    discovery: &'a Discovery,
}

impl Published<'_> {
    /// An endpoint as it is reached from here: one under the public issuer is looked for under
    /// the address that the metadata was fetched from.
    fn endpoint(
        &self,
        member: &'static str,
        address: Option<String>,
    ) -> Result<Option<ServerUrl>, FetchError> {
        let Some(address) = address else {
            return Ok(None);
        };
        let issuer = self.discovery.issuer.trim_end_matches('/');
        let base = self.discovery.base.as_str().trim_end_matches('/');
        let address = match address.strip_prefix(issuer) {
            Some(rest) if rest.starts_with('/') => format!("{base}{rest}"),
            _ => address,
        };
        ServerUrl::parse(&address, self.discovery.allows_http)
            .map(Some)
            .map_err(|problem| FetchError::UnfitEndpoint {
                url: self.url.to_string(),
                member,
                problem,
            })
    }
}

impl Discovery {
    fn trusts_with_credentials(&self, endpoint: &ServerUrl) -> bool {
        let is_issuers =
            ServerUrl::parse(&self.issuer, true).is_ok_and(|issuer| issuer.has_origin_of(endpoint));
        is_issuers || self.base.has_origin_of(endpoint)
    }
}

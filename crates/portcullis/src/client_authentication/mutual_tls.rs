use super::{Attempt, ClientAuthentication, Method};
use crate::ConfigError;

impl ClientAuthentication {
    /// `tls_client_auth`, and `self_signed_tls_client_auth`, which is the same on the wire (RFC
    /// 8705 §2): the certificate is presented by the HTTP client, the request has the client id
    /// alone. [`IssuerBuilder::client_certificate`](crate::IssuerBuilder::client_certificate)
    /// sets up both; this is for an HTTP client of your own that presents it.
    ///
    /// If the issuer publishes `mtls_endpoint_aliases` (RFC 8705 §5), its introspection endpoint
    /// for clients with certificates is used. It has to be `https` on the issuer's own host name,
    /// whatever the port, or on a subdomain of it, and named by a document that came over TLS;
    /// otherwise name it by `introspection_endpoint(..)`.
    ///
    /// # Errors
    /// When the id is empty or has a control character.
    pub fn tls_client_auth(client_id: impl Into<String>) -> Result<Self, ConfigError> {
        Self::new(client_id.into(), Method::MutualTls)
    }
}

pub(super) fn attempt(client_id: &str) -> Attempt {
    Attempt::by_form(vec![("client_id", client_id.to_owned())])
}

//! What a test does with the server's certificate authority.

use super::AuthorizationServer;
use crate::tls::{Authority, ClientCertificate};

impl AuthorizationServer {
    /// The certificate of the server's own authority as PEM, to be trusted by its clients; `None`
    /// without [`tls`](crate::AuthorizationServerBuilder::tls).
    #[must_use]
    pub fn root_certificate(&self) -> Option<String> {
        let authority = self.state.authority.as_ref();
        authority.map(Authority::certificate_pem)
    }

    /// A fresh certificate of this common name for mutual TLS, by the server's own authority;
    /// `None` without [`tls`](crate::AuthorizationServerBuilder::tls). It is nobody's until a
    /// client is given it, by [`Client::certificate`](crate::Client::certificate).
    #[must_use]
    pub fn client_certificate(&self, name: &str) -> Option<ClientCertificate> {
        let authority = self.state.authority.as_ref()?;
        authority.client_certificate(name).ok()
    }
}

//! What a client shows in mutual TLS.

use std::fmt;

use crate::keys::pem;

/// A certificate for a client, by the authority of a server, with its key.
///
/// Made by [`AuthorizationServer::client_certificate`](crate::AuthorizationServer::client_certificate).
#[derive(Clone)]
pub struct ClientCertificate {
    pub(super) certificate: Vec<u8>,
    pub(super) private_key: Vec<u8>,
}

impl ClientCertificate {
    /// The certificate as DER.
    #[must_use]
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate
    }

    /// The certificate as PEM, with a final line break.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        pem::encode("CERTIFICATE", &self.certificate)
    }

    /// The private key as PEM (`PRIVATE KEY`, PKCS#8), with a final line break.
    #[must_use]
    pub fn private_key_pem(&self) -> String {
        pem::encode("PRIVATE KEY", &self.private_key)
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").finish_non_exhaustive()
    }
}

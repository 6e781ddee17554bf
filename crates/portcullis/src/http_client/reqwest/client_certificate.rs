use std::{fmt, sync::Arc};

use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use crate::ConfigError;

/// A certificate of this service with its private key, presented to the authorization server
/// (RFC 8705). Cheap to clone; its Debug shows nothing of it.
#[derive(Clone)]
pub struct ClientCertificate {
    pem: Arc<[u8]>,
}

impl ClientCertificate {
    /// A certificate, those of the authorities between it and the root, and its private key
    /// (PKCS#8, PKCS#1 or SEC 1), all in one PEM text. The service's own certificate comes first.
    ///
    /// # Errors
    /// When there is no certificate, or not exactly one unencrypted private key. Whether the key
    /// fits the certificate is found out when the client is built.
    pub fn from_pem(chain_and_key: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let pem = chain_and_key.as_ref();
        let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
        let keys = PrivateKeyDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
        let (Ok(certificates), Ok(keys)) = (certificates, keys) else {
            return Err(refused("it is not PEM"));
        };
        if certificates.is_empty() {
            return Err(refused("there is no certificate"));
        }
        if keys.len() != 1 {
            return Err(refused("there is not exactly one unencrypted private key"));
        }
        Ok(Self { pem: pem.into() })
    }

    pub(super) fn identity(&self) -> Result<reqwest::Identity, ConfigError> {
        reqwest::Identity::from_pem(&self.pem).map_err(|_| refused("it cannot be presented"))
    }
}

fn refused(problem: &'static str) -> ConfigError {
    ConfigError::new(
        "client_certificate",
        problem,
        "give the certificate, the chain behind it and the unencrypted private key, one after the other, in PEM",
    )
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientCertificate([redacted])")
    }
}

use std::{io, sync::Arc};

use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, crypto::aws_lc_rs},
};

use crate::RedisConfigError;

/// TLS to one server, by an explicit provider: what the process has installed does not matter.
pub(crate) struct Tls {
    connector: TlsConnector,
    server: ServerName<'static>,
}

impl Tls {
    /// For the server of this name; trusted are the authorities of this machine, and that of
    /// `root_certificate` (PEM).
    pub(crate) fn new(
        host: &str,
        root_certificate: Option<&[u8]>,
    ) -> Result<Self, RedisConfigError> {
        let refused = |error: tokio_rustls::rustls::Error| RedisConfigError::Tls(error.to_string());
        let provider = Arc::new(aws_lc_rs::default_provider());
        let roots = root_certificate.map(certificates).transpose()?;
        let verifier = Verifier::new_with_extra_roots(roots.unwrap_or_default(), provider.clone())
            .map_err(refused)?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(refused)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        let server =
            ServerName::try_from(host.to_owned()).map_err(|_| RedisConfigError::Address)?;
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            server,
        })
    }

    pub(crate) async fn connect(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.connector.connect(self.server.clone(), stream).await
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, RedisConfigError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) | Err(_) => Err(RedisConfigError::RootCertificate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        for pem in ["", "secret", "-----BEGIN CERTIFICATE-----\n"] {
            let refused = Tls::new("host", Some(pem.as_bytes())).map(drop);
            assert_eq!(refused, Err(RedisConfigError::RootCertificate));
        }
        assert!(Tls::new("host", None).is_ok());
    }
}

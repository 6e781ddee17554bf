//! The certificate authority of one server.

use std::{fmt, io, sync::Arc};

use bytes::Bytes;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig, crypto::aws_lc_rs::default_provider,
        pki_types::PrivatePkcs8KeyDer, server::WebPkiClientVerifier,
    },
    server::TlsStream,
};

use super::ClientCertificate;
use crate::{error::StartError, keys::pem};

/// It signs the server's certificate, for 127.0.0.1, and those of clients. Clients may come
/// without; a certificate by anybody else ends the handshake.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Vec<u8>,
    acceptor: TlsAcceptor,
}

impl Authority {
    pub(crate) fn new() -> Result<Self, StartError> {
        let key = KeyPair::generate().map_err(refused)?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).map_err(refused)?;
        let issuer = Issuer::new(params, key);

        let own_key = KeyPair::generate().map_err(refused)?;
        let own = CertificateParams::new(["127.0.0.1".to_owned()])
            .and_then(|params| params.signed_by(&own_key, &issuer))
            .map_err(refused)?;
        let mut roots = RootCertStore::empty();
        roots.add(certificate.der().clone()).map_err(refused)?;
        let provider = Arc::new(default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .allow_unauthenticated()
                .build()
                .map_err(refused)?;
        let private_key = PrivatePkcs8KeyDer::from(own_key.serialize_der());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(refused)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![own.der().clone()], private_key.into())
            .map_err(refused)?;
        Ok(Self {
            issuer,
            certificate: certificate.der().to_vec(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }

    pub(crate) fn certificate_pem(&self) -> String {
        pem::encode("CERTIFICATE", &self.certificate)
    }

    /// A certificate for a client of this common name.
    pub(crate) fn client_certificate(&self, name: &str) -> Result<ClientCertificate, StartError> {
        let key = KeyPair::generate().map_err(refused)?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.signed_by(&key, &self.issuer).map_err(refused)?;
        Ok(ClientCertificate {
            certificate: certificate.der().to_vec(),
            private_key: key.serialize_der(),
        })
    }

    /// Shakes hands; what comes with the connection is the certificate of the client.
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
    ) -> io::Result<(TlsStream<TcpStream>, Option<Bytes>)> {
        let stream = self.acceptor.accept(stream).await?;
        let shown = stream.get_ref().1.peer_certificates();
        let certificate = shown
            .and_then(<[_]>::first)
            .map(|certificate| Bytes::copy_from_slice(certificate));
        Ok((stream, certificate))
    }
}

fn refused(error: impl fmt::Display) -> StartError {
    StartError::Tls {
        reason: error.to_string(),
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

use std::{fs, io, path::Path, sync::Arc};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, RootCertStore, ServerConfig,
        crypto::aws_lc_rs::default_provider,
        pki_types::{
            CertificateDer, PrivateKeyDer,
            pem::{self, PemObject},
        },
        server::{VerifierBuilderError, WebPkiClientVerifier},
    },
};

use crate::{config::TlsSettings, forwarded::Protocol};

/// The certificates cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{file}: cannot be read: {source}")]
    File {
        /// Which.
        file: String,
        /// Why not.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{file}: is no PEM of what it should be: {source}")]
    Pem {
        /// Which.
        file: String,
        /// Why not.
        source: pem::Error,
    },
    /// They do not fit together.
    #[error("certificate, key and authority do not fit together: {0}")]
    Tls(#[from] rustls::Error),
    /// The authority cannot be one.
    #[error("`client_authority_file` has no certificate that can be an authority: {0}")]
    Authority(#[from] VerifierBuilderError),
}

/// Lets in whoever shows a certificate by the authority of the gateways, and nobody else.
pub(super) fn acceptor(
    settings: &TlsSettings,
    protocol: Protocol,
) -> Result<TlsAcceptor, TlsError> {
    let mut roots = RootCertStore::empty();
    for root in certificates(&settings.client_authority_file)? {
        roots.add(root)?;
    }
    let provider = Arc::new(default_provider());
    let gateways =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build()?;
    let key = PrivateKeyDer::from_pem_slice(&read(&settings.key_file)?)
        .map_err(|source| not_pem(&settings.key_file, source))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(gateways)
        .with_single_cert(certificates(&settings.certificate_file)?, key)?;
    let spoken: &[u8] = match protocol {
        Protocol::ForwardAuth => b"http/1.1",
        Protocol::ExtAuthz => b"h2",
    };
    config.alpn_protocols = vec![spoken.to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    CertificateDer::pem_slice_iter(&read(file)?)
        .collect::<Result<_, _>>()
        .map_err(|source| not_pem(file, source))
}

fn read(file: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(file).map_err(|source| TlsError::File {
        file: file.display().to_string(),
        source,
    })
}

fn not_pem(file: &Path, source: pem::Error) -> TlsError {
    TlsError::Pem {
        file: file.display().to_string(),
        source,
    }
}

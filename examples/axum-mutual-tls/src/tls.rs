//! Who the API is, and whose certificates it takes.

use std::{error::Error, sync::Arc};

use tokio_rustls::rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
    version::TLS13,
};

/// A server with this certificate chain and key, which asks clients for certificates. One may come
/// without; one with a certificate by anybody but this authority does not get in. All in PEM.
///
/// # Errors
/// When something is missing, or does not fit together.
pub(crate) fn server_config(
    certificate: &[u8],
    key: &[u8],
    client_authority: &[u8],
) -> Result<ServerConfig, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(client_authority) {
        roots.add(root?)?;
    }
    let provider = Arc::new(default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        // Which routes want a certificate is said by `RequireBinding`, which tokens by the tokens.
        .allow_unauthenticated()
        .build()?;
    let chain = CertificateDer::pem_slice_iter(certificate).collect::<Result<_, _>>()?;
    let mut config = ServerConfig::builder_with_provider(provider)
        // In 1.2 certificates travel in the clear. Whether that is compiled in is not ours to say: any
        // crate in the build can switch it on.
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, PrivateKeyDer::from_pem_slice(key)?)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

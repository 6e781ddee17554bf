//! TLS that ends here, and the certificates of clients (RFC 8705 §3).

use std::{error::Error, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{
        ConnectInfo, Request,
        connect_info::{Connected, IntoMakeServiceWithConnectInfo},
    },
    middleware::map_request,
    serve::{IncomingStream, Listener},
};
use portcullis::PeerCertificate;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::aws_lc_rs::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::WebPkiClientVerifier,
    },
    server::TlsStream,
};

/// How long a client may take to shake hands.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many may do so at a time; the next ones wait to be accepted.
const HANDSHAKES: usize = 1024;

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
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, PrivateKeyDer::from_pem_slice(key)?)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Accepts connections and shakes hands, with many clients at a time: a slow one keeps nobody
/// waiting.
pub(crate) struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    handshakes: JoinSet<Option<(TlsStream<TcpStream>, SocketAddr)>>,
}

impl TlsListener {
    pub(crate) fn new(listener: TcpListener, config: ServerConfig) -> Self {
        Self {
            listener,
            acceptor: TlsAcceptor::from(Arc::new(config)),
            handshakes: JoinSet::new(),
        }
    }

    fn shake_hands(&mut self, stream: TcpStream, address: SocketAddr) {
        let handshake = self.acceptor.accept(stream);
        self.handshakes.spawn(async move {
            // Whoever gives up, or is not who he should be, is nobody's concern.
            let stream = timeout(PATIENCE, handshake).await.ok()?.ok()?;
            Some((stream, address))
        });
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                Some(done) = self.handshakes.join_next() => {
                    if let Ok(Some(connection)) = done {
                        return connection;
                    }
                }
                // Not the method of `TcpListener` of this name: this one copes with errors.
                (stream, address) = Listener::accept(&mut self.listener),
                    if self.handshakes.len() < HANDSHAKES =>
                {
                    self.shake_hands(stream, address);
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// Who is at the other end of a connection.
#[derive(Clone)]
pub(crate) struct Peer {
    certificate: Option<PeerCertificate>,
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        let (_, connection) = stream.io().get_ref();
        // The first one is the client's own; the others lead to the authority.
        let shown = connection.peer_certificates().and_then(<[_]>::first);
        let certificate = shown.map(|own| PeerCertificate(own.clone().into_owned()));
        Self { certificate }
    }
}

/// What `axum::serve` takes beside a [`TlsListener`]: each request has the certificate of its
/// connection with it, where `CertificateSource::connection` finds it.
pub(crate) fn with_certificates(router: Router) -> IntoMakeServiceWithConnectInfo<Router, Peer> {
    router
        .layer(map_request(leave_certificate))
        .into_make_service_with_connect_info()
}

async fn leave_certificate(ConnectInfo(peer): ConnectInfo<Peer>, mut request: Request) -> Request {
    if let Some(certificate) = peer.certificate {
        request.extensions_mut().insert(certificate);
    }
    request
}

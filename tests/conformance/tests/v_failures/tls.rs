//! V14: the server's certificate, over real TLS.

use std::{net::SocketAddr, sync::Arc};

use http::StatusCode;
use portcullis::ReqwestClient;
use portcullis_conformance::{CapturedLog, World, get, protected};
use portcullis_testing::Endpoint;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs::default_provider, pki_types::PrivatePkcs8KeyDer},
};
use tracing::Level;

/// A certificate authority of the test's own.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// In PEM.
    certificate: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
        }
    }

    /// The settings of a server with a certificate for this name.
    fn server(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], key.into())
            .unwrap()
    }

    /// A client that trusts this authority alone.
    fn client(&self) -> ReqwestClient {
        let client = ReqwestClient::builder().root_certificate(&self.certificate);
        client.build().unwrap()
    }
}

/// TLS in front of a server; its address.
async fn in_front_of(server: SocketAddr, config: ServerConfig) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // A client that does not like the certificate goes away here.
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut inner = TcpStream::connect(server).await.unwrap();
            tokio::spawn(async move {
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut inner).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn v14_a_bad_certificate_is_503_and_logged() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let fresh = |_: &mut CertificateParams| {};
    for (case, config, is_good) in [
        ("good", authority.server("127.0.0.1", fresh), true),
        (
            "expired",
            authority.server("127.0.0.1", |params| {
                params.not_before = date_time_ymd(2020, 1, 1);
                params.not_after = date_time_ymd(2020, 2, 1);
            }),
            false,
        ),
        (
            "not valid yet",
            authority.server("127.0.0.1", |params| {
                params.not_before = date_time_ymd(4000, 1, 1);
                params.not_after = date_time_ymd(4000, 2, 1);
            }),
            false,
        ),
        ("another host", authority.server("127.0.0.2", fresh), false),
        ("a name", authority.server("id.example.com", fresh), false),
        ("a stranger's", stranger.server("127.0.0.1", fresh), false),
    ] {
        let world = World::start().await;
        let logs = CapturedLog::start();
        let secure = in_front_of(world.server.address(), config).await;
        let over_tls = |endpoint| {
            let url = world.server.url(endpoint);
            url.replace(world.server.origin(), &format!("https://{secure}"))
        };
        let issuer = world
            .asking()
            .http_client(authority.client())
            .jwks_uri(over_tls(Endpoint::Jwks))
            .introspection_endpoint(over_tls(Endpoint::Introspection))
            .build()
            .unwrap();
        let (jwt, opaque) = (world.server.token().jwt(), world.server.token().opaque());
        for (way, router, token) in [
            ("keys", protected(issuer.jwt()), jwt),
            ("introspection", protected(issuer.introspection()), opaque),
        ] {
            let before = logs.matching(Level::ERROR, "certificate").len();
            let reply = get(&router, &token).await;
            let errors = logs.matching(Level::ERROR, "certificate").len() - before;
            if is_good {
                assert_eq!(reply.status, StatusCode::OK, "{case}: {way}");
                assert_eq!(errors, 0, "{case}: {way}");
            } else {
                let status = reply.status;
                assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{case}: {way}");
                reply.assert_unavailable();
                assert!(errors > 0, "{case}: {way}: {:?}", logs.lines());
            }
        }
        let served = if is_good { 2 } else { 0 };
        assert_eq!(world.server.total_request_count(), served, "{case}");
    }
}

#[tokio::test]
async fn v22_a_server_that_offers_http_2_is_spoken_to_in_http_1() {
    // The HTTP client of these tests is built with HTTP/2, as it may be in any service.
    let (authority, world) = (Authority::new(), World::start().await);
    let mut config = authority.server("127.0.0.1", |_| {});
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let secure = in_front_of(world.server.address(), config).await;
    let keys = world.server.url(Endpoint::Jwks);
    let keys = keys.replace(world.server.origin(), &format!("https://{secure}"));
    let issuer = world.realm().http_client(authority.client()).jwks_uri(keys);
    let router = protected(issuer.build().unwrap().jwt());
    // What stands behind the TLS understands nothing but HTTP/1.1.
    let reply = get(&router, &world.server.token().jwt()).await;
    assert_eq!(reply.status, StatusCode::OK);
}

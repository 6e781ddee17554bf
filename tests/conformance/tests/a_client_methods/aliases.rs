//! A13: endpoints for clients with certificates, on a port of their own (RFC 8705 §5).

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use http::StatusCode;
use portcullis::{ClientAuthentication, ClientCertificate, IssuerBuilder, ReqwestClient};
use portcullis_conformance::{AUDIENCE, CapturedLog, World};
use portcullis_testing::{Answer, Endpoint, Fault};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig, crypto::aws_lc_rs::default_provider,
        pki_types::PrivatePkcs8KeyDer, server::WebPkiClientVerifier,
    },
};
use tracing::Level;

use crate::mutual_tls::{ID, assert_goes_with_the_client_id_alone, status};

/// TLS in front of a world's server, for nobody without a certificate of its authority.
struct Front {
    world: World,
    address: SocketAddr,
    /// How many clients have come through.
    accepted: Arc<AtomicUsize>,
    /// The authority's certificate, in PEM.
    root: String,
    certificate: ClientCertificate,
}

impl Front {
    async fn start() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap();
        let authority = Issuer::new(params, key);

        let world = World::start().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(server_config(&root, &authority)));
        let (server, accepted) = (world.server.address(), Arc::new(AtomicUsize::new(0)));
        let count = accepted.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                count.fetch_add(1, Ordering::SeqCst);
                let mut inner = TcpStream::connect(server).await.unwrap();
                tokio::spawn(async move {
                    let _ = tokio::io::copy_bidirectional(&mut stream, &mut inner).await;
                });
            }
        });
        // The server behind it does not see certificates: whoever comes through is let in.
        let active = json!({"active": true, "sub": "alice", "aud": AUDIENCE});
        let fault = Fault::answer(Answer::json(&active));
        world.server.inject(Endpoint::Introspection, fault);
        let (certificate, key) = signed(&authority, &["rs.example.com"]);
        let pem = format!("{}{}", certificate.pem(), key.serialize_pem());
        Self {
            world,
            address,
            accepted,
            root: root.pem(),
            certificate: ClientCertificate::from_pem(pem).unwrap(),
        }
    }

    fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// The introspection endpoint on this host, behind TLS.
    fn alias(&self, host: &str) -> String {
        let endpoint = self.world.server.url(Endpoint::Introspection);
        let front = format!("https://{host}:{}", self.address.port());
        endpoint.replace(self.world.server.origin(), &front)
    }

    fn publish_alias(&self, host: &str) {
        self.world.server.patch_discovery(&json!({
            "mtls_endpoint_aliases": {"introspection_endpoint": self.alias(host)},
        }));
    }

    /// An issuer by an HTTP client of its own, with the certificate or without.
    fn issuer(&self, certificate: Option<&ClientCertificate>) -> IssuerBuilder {
        let mut client = ReqwestClient::builder().root_certificate(&self.root);
        if let Some(certificate) = certificate {
            client = client.client_certificate(certificate.clone());
        }
        self.world.realm().http_client(client.build().unwrap())
    }

    async fn status(&self, issuer: IssuerBuilder) -> StatusCode {
        let client = ClientAuthentication::tls_client_auth(ID).unwrap();
        let issuer = issuer.client_authentication(client).build().unwrap();
        status(&issuer, &self.world.server.token().opaque()).await
    }
}

fn server_config(root: &rcgen::Certificate, authority: &Issuer<'_, KeyPair>) -> ServerConfig {
    let mut roots = RootCertStore::empty();
    roots.add(root.der().clone()).unwrap();
    let provider = Arc::new(default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let (certificate, key) = signed(authority, &["127.0.0.1", "localhost"]);
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(vec![certificate.into()], key.into())
        .unwrap()
}

fn signed(authority: &Issuer<'_, KeyPair>, names: &[&str]) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let params = CertificateParams::new(names).unwrap();
    (params.signed_by(&key, authority).unwrap(), key)
}

#[tokio::test]
async fn a13_a_certificate_goes_to_the_alias_with_the_client_id_alone() {
    let front = Front::start().await;
    front.publish_alias("127.0.0.1");
    let status = front.status(front.issuer(Some(&front.certificate))).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(front.accepted(), 1);
    let requests = front.world.server.requests(Endpoint::Introspection);
    assert_goes_with_the_client_id_alone(&requests[0]);
}

#[tokio::test]
async fn a13_an_alias_that_misses_the_certificate_is_503_and_the_log_knows_the_cure() {
    let front = Front::start().await;
    front.publish_alias("127.0.0.1");
    let logs = CapturedLog::start();
    let status = front.status(front.issuer(None)).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(front.world.server.request_count(Endpoint::Introspection), 0);
    let lines = logs.matching(Level::ERROR, "give a client certificate");
    assert_eq!(lines.len(), 1, "{:?}", logs.lines());
}

#[tokio::test]
async fn a13_an_alias_elsewhere_is_used_only_when_it_is_named() {
    let front = Front::start().await;
    let issuer = || front.issuer(Some(&front.certificate));
    // Whoever trusted the first of these would come through.
    for host in ["localhost", "127.0.0.2", "mtls.example.com"] {
        let logs = CapturedLog::start();
        front.publish_alias(host);
        let status = front.status(issuer()).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{host}");
        let said = "introspection_endpoint` is on a host that is not the issuer's";
        assert_eq!(logs.matching(Level::ERROR, said).len(), 1, "{host}");
    }
    assert_eq!(front.accepted(), 0);
    assert_eq!(front.world.server.request_count(Endpoint::Introspection), 0);
    let named = issuer().introspection_endpoint(front.alias("localhost"));
    assert_eq!(front.status(named).await, StatusCode::OK);
    assert_eq!(front.accepted(), 1);
}

#[tokio::test]
async fn a13_other_methods_leave_the_alias_alone() {
    let front = Front::start().await;
    front.publish_alias("127.0.0.1");
    let issuer = front.world.asking().build().unwrap();
    let token = front.world.server.token().opaque();
    assert_eq!(status(&issuer, &token).await, StatusCode::OK);
    assert_eq!(front.accepted(), 0);
}

//! Over real connections.

use std::{sync::Arc, time::Duration};

use portcullis::Thumbprint;
use portcullis_testing::AuthorizationServer;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use reqwest::{Certificate, Client, Identity, StatusCode, Version};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, HandshakeKind, ProtocolVersion, RootCertStore, SupportedProtocolVersion,
        crypto::aws_lc_rs::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
        version::{TLS12, TLS13},
    },
};

use super::*;

/// An authority, of servers or of clients.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::new(params, key),
            pem,
        }
    }

    /// A certificate for 127.0.0.1 and its key.
    fn certify(&self) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }
}

/// A client with its certificate, and the thumbprint that stands in tokens that are bound to it.
struct Holder {
    http: Client,
    thumbprint: String,
}

struct World {
    server: AuthorizationServer,
    url: String,
    /// Whom the clients trust.
    own_authority: Authority,
    /// Whom the API trusts.
    client_authority: Authority,
}

impl World {
    async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    async fn with(limits: Limits) -> Self {
        let server = AuthorizationServer::builder()
            .audience("orders-api")
            .start()
            .await
            .unwrap();
        let realm = Realm::new(server.issuer())
            .unwrap()
            .audience("orders-api")
            .build()
            .unwrap();
        let (own_authority, client_authority) = (Authority::new(), Authority::new());
        let (certificate, key) = own_authority.certify();
        let config = tls::server_config(
            certificate.pem().as_bytes(),
            key.serialize_pem().as_bytes(),
            client_authority.pem.as_bytes(),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let router = routes::router(realm.jwt(), move || realm.readiness());
        // Nobody sends the test a signal.
        let stop = Stop::on_signal(Duration::ZERO).unwrap();
        tokio::spawn(serve(listener, config.unwrap(), router, stop, limits));
        Self {
            server,
            url,
            own_authority,
            client_authority,
        }
    }

    /// A connection without a certificate, in one of these versions of TLS.
    async fn connect(
        &self,
        versions: &[&'static SupportedProtocolVersion],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(self.roots())
            .with_no_client_auth();
        let address = self.url.strip_prefix("https://").unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(self.own_authority.pem.as_bytes());
        roots.add(root.unwrap()).unwrap();
        roots
    }

    /// A client with this identity.
    fn client(&self, identity: Option<Identity>) -> Client {
        let root = Certificate::from_pem(self.own_authority.pem.as_bytes()).unwrap();
        let mut client = Client::builder().no_proxy().tls_certs_only([root]);
        if let Some(identity) = identity {
            client = client.identity(identity);
        }
        client.build().unwrap()
    }

    fn holder(&self, authority: &Authority) -> Holder {
        let (certificate, key) = authority.certify();
        let pem = certificate.pem() + &key.serialize_pem();
        Holder {
            http: self.client(Some(Identity::from_pem(pem.as_bytes()).unwrap())),
            thumbprint: Thumbprint::of(certificate.der()).to_string(),
        }
    }

    /// A token that is of use only to this holder.
    fn bound_to(&self, holder: &Holder) -> String {
        let cnf = json!({ "x5t#S256": holder.thumbprint });
        self.server.token().claim("cnf", cnf).jwt()
    }

    async fn orders(&self, http: &Client, token: &str) -> StatusCode {
        let request = http.get(format!("{}/orders", self.url)).bearer_auth(token);
        request.send().await.unwrap().status()
    }

    async fn payments(&self, http: &Client, token: &str) -> StatusCode {
        let request = http.post(format!("{}/payments", self.url));
        let response = request.bearer_auth(token).send().await.unwrap();
        assert_eq!(response.version(), Version::HTTP_2);
        response.status()
    }
}

#[tokio::test]
async fn a_bound_token_is_good_with_its_certificate_alone() {
    let world = World::start().await;
    let owner = world.holder(&world.client_authority);
    let thief = world.holder(&world.client_authority);
    let token = world.bound_to(&owner);
    for _ in 0..2 {
        assert_eq!(world.orders(&owner.http, &token).await, StatusCode::OK);
        assert_eq!(world.payments(&owner.http, &token).await, StatusCode::OK);
    }
    for http in [&thief.http, &world.client(None)] {
        let refused = StatusCode::UNAUTHORIZED;
        assert_eq!(world.orders(http, &token).await, refused);
        assert_eq!(world.payments(http, &token).await, refused);
    }
}

#[tokio::test]
async fn a_token_that_is_bound_to_nothing_pays_nothing() {
    let world = World::start().await;
    let client = world.holder(&world.client_authority);
    let token = world.server.token().jwt();
    for http in [&client.http, &world.client(None)] {
        assert_eq!(world.orders(http, &token).await, StatusCode::OK);
        let paid = world.payments(http, &token).await;
        assert_eq!(paid, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_certificate_by_a_stranger_does_not_get_in() {
    let world = World::start().await;
    let stranger = world.holder(&Authority::new());
    let health = format!("{}/healthz", world.url);
    assert!(stranger.http.get(&health).send().await.is_err());
    let nobody = world.client(None);
    assert_eq!(nobody.get(&health).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn whoever_does_not_shake_hands_keeps_nobody_waiting() {
    let world = World::start().await;
    let address = world.url.strip_prefix("https://").unwrap();
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let health = format!("{}/healthz", world.url);
    let answer = world.client(None).get(&health).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn whoever_says_nothing_makes_room_for_others() {
    let one_at_a_time = Limits {
        connections: 1,
        handshake: Duration::from_secs(2),
        patience: Duration::from_millis(200),
        ..Limits::default()
    };
    let world = World::with(one_at_a_time).await;
    let address = world.url.strip_prefix("https://").unwrap();
    let health = format!("{}/healthz", world.url);
    // One who does not shake hands; and one who does, and then asks for nothing.
    let _silent = TcpStream::connect(address).await.unwrap();
    let _idle = world.connect(&[&TLS13]).await.unwrap();
    let answer = world.client(None).get(&health).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_connection_of_http_2_becomes_only_so_old() {
    let young = Limits {
        connections: 1,
        age: Duration::from_secs(1),
        ..Limits::default()
    };
    let world = World::with(young).await;
    let health = format!("{}/healthz", world.url);
    // It keeps its connection, and answers all pings.
    let first = world.client(None);
    assert_eq!(first.get(&health).send().await.unwrap().status(), 200);
    let second = world.client(None);
    assert_eq!(second.get(&health).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn older_versions_of_tls_are_not_spoken() {
    let world = World::start().await;
    assert!(world.connect(&[&TLS12]).await.is_err());
    assert!(world.connect(&[&TLS13]).await.is_ok());
    // Who speaks both agrees on the newer one.
    let stream = world.connect(&[&TLS12, &TLS13]).await.unwrap();
    let spoken = stream.get_ref().1.protocol_version();
    assert_eq!(spoken, Some(ProtocolVersion::TLSv1_3));
}

#[tokio::test]
async fn a_connection_that_is_resumed_has_its_certificate_still() {
    let world = World::start().await;
    let (certificate, key) = world.client_authority.certify();
    let thumbprint = Thumbprint::of(certificate.der()).to_string();
    let cnf = json!({ "x5t#S256": thumbprint });
    let token = world.server.token().claim("cnf", cnf).jwt();
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes());
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(world.roots())
        .with_client_auth_cert(vec![certificate.der().clone()], key.unwrap());
    let connector = TlsConnector::from(Arc::new(config.unwrap()));
    let address = world.url.strip_prefix("https://").unwrap();
    for kind in [HandshakeKind::Full, HandshakeKind::Resumed] {
        let stream = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let mut stream = connector.connect(name, stream).await.unwrap();
        let request = format!(
            "POST /payments HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             content-length: 0\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert_eq!(stream.get_ref().1.handshake_kind(), Some(kind));
    }
}

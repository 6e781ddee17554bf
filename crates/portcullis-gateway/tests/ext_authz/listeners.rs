use std::{path::PathBuf, sync::Arc};

use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    },
};
use tonic::transport::{Channel, Endpoint, Uri};

use crate::{
    folder::Folder,
    world::{World, check, question},
};

const RULES: &str = "[[rules]]\npath = \"/**\"\npublic = true\n";

#[tokio::test]
async fn a_unix_socket_is_one_for_whoever_may_open_it() {
    let listen = "listen = \"unix:{folder}/gateway.sock\"";
    let mut world = World::start(listen, RULES).await;
    let path = world.folder.path("gateway.sock");
    let channel = over_socket(path.clone()).await;
    check(channel, question("GET /", &[])).await.allowed();
    world.stop();
    world.ended().await;
    assert!(!path.exists());
}

async fn over_socket(path: PathBuf) -> Channel {
    let connect = tower::service_fn(move |_: Uri| {
        let path = path.clone();
        async move { UnixStream::connect(path).await.map(TokioIo::new) }
    });
    let endpoint = Endpoint::from_static("http://gateway");
    endpoint.connect_with_connector(connect).await.unwrap()
}

/// A certificate and its key, in PEM.
type Pair = (String, String);

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
        let issuer = Issuer::new(params, key);
        Self { issuer, pem }
    }

    fn certify(&self) -> Pair {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["portcullis-gateway".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// A channel for whoever comes with this identity; `None` where he does not get in.
async fn over_tls(world: &World, trusted: &Authority, own: Option<Pair>) -> Option<Channel> {
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(trusted.pem.as_bytes()).unwrap();
    roots.add(root).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match own {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            config.with_client_auth_cert(chain, key).unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    let (connector, address) = (TlsConnector::from(Arc::new(config)), world.address.unwrap());
    let connect = tower::service_fn(move |_: Uri| {
        let connector = connector.clone();
        async move {
            let name = ServerName::try_from("portcullis-gateway").unwrap();
            let stream = connector
                .connect(name, TcpStream::connect(address).await?)
                .await?;
            Ok::<_, std::io::Error>(TokioIo::new(stream))
        }
    });
    let endpoint = Endpoint::from_static("http://portcullis-gateway");
    endpoint.connect_with_connector(connect).await.ok()
}

#[tokio::test]
async fn with_mutual_tls_nobody_gets_in_without_a_certificate_of_the_authority() {
    let (own, gateways) = (Authority::new(), Authority::new());
    let folder = Folder::new();
    let (certificate, key) = own.certify();
    folder.write("own.pem", &certificate);
    folder.write("own.key", &key);
    folder.write("gateways.pem", &gateways.pem);
    let listen = r#"listen = "127.0.0.1:0"
tls = { certificate_file = "{folder}/own.pem", key_file = "{folder}/own.key", client_authority_file = "{folder}/gateways.pem" }"#;
    let world = World::try_start(listen, RULES, folder).await.unwrap();
    let channel = over_tls(&world, &own, Some(gateways.certify()))
        .await
        .unwrap();
    check(channel, question("GET /", &[])).await.allowed();
    for stranger in [None, Some(own.certify())] {
        // With TLS 1.3 a client learns of its refusal when it first asks.
        let Some(channel) = over_tls(&world, &own, stranger).await else {
            continue;
        };
        use envoy_types::pb::envoy::service::auth::v3::authorization_client::AuthorizationClient;
        let mut client = AuthorizationClient::new(channel);
        assert!(client.check(question("GET /", &[])).await.is_err());
    }
}

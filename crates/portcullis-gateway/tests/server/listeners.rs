use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::{
    io::AsyncReadExt,
    net::{TcpStream, UnixStream},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    },
};

use portcullis_gateway::StartError;

use crate::{
    folder::Folder,
    world::{World, assert_status, exchange},
};

const PUBLIC: &str = "[[rules]]\npath = \"/**\"\npublic = true\n";
const LOCAL: &str = "listen = \"127.0.0.1:0\"";

#[tokio::test]
async fn questions_are_answered_whatever_their_own_method_and_path() {
    let world = World::start(LOCAL, PUBLIC).await;
    for line in [
        "GET /",
        "GET /some/where?x",
        "POST /",
        "HEAD /",
        "OPTIONS /",
    ] {
        let question = World::question("").replacen("GET /", line, 1);
        let reply = world.send(&question).await;
        assert_status(&reply, 200);
        assert!(reply.contains("x-auth-subject: \r\n"), "{reply}");
    }
    let with_body = World::question("Content-Length: 4\r\n") + "body";
    assert_status(&world.send(&with_body).await, 200);
}

#[tokio::test]
async fn who_is_not_trusted_gets_no_word_in() {
    let listen = "listen = \"127.0.0.1:0\"\ntrusted_peers = [\"192.0.2.0/24\"]";
    let world = World::start(listen, PUBLIC).await;
    for _ in 0..3 {
        // Nothing is said, and nothing is waited for.
        let mut stream = TcpStream::connect(world.address.unwrap()).await.unwrap();
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_unix_socket_is_one_for_whoever_may_open_it() {
    let listen = "listen = \"unix:{folder}/gateway.sock\"";
    let mut world = World::start(listen, PUBLIC).await;
    let path = world.folder.path("gateway.sock");
    let stream = UnixStream::connect(&path).await.unwrap();
    assert_status(&exchange(stream, &World::question("")).await, 200);
    world.stop();
    world.ended().await;
    assert!(!path.exists());
}

#[tokio::test]
async fn the_socket_of_one_that_is_gone_gives_way_and_that_of_one_that_lives_does_not() {
    let folder = Folder::new();
    let path = folder.path("gateway.sock");
    drop(tokio::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let listen = format!("listen = \"unix:{}\"", path.display());
    let _first = World::try_start(&listen, PUBLIC, Folder::new())
        .await
        .unwrap();
    let second = World::try_start(&listen, PUBLIC, Folder::new()).await;
    assert!(
        second
            .err()
            .unwrap()
            .to_string()
            .contains("[forward_auth] listen")
    );
}

#[tokio::test]
async fn a_file_that_is_no_socket_stays_where_it_is() {
    let folder = Folder::new();
    let path = folder.write("orders.db", "all of them");
    let listen = format!("listen = \"unix:{}\"", path.display());
    let refused = World::try_start(&listen, PUBLIC, Folder::new()).await;
    assert!(matches!(refused, Err(StartError::Listen { .. })));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "all of them");
}

#[tokio::test]
async fn the_socket_of_a_successor_stays_where_it_is() {
    let listen = "listen = \"unix:{folder}/gateway.sock\"";
    let mut world = World::start(listen, PUBLIC).await;
    let path = world.folder.path("gateway.sock");
    let _kept = std::fs::hard_link(&path, world.folder.path("old.sock"));
    std::fs::remove_file(&path).unwrap();
    let _successor = tokio::net::UnixListener::bind(&path).unwrap();
    world.stop();
    world.ended().await;
    assert!(path.exists());
}

#[tokio::test]
async fn those_who_run_it_see_whether_it_is_ready_and_what_is_counted() {
    let world = World::start(LOCAL, PUBLIC).await;
    let numbers = world.manage("/metrics").await;
    assert_status(&numbers, 200);
    assert!(numbers.contains("numbers 1"), "{numbers}");
    let ready = world.manage("/readyz").await;
    assert!(ready.contains("\"status\""), "{ready}");
    // Nothing of it is where gateways ask.
    assert_status(
        &world
            .send("GET /metrics HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n")
            .await,
        403,
    );
}

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

    /// A certificate and its key, in PEM.
    fn certify(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// The reply to whoever comes with this identity; `None` where he does not get in.
async fn over_tls(
    world: &World,
    trusted: &Authority,
    own: Option<(String, String)>,
) -> Option<String> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(trusted.pem.as_bytes()).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match own {
        None => config.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            config.with_client_auth_cert(chain, key).unwrap()
        }
    };
    let stream = TcpStream::connect(world.address.unwrap()).await.unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut stream = connector.connect(name, stream).await.ok()?;
    use tokio::io::AsyncWriteExt;
    stream
        .write_all(World::question("").as_bytes())
        .await
        .ok()?;
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply).await;
    (!reply.is_empty()).then(|| String::from_utf8_lossy(&reply).into_owned())
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
    let world = World::try_start(listen, PUBLIC, folder).await.unwrap();
    let reply = over_tls(&world, &own, Some(gateways.certify()))
        .await
        .unwrap();
    assert_status(&reply, 200);
    assert_eq!(over_tls(&world, &own, None).await, None);
    assert_eq!(over_tls(&world, &own, Some(own.certify())).await, None);
    // Nor does who speaks no TLS.
    let plain = world.send(&World::question("")).await;
    assert!(!plain.starts_with("HTTP"), "{plain}");
}

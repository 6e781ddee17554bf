//! The certificate that a proxy hands on.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{Router, body::Body, extract::ConnectInfo};
use http::Request;
use portcullis::CertificateSource;
use portcullis_axum::from_addresses;
use portcullis_conformance::{World, send};

use crate::{bound_to, certificate, client_cert, request, service, thumbprint};

const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));

struct Behind {
    world: World,
    router: Router,
    certificate: Vec<u8>,
    token: String,
}

impl Behind {
    async fn proxy(source: CertificateSource) -> Self {
        let world = World::start().await;
        let issuer = world.realm().connect().await.unwrap();
        let certificate = certificate();
        Self {
            router: service(issuer.jwt(), source),
            token: bound_to(&world, &thumbprint(&certificate)),
            world,
            certificate,
        }
    }

    async fn client_cert() -> Self {
        Self::proxy(CertificateSource::client_cert_header(from_addresses([
            PROXY,
        ])))
        .await
    }

    /// A request with these values of a header, from this peer.
    fn from(&self, peer: IpAddr, name: &str, values: &[&str]) -> Request<Body> {
        let mut request = from(peer, request("/", &self.token));
        for value in values {
            let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        request
    }
}

fn from(peer: IpAddr, mut request: Request<Body>) -> Request<Body> {
    let peer = ConnectInfo(SocketAddr::new(peer, 4711));
    request.extensions_mut().insert(peer);
    request
}

#[tokio::test]
async fn n5_a_trusted_proxy_hands_the_certificate_on() {
    let behind = Behind::client_cert().await;
    let own = client_cert(&behind.certificate);
    let trusted = behind.from(PROXY, "client-cert", &[&own]);
    assert_eq!(send(&behind.router, trusted).await.status, 200);
    let other = client_cert(&certificate());
    let other = behind.from(PROXY, "client-cert", &[&other]);
    send(&behind.router, other).await.assert_invalid_token();
    let none = behind.from(PROXY, "client-cert", &[]);
    send(&behind.router, none).await.assert_invalid_token();
}

#[tokio::test]
async fn n5_anybody_elses_header_is_no_certificate_and_does_not_get_through() {
    let behind = Behind::client_cert().await;
    let own = client_cert(&behind.certificate);
    let spoofed = behind.from(STRANGER, "client-cert", &[&own]);
    send(&behind.router, spoofed).await.assert_invalid_token();
    let mut unknown = request("/", &behind.token);
    unknown
        .headers_mut()
        .insert("client-cert", own.parse().unwrap());
    send(&behind.router, unknown).await.assert_invalid_token();

    let unbound = behind.world.server.token().jwt();
    for (peer, gets_through) in [(PROXY, true), (STRANGER, false)] {
        let mut request = from(peer, request("/", &unbound));
        request
            .headers_mut()
            .insert("client-cert", own.parse().unwrap());
        let reply = send(&behind.router, request).await;
        assert_eq!(reply.status, 200);
        let seen = String::from_utf8(reply.body.to_vec()).unwrap();
        assert_eq!(seen.contains("client-cert"), gets_through, "{peer}: {seen}");
    }
}

#[tokio::test]
async fn n6_a_malformed_header_is_refused() {
    let behind = Behind::client_cert().await;
    let own = client_cert(&behind.certificate);
    let bare = own.trim_matches(':');
    let list = format!("{own}, {own}");
    let parameters = format!("{own};a=1");
    for values in [
        vec![&*own, &*own],
        vec![bare],
        vec!["::"],
        vec![""],
        vec![&*list],
        vec![&*parameters],
        vec!["?1"],
    ] {
        let request = behind.from(PROXY, "client-cert", &values);
        send(&behind.router, request).await.assert_invalid_token();
    }
}

#[tokio::test]
async fn y57_envoys_header_is_understood() {
    let trusted = from_addresses([PROXY]);
    let behind = Behind::proxy(CertificateSource::forwarded_client_cert_header(trusted)).await;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &behind.certificate);
    let hash: String = digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let good = format!("By=spiffe://a/b;Hash={hash};Subject=\"CN=a;Hash=00,O=b\";URI=spiffe://c");
    let name = "x-forwarded-client-cert";
    let request = behind.from(PROXY, name, &[&good]);
    assert_eq!(send(&behind.router, request).await.status, 200);
    let spoofed = behind.from(STRANGER, name, &[&good]);
    send(&behind.router, spoofed).await.assert_invalid_token();
    let appended = format!("Hash={hash},Hash=00");
    let quoted = format!("Subject=\"Hash={hash}\"");
    for bad in [&*appended, &*quoted, "", "Hash=", "Hash"] {
        let request = behind.from(PROXY, name, &[bad]);
        send(&behind.router, request).await.assert_invalid_token();
    }
}

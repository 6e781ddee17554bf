//! Section N: tokens that are bound to a client certificate (RFC 8705, RFC 9440).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod headers;
mod thumbprints;

use axum::{Router, body::Body, http::HeaderMap, routing::get};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::Request;
use portcullis::{
    AuthenticateLayer, CertificateSource, PeerCertificate, RequireBinding, TokenVerifier,
};
use portcullis_conformance::{Reply, World, send};
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};

/// A certificate, in DER.
fn certificate() -> Vec<u8> {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["client.example".to_owned()]).unwrap();
    params.self_signed(&key).unwrap().der().to_vec()
}

fn thumbprint(certificate: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, certificate);
    portcullis_conformance::base64url(digest)
}

fn bound_to(world: &World, thumbprint: &str) -> String {
    let cnf = json!({"x5t#S256": thumbprint});
    world.server.token().claim("cnf", cnf).jwt()
}

/// `GET /` answers with the names of the headers that came so far; `GET /bound` wants bound tokens.
fn service(verifier: impl TokenVerifier, source: CertificateSource) -> Router {
    let headers = |headers: HeaderMap| async move {
        let names: Vec<String> = headers
            .keys()
            .map(|name| name.as_str().to_owned())
            .collect();
        names.join(" ")
    };
    Router::new()
        .route("/", get(headers))
        .route(
            "/bound",
            get(|| async {}).layer(RequireBinding::certificate()),
        )
        .layer(AuthenticateLayer::new(verifier).client_certificate(source))
}

fn request(path: &str, token: &str) -> Request<Body> {
    Request::get(path)
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap()
}

/// A request over a connection whose client has shown a certificate.
fn over(certificate: &[u8], mut request: Request<Body>) -> Request<Body> {
    let peer = PeerCertificate(certificate.to_vec().into());
    request.extensions_mut().insert(peer);
    request
}

fn client_cert(certificate: &[u8]) -> String {
    format!(":{}:", STANDARD.encode(certificate))
}

async fn get_over(router: &Router, certificate: &[u8], token: &str) -> Reply {
    send(router, over(certificate, request("/", token))).await
}

/// A `cnf` as introspection tells it.
fn told(thumbprint: &str) -> Value {
    json!({"cnf": {"x5t#S256": thumbprint}, "token_type": "Bearer"})
}

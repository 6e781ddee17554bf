//! TLS, with an authority of the test's own.

use portcullis::{SharedStore, StateKeys, StoreKey};
use portcullis_conformance::state_keys;
use portcullis_redis::RedisState;
use portcullis_redis_suite::{Configuration, RedisServer};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// An authority, in PEM, and a server whose certificate for this name it has issued.
async fn server(name: &str) -> Option<(String, RedisServer)> {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&key).unwrap().pem();
    let authority = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([name.to_owned()])
        .and_then(|params| params.signed_by(&key, &authority))
        .unwrap();
    let configuration = Configuration::default().tls(&certificate.pem(), &key.serialize_pem());
    let server = RedisServer::start_or_skip(configuration).await;
    Some((root, server.unwrap_or_else(|error| panic!("{error}"))?))
}

async fn error(state: &RedisState) -> Option<String> {
    let answer = state.get(StoreKey::new("k")).await;
    answer.err().map(|error| error.to_string())
}

#[tokio::test]
async fn a_server_is_trusted_by_its_own_authority_and_by_no_other() {
    let Some((root, server)) = server("127.0.0.1").await else {
        return;
    };
    let url = server.tls_url().unwrap();
    let keys: StateKeys = state_keys();
    let trusting = RedisState::with_root_certificate(&url, &keys, &root).unwrap();
    assert_eq!(error(&trusting).await, None);
    let strict = RedisState::new(&url, &keys).unwrap();
    let refused = error(&strict).await.unwrap();
    assert!(refused.contains("certificate"), "{refused}");
    let plain = RedisState::new(&url.replace("rediss", "redis"), &keys).unwrap();
    assert!(error(&plain).await.is_some());
}

#[tokio::test]
async fn a_server_of_another_name_is_refused() {
    let Some((root, server)) = server("127.0.0.2").await else {
        return;
    };
    let url = server.tls_url().unwrap();
    let state = RedisState::with_root_certificate(&url, &state_keys(), &root).unwrap();
    let refused = error(&state).await.unwrap();
    assert!(refused.contains("certificate"), "{refused}");
}

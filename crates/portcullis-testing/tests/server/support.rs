//! What the tests of the server share: a client of it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::signature::{UnparsedPublicKey, VerificationAlgorithm};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_testing::{AuthorizationServer, Endpoint, SigningKey};
use reqwest::{RequestBuilder, Response, redirect::Policy};
use serde_json::Value;

pub(crate) const START: u64 = 1_700_000_000;

/// A clock that a test moves by hand, in seconds.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<AtomicU64>);

impl TestClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(START)))
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn as_function(&self) -> impl Fn() -> SystemTime + Send + Sync + 'static {
        let seconds = Arc::clone(&self.0);
        move || UNIX_EPOCH + Duration::from_secs(seconds.load(Ordering::SeqCst))
    }
}

pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

pub(crate) fn introspection(server: &AuthorizationServer, token: &str) -> RequestBuilder {
    http()
        .post(server.url(Endpoint::Introspection))
        .basic_auth("orders-api", Some("orders-secret"))
        .form(&[("token", token)])
}

pub(crate) async fn introspect(server: &AuthorizationServer, token: &str) -> Value {
    let response = introspection(server, token).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

pub(crate) async fn is_active(server: &AuthorizationServer, token: &str) -> bool {
    introspect(server, token).await["active"] == true
}

pub(crate) async fn get(url: impl AsRef<str>) -> Response {
    http().get(url.as_ref()).send().await.unwrap()
}

pub(crate) async fn get_json(url: impl AsRef<str>) -> Value {
    get(url).await.json().await.unwrap()
}

pub(crate) async fn published_key_ids(server: &AuthorizationServer) -> Vec<String> {
    let set = get_json(server.url(Endpoint::Jwks)).await;
    let keys = set["keys"].as_array().unwrap();
    keys.iter()
        .filter_map(|key| key["kid"].as_str())
        .map(str::to_owned)
        .collect()
}

/// Header and payload of a JWT.
pub(crate) fn decode(token: &str) -> (Value, Value) {
    let part = |number| {
        let bytes = URL_SAFE_NO_PAD
            .decode(token.split('.').nth(number).unwrap())
            .unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    (part(0), part(1))
}

/// Whether a JWT is signed with this key.
pub(crate) fn verifies(
    token: &str,
    algorithm: &'static dyn VerificationAlgorithm,
    key: &SigningKey,
) -> bool {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let key = UnparsedPublicKey::new(algorithm, key.public_key_der());
    key.verify(message.as_bytes(), &signature).is_ok()
}

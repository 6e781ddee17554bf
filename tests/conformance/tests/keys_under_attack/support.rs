use std::{
    future::{pending, ready},
    sync::{Arc, Mutex},
    time::{Duration, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{Request, Response};
use portcullis::{HttpClient, HttpFuture, Limits};
use portcullis_conformance::World;
use portcullis_testing::{Endpoint, SigningAlgorithm};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

/// A token whose `kid` is in no key set.
pub(crate) fn unknown(world: &World, kid: &str, iat: u64) -> String {
    world
        .server
        .token()
        .algorithm(SigningAlgorithm::EdDSA)
        .issued_at(UNIX_EPOCH + Duration::from_secs(iat))
        .header("kid", kid)
        .jwt()
}

/// A good token that lives for two days.
pub(crate) fn lasting(world: &World) -> String {
    let token = world.server.token();
    token.expires_in(Duration::from_secs(2 * 86_400)).jwt()
}

/// How often the key set was fetched.
pub(crate) fn fetches(world: &World) -> usize {
    world.server.request_count(Endpoint::Jwks)
}

/// A runtime that runs nothing unless it is told to.
pub(crate) fn idle_runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A client that keeps no deadline.
#[derive(Debug)]
pub(crate) struct Silent;

impl HttpClient for Silent {
    fn send(&self, _: Request<Bytes>, _: Limits) -> HttpFuture {
        Box::pin(pending())
    }
}

/// A client that answers every request with the same document.
#[derive(Debug, Clone)]
pub(crate) struct Canned {
    document: Bytes,
    requested: Arc<Mutex<Vec<String>>>,
}

impl Canned {
    pub(crate) fn publishing(document: &Value) -> Self {
        Self {
            document: document.to_string().into(),
            requested: Arc::default(),
        }
    }

    pub(crate) fn asked_for(&self, address: &str) -> bool {
        let requested = self.requested.lock().unwrap();
        requested.iter().any(|requested| requested == address)
    }
}

impl HttpClient for Canned {
    fn send(&self, request: Request<Bytes>, _: Limits) -> HttpFuture {
        let mut requested = self.requested.lock().unwrap();
        requested.push(request.uri().to_string());
        Box::pin(ready(Ok(Response::new(self.document.clone()))))
    }
}

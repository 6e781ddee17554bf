//! What a way of verifying costs: the calls that it makes.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::{body::Bytes, http::Request};
use portcullis::{ConfigError, HttpClient, HttpFuture, Limits, ReqwestClient};

/// How many calls to the authorization server were begun, all endpoints together. Clones count as
/// one.
#[derive(Debug, Clone, Default)]
pub(super) struct CallCounter(Arc<AtomicU64>);

impl CallCounter {
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The library's own HTTP client, with each call counted as it begins.
#[derive(Debug)]
pub(super) struct CountedClient {
    client: ReqwestClient,
    calls: CallCounter,
}

impl CountedClient {
    /// A client that counts with `calls`.
    pub(super) fn new(calls: &CallCounter) -> Result<Self, ConfigError> {
        Ok(Self {
            client: ReqwestClient::new()?,
            calls: calls.clone(),
        })
    }
}

impl HttpClient for CountedClient {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> HttpFuture {
        self.calls.0.fetch_add(1, Ordering::SeqCst);
        self.client.send(request, limits)
    }
}

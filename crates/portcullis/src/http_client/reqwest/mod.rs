mod builder;
mod client_certificate;
mod failure;

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use reqwest::Client;

pub use self::{builder::ReqwestClientBuilder, client_certificate::ClientCertificate};
use super::{HttpClient, HttpError, HttpFuture, Limits};
use crate::ConfigError;

/// The HTTP client that needs no set-up: one pool of connections, HTTP/1.1, TLS by rustls, no
/// redirects, no proxy from the environment, no compression, no retries of its own.
#[derive(Debug, Clone)]
pub struct ReqwestClient {
    client: Client,
    connect_timeout: Duration,
}

impl ReqwestClient {
    /// A client that trusts the certificate authorities of the operating system.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// A client with certificates, a proxy or a connect timeout of your own.
    pub fn builder() -> ReqwestClientBuilder {
        ReqwestClientBuilder::new()
    }
}

impl HttpClient for ReqwestClient {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> HttpFuture {
        let client = self.clone();
        Box::pin(async move {
            tokio::time::timeout(limits.deadline, exchange(client, request, limits.body))
                .await
                .unwrap_or(Err(HttpError::Timeout))
        })
    }
}

async fn exchange(
    client: ReqwestClient,
    request: Request<Bytes>,
    limit: usize,
) -> Result<Response<Bytes>, HttpError> {
    let ReqwestClient {
        client,
        connect_timeout,
    } = client;
    let before_answer = |error| failure::before_answer(&error, connect_timeout);
    let request = reqwest::Request::try_from(request).map_err(before_answer)?;
    let mut answer = client.execute(request).await.map_err(before_answer)?;
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    let mut body = BytesMut::new();
    while let Some(chunk) = answer
        .chunk()
        .await
        .map_err(|error| failure::within_answer(&error))?
    {
        if body.len() + chunk.len() > limit {
            return Err(HttpError::BodyTooLong { limit });
        }
        body.extend_from_slice(&chunk);
    }
    *response.body_mut() = body.freeze();
    Ok(response)
}

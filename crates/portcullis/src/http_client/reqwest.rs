use std::{error::Error, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use reqwest::{Client, ClientBuilder, redirect, retry};

use super::{HttpClient, HttpError, HttpFuture, Limits};
use crate::ConfigError;

/// The HTTP client that needs no set-up: one pool of connections, TLS by rustls, no redirects,
/// no proxy from the environment, no compression, no retries.
#[derive(Debug, Clone)]
pub struct ReqwestClient {
    client: Client,
}

impl ReqwestClient {
    const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

    /// A client that trusts the certificate authorities of the operating system.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new() -> Result<Self, ConfigError> {
        Self::configured(|builder| builder)
    }

    /// A client with settings of your own: certificates, a proxy, name resolution. What
    /// Portcullis relies on is set over them: no redirects, no compression, no retries, no
    /// referer. A proxy has to be named here; the environment is not asked.
    ///
    /// # Errors
    /// When the settings do not go together.
    pub fn configured(
        settings: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Result<Self, ConfigError> {
        settings(Client::builder().no_proxy())
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .connect_timeout(Self::CONNECT_TIMEOUT)
            .build()
            .map(|client| Self { client })
            .map_err(|error| {
                ConfigError::new(
                    "http_client",
                    innermost(&error),
                    "check the certificates and TLS settings of this machine",
                )
            })
    }
}

impl HttpClient for ReqwestClient {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> HttpFuture {
        let client = self.client.clone();
        Box::pin(async move {
            tokio::time::timeout(limits.deadline, exchange(client, request, limits.body))
                .await
                .unwrap_or(Err(HttpError::Timeout))
        })
    }
}

async fn exchange(
    client: Client,
    request: Request<Bytes>,
    limit: usize,
) -> Result<Response<Bytes>, HttpError> {
    let request = reqwest::Request::try_from(request).map_err(|error| failure(&error))?;
    let mut answer = client
        .execute(request)
        .await
        .map_err(|error| failure(&error))?;
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| failure(&error))? {
        if body.len() + chunk.len() > limit {
            return Err(HttpError::BodyTooLong { limit });
        }
        body.extend_from_slice(&chunk);
    }
    *response.body_mut() = body.freeze();
    Ok(response)
}

fn failure(error: &reqwest::Error) -> HttpError {
    if error.is_timeout() {
        HttpError::Timeout
    } else if error.is_body() || error.is_decode() {
        HttpError::Broken(innermost(error))
    } else {
        let cause = innermost(error);
        if cause.starts_with(BAD_CERTIFICATE) {
            report_bad_certificate(error, &cause);
        }
        HttpError::Unreachable(cause)
    }
}

/// What rustls says of a certificate that it does not accept.
const BAD_CERTIFICATE: &str = "invalid peer certificate";

/// Unlike an outage this does not pass by itself, and it may be somebody in the middle.
fn report_bad_certificate(error: &reqwest::Error, cause: &str) {
    let host = error.url().and_then(url::Url::host_str).unwrap_or_default();
    tracing::error!(
        target: "portcullis::http_client",
        host,
        "nothing is sent to the authorization server: {cause}; renew its certificate, or trust its authority by `ReqwestClient::configured`"
    );
}

/// The innermost cause, which says what is wrong; those around it repeat the address.
fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

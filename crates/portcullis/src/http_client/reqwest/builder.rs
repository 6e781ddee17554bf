use std::{fmt, time::Duration};

use reqwest::{Certificate, Client, Proxy, redirect, retry};

use super::{ClientCertificate, ReqwestClient, failure::innermost};
use crate::ConfigError;

/// Describes a [`ReqwestClient`].
#[derive(Clone)]
#[must_use]
pub struct ReqwestClientBuilder {
    roots: Vec<Vec<u8>>,
    certificate: Option<ClientCertificate>,
    proxy: Option<String>,
    connect_timeout: Duration,
}

impl ReqwestClientBuilder {
    const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
    /// Less than servers and balancers usually leave an idle connection open, so that few
    /// requests meet one that is closed.
    const IDLE: Duration = Duration::from_secs(20);

    pub(super) fn new() -> Self {
        Self {
            roots: Vec::new(),
            certificate: None,
            proxy: None,
            connect_timeout: Self::CONNECT_TIMEOUT,
        }
    }

    /// Trusts this certificate authority, in PEM, and no longer those of the operating system.
    /// A text with several trusts each of them; call it again for one more.
    pub fn root_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.roots.push(pem.as_ref().to_vec());
        self
    }

    /// Presents this certificate to every server that asks for one (RFC 8705). Use the client for
    /// one issuer only.
    pub fn client_certificate(mut self, certificate: ClientCertificate) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// Sends everything through this proxy, `http` or `https`. The environment is never asked for
    /// one.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// How long a connection may take to be made, TLS included; 2 seconds unless set, and never
    /// zero. It is part of the deadline of the call.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// When a certificate or the proxy's address cannot be used, the connect timeout is zero, or
    /// TLS cannot be set up.
    pub fn build(self) -> Result<ReqwestClient, ConfigError> {
        if self.connect_timeout.is_zero() {
            return Err(ConfigError::new(
                "connect_timeout",
                "no connection can be made in no time",
                "give it seconds; two are the default",
            ));
        }
        // Other crates of the same build may enable more of reqwest. What TLS is made of, and how
        // a connection dies (see `failure`), must not change by that.
        let mut client = Client::builder()
            .tls_backend_rustls()
            .http1_only()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .pool_idle_timeout(Self::IDLE)
            .connect_timeout(self.connect_timeout);
        if !self.roots.is_empty() {
            client = client.tls_certs_only(roots(&self.roots)?);
        }
        if let Some(certificate) = &self.certificate {
            client = client.identity(certificate.identity()?);
        }
        if let Some(url) = &self.proxy {
            client = client.proxy(proxy(url)?);
        }
        client
            .build()
            .map(|client| ReqwestClient {
                client,
                connect_timeout: self.connect_timeout,
            })
            .map_err(|error| {
                ConfigError::new(
                    "http_client",
                    innermost(&error),
                    "check the certificates and TLS settings of this machine, and that a client certificate goes with its key",
                )
            })
    }
}

fn roots(pems: &[Vec<u8>]) -> Result<Vec<Certificate>, ConfigError> {
    let refused = || {
        ConfigError::new(
            "root_certificate",
            "there is no certificate in it",
            "give the certificate of the authority in PEM: `-----BEGIN CERTIFICATE-----`",
        )
    };
    let mut all = Vec::new();
    for pem in pems {
        match Certificate::from_pem_bundle(pem) {
            Ok(certificates) if !certificates.is_empty() => all.extend(certificates),
            Ok(_) | Err(_) => return Err(refused()),
        }
    }
    Ok(all)
}

/// The address may hold a password: an error does not repeat it.
fn proxy(url: &str) -> Result<Proxy, ConfigError> {
    let refused = || {
        ConfigError::new(
            "proxy",
            "its address cannot be used",
            "give an absolute `http` or `https` URL",
        )
    };
    let parsed = url::Url::parse(url).map_err(|_| refused())?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(refused());
    }
    Proxy::all(parsed).map_err(|_| refused())
}

impl fmt::Debug for ReqwestClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestClientBuilder")
            .field("connect_timeout", &self.connect_timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connect_timeout_of_zero_fails_the_build() {
        let client = ReqwestClient::builder().connect_timeout(Duration::ZERO);
        assert_eq!(client.build().unwrap_err().setting(), "connect_timeout");
        let client = ReqwestClient::builder().connect_timeout(Duration::from_nanos(1));
        assert!(client.build().is_ok());
    }
}

mod client_cert;
mod xfcc;

use std::{fmt, sync::Arc};

use http::{HeaderMap, HeaderName};
use rustls_pki_types::CertificateDer;

use crate::{Reason, Rejection, RequestView, Thumbprint, authenticate::guarded};

/// The certificate that the client of a connection has shown and proven to hold: for whoever
/// accepts TLS connections to leave with each request that comes over one.
#[derive(Debug, Clone)]
pub struct PeerCertificate(pub CertificateDer<'static>);

/// From where the client certificate of a request is known, for tokens that are bound to one
/// (RFC 8705 §3).
#[derive(Clone)]
#[must_use]
pub struct CertificateSource {
    place: Place,
}

#[derive(Clone)]
enum Place {
    Connection,
    Header {
        kind: HeaderKind,
        is_trusted: Arc<dyn Fn(RequestView<'_>) -> bool + Send + Sync>,
    },
}

#[derive(Debug, Clone, Copy)]
enum HeaderKind {
    ClientCert,
    Xfcc,
}

impl CertificateSource {
    /// From the TLS connection that ends here: a [`PeerCertificate`] in the request's extensions.
    pub fn connection() -> Self {
        Self {
            place: Place::Connection,
        }
    }

    /// From a proxy that ends the TLS connection and hands the certificate on in `Client-Cert`
    /// (RFC 9440). `is_trusted` says whether a request comes from such a proxy, by who is connected
    /// (`portcullis_axum::from_addresses`), never by what the request says; from anybody else the
    /// header is taken off the request. The proxy has to replace what its clients send.
    pub fn client_cert_header(
        is_trusted: impl Fn(RequestView<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::header(HeaderKind::ClientCert, is_trusted)
    }

    /// The same with Envoy's `X-Forwarded-Client-Cert`, by its `Hash`. There has to be one element
    /// in it: let the proxy replace the header (`SANITIZE_SET`).
    pub fn forwarded_client_cert_header(
        is_trusted: impl Fn(RequestView<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::header(HeaderKind::Xfcc, is_trusted)
    }

    fn header(
        kind: HeaderKind,
        is_trusted: impl Fn(RequestView<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        let is_trusted = Arc::new(is_trusted);
        Self {
            place: Place::Header { kind, is_trusted },
        }
    }

    /// The thumbprint of the request's certificate; `None` where it has none.
    pub(crate) fn find(&self, request: RequestView<'_>) -> Result<Option<Thumbprint>, Rejection> {
        match &self.place {
            Place::Connection => {
                let certificate = request.extensions.get::<PeerCertificate>();
                Ok(certificate.map(|PeerCertificate(der)| Thumbprint::of(der)))
            }
            Place::Header { kind, is_trusted } if is_trusted(request) => kind.find(request.headers),
            Place::Header { .. } => Ok(None),
        }
    }

    /// The header that a request must not bring to the handler: it is not from a proxy that is
    /// trusted.
    pub(crate) fn untrusted_header(&self, request: RequestView<'_>) -> Option<HeaderName> {
        let Place::Header { kind, is_trusted } = &self.place else {
            return None;
        };
        let is_trusted = guarded("a certificate source panicked", || Ok(is_trusted(request)));
        (!is_trusted.unwrap_or(false)).then(|| kind.name())
    }
}

impl HeaderKind {
    const fn name(self) -> HeaderName {
        match self {
            Self::ClientCert => HeaderName::from_static("client-cert"),
            Self::Xfcc => HeaderName::from_static("x-forwarded-client-cert"),
        }
    }

    fn find(self, headers: &HeaderMap) -> Result<Option<Thumbprint>, Rejection> {
        let name = self.name();
        let mut values = headers.get_all(&name).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let thumbprint = match (self, values.next()) {
            (_, Some(_)) => None,
            (Self::ClientCert, None) => client_cert::thumbprint(value.as_bytes()),
            (Self::Xfcc, None) => xfcc::thumbprint(value.as_bytes()),
        };
        thumbprint.map(Some).ok_or_else(|| {
            Rejection::because(
                Reason::MalformedCertificate,
                format!("the trusted proxy's `{name}` is not one certificate; see that it replaces the header"),
            )
        })
    }
}

impl fmt::Debug for CertificateSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Connection => f.write_str("CertificateSource::connection"),
            Place::Header { kind, .. } => write!(f, "CertificateSource({kind:?})"),
        }
    }
}

//! What an error of reqwest means.

use std::{error::Error, io, time::Duration};

use crate::HttpError;

/// No answer came.
pub(super) fn before_answer(error: &reqwest::Error, connect_timeout: Duration) -> HttpError {
    let cause = innermost(error);
    if error.is_connect() && error.is_timeout() {
        return HttpError::Unreachable(format!("no connection within {connect_timeout:?}"));
    }
    if error.is_timeout() {
        return HttpError::Timeout;
    }
    if cause.starts_with(BAD_CERTIFICATE) {
        report_bad_certificate(error, &cause);
    } else if let Some(alert) = refused_certificate(&cause) {
        report_refused_certificate(error, alert);
    } else if !error.is_connect() {
        // Something came, and it was no answer: an endless head, or no HTTP at all.
        return if is_lost_connection(error) {
            HttpError::ConnectionLost(cause)
        } else {
            HttpError::Broken(cause)
        };
    }
    HttpError::Unreachable(cause)
}

/// An answer began, and its body cannot be had.
pub(super) fn within_answer(error: &reqwest::Error) -> HttpError {
    if error.is_timeout() {
        HttpError::Timeout
    } else {
        HttpError::Broken(innermost(error))
    }
}

/// Whether a connection that stood has died: closed, reset, or gone before the request could be
/// written.
fn is_lost_connection(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| {
        let by_http = cause.downcast_ref::<hyper::Error>().is_some_and(|error| {
            error.is_incomplete_message() || error.is_canceled() || error.is_closed()
        });
        let by_network = cause.downcast_ref::<io::Error>().is_some_and(|error| {
            matches!(
                error.kind(),
                io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::UnexpectedEof
            )
        });
        by_http || by_network
    })
}

/// What rustls says of a certificate that it does not accept.
const BAD_CERTIFICATE: &str = "invalid peer certificate";

/// Unlike an outage this does not pass by itself, and it may be somebody in the middle.
fn report_bad_certificate(error: &reqwest::Error, cause: &str) {
    tracing::error!(
        target: "portcullis::http_client",
        host = host(error),
        "nothing is sent to the authorization server: {cause}; renew its certificate, or trust its authority by `root_certificate(..)`"
    );
}

/// What rustls says when the server breaks off with an alert.
const ALERT: &str = "received fatal alert: ";

/// The alert by which a server refuses the certificate of its client, or misses it (RFC 8446
/// §6.2). In TLS 1.3 it comes after the client's handshake, in TLS 1.2 within it. An authority
/// that has changed its key and kept its name makes it `DecryptError`.
fn refused_certificate(cause: &str) -> Option<&str> {
    let alert = cause.strip_prefix(ALERT)?;
    let is_about_certificate = alert.contains("Certificate")
        || matches!(alert, "UnknownCA" | "AccessDenied" | "DecryptError");
    is_about_certificate.then_some(alert)
}

/// Like the server's own certificate it does not mend itself.
fn report_refused_certificate(error: &reqwest::Error, alert: &str) {
    let cure = if alert == "CertificateRequired" {
        "give a client certificate by `client_certificate(..)`"
    } else {
        "renew the client certificate, or have the server trust its authority"
    };
    tracing::error!(
        target: "portcullis::http_client",
        host = host(error),
        "the authorization server refuses the TLS of this client: {alert}; {cure}"
    );
}

fn host(error: &reqwest::Error) -> &str {
    error.url().and_then(url::Url::host_str).unwrap_or_default()
}

/// The innermost cause, which says what is wrong; those around it repeat the address.
pub(super) fn innermost(error: &reqwest::Error) -> String {
    causes(error)
        .last()
        .map_or_else(String::new, ToString::to_string)
}

/// An error and everything behind it, outermost first.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let outermost: &(dyn Error + 'static) = error;
    std::iter::successors(Some(outermost), |cause| (*cause).source())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;
    use tokio::net::TcpListener;

    use super::*;
    use crate::{HttpClient, Limits, ReqwestClient};

    #[tokio::test]
    async fn a_connection_that_takes_too_long_is_none() {
        // It takes connections and never shakes hands.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let timeout = Duration::from_millis(1);
        let client = ReqwestClient::builder().connect_timeout(timeout);
        let mut request = Request::new(Bytes::new());
        let address = format!("https://{}/", listener.local_addr().unwrap());
        *request.uri_mut() = address.parse().unwrap();
        let limits = Limits::new(Duration::from_secs(3600), 1024);
        let error = client.build().unwrap().send(request, limits).await;
        let expected = "no connection within 1ms".to_owned();
        assert_eq!(error.unwrap_err(), HttpError::Unreachable(expected));
    }
}

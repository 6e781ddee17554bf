//! Whether the server answers, and safely.

use std::time::Duration;

use portcullis::HttpError;
use tokio::{net::TcpStream, time::timeout};
use url::{Host, Url};

use crate::doctor::{finding::Finding, settings::Settings, witness::Exchange};

/// It answers.
pub(super) fn reached(seen: &[Exchange]) -> Finding {
    let host = seen.first().and_then(|first| authority(&first.url));
    let what = format!("{} answers", host.as_deref().unwrap_or("the server"));
    let took = seen.first().map_or(Duration::ZERO, |first| first.took);
    Finding::good("connection", what).took(took)
}

/// It does not.
pub(super) fn unreachable(error: &HttpError, seen: &[Exchange]) -> Finding {
    let host = seen.first().and_then(|first| authority(&first.url));
    let host = host.unwrap_or_default();
    let text = error.to_string();
    let (cause, cure) = match error {
        HttpError::Timeout => (
            "timeout",
            "see whether the server is up, and what is between it and here",
        ),
        HttpError::ConnectionLost(_) | HttpError::Broken(_) => (
            "no_http",
            "whatever listens there does not answer in HTTP: compare scheme and port; a server of https does this when it is spoken to by http",
        ),
        _ if text.contains("lookup") || text.contains("dns") => (
            "name_unknown",
            "compare the host's name, and see whether this machine can resolve it",
        ),
        _ if text.contains("refused") => (
            "connection_refused",
            "nobody listens there: compare host and port, and see whether the server is up",
        ),
        _ => (
            "unreachable",
            "see whether the server is up and can be reached from here",
        ),
    };
    let took = seen.first().map_or(Duration::ZERO, |first| first.took);
    Finding::unknown(
        "connection",
        cause,
        format!("{host} cannot be reached: {text}"),
    )
    .took(took)
    .cure(cure)
}

const TLS: &str = "tls";

/// Nothing is wrong with TLS.
pub(super) fn tls(settings: &Settings, seen: &[Exchange]) -> Finding {
    let finding = if is_https(settings) {
        Finding::good(TLS, "the server's certificate is trusted")
    } else {
        let what = "plain http: fine on this machine, and nowhere else";
        Finding::notable(TLS, "plain_http", what)
    };
    // The handshake is part of the first request.
    finding.took(seen.first().map_or(Duration::ZERO, |first| first.took))
}

fn is_https(settings: &Settings) -> bool {
    settings.base().starts_with("https:")
}

/// What is wrong with TLS, where that is what an error is about.
pub(super) async fn tls_failure(
    settings: &Settings,
    error: &HttpError,
    seen: &[Exchange],
) -> Option<Finding> {
    let HttpError::Unreachable(text) = error else {
        return None;
    };
    if !is_https(settings) {
        return None;
    }
    // The words are those of rustls.
    let (cause, cure) = if text.contains("invalid peer certificate") {
        let cause = if text.contains("xpired") || text.contains("not yet valid") {
            "certificate_out_of_date"
        } else if text.contains("not valid for name") || text.contains("NotValidForName") {
            "certificate_of_other_name"
        } else {
            "certificate_not_trusted"
        };
        (
            cause,
            "renew the server's certificate, or trust its authority: `root_certificate(..)`, here `--root-certificate FILE`; one that is in date and seems not to be tells that this machine's clock is off",
        )
    } else if text.contains("fatal alert") {
        (
            "tls_refused",
            "the server breaks off: it may want a client certificate, or an older TLS",
        )
    } else if text.contains("corrupt message") || is_listening(settings.base()).await {
        (
            "no_tls",
            "whatever listens there speaks no TLS: compare scheme and port, perhaps it is http",
        )
    } else {
        return None;
    };
    let what = format!("no secure connection: {text}");
    let took = seen.first().map_or(Duration::ZERO, |first| first.took);
    Some(Finding::wrong(TLS, cause, what).took(took).cure(cure))
}

/// Whether somebody takes connections there, who then says nothing that is TLS.
async fn is_listening(address: &str) -> bool {
    const PATIENCE: Duration = Duration::from_secs(2);
    let connecting = async {
        let url = Url::parse(address).ok()?;
        let port = url.port_or_known_default()?;
        match url.host()? {
            Host::Domain(name) => TcpStream::connect((name, port)).await,
            Host::Ipv4(address) => TcpStream::connect((address, port)).await,
            Host::Ipv6(address) => TcpStream::connect((address, port)).await,
        }
        .ok()
    };
    matches!(timeout(PATIENCE, connecting).await, Ok(Some(_)))
}

/// Host and port of an address.
fn authority(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

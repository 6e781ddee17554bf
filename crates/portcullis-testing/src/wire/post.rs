//! One POST to a receiver and its answer: what is pushed, goes out here.

use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, Uri, header};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use super::{
    body::read_body,
    head::{fields, lines, read_head},
};
use crate::{delivery::ReceiverAnswer, error::DeliveryError};

/// How long one delivery may take in all, in real time (that of tokio); Keycloak's own limit.
const DELIVERY_LIMIT: Duration = Duration::from_secs(5);

/// Sends a logout token, OpenID Connect Back-Channel Logout 1.0 section 2.5.
pub(crate) async fn post_logout_token(
    url: &str,
    token: &str,
) -> Result<ReceiverAnswer, DeliveryError> {
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("logout_token", token)
        .finish();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    post(url, &headers, &body).await
}

/// Sends a message of Keycloak's to this place below the admin URL of a client.
pub(crate) async fn post_admin_message(
    admin_url: &str,
    place: &str,
    message: &str,
) -> Result<ReceiverAnswer, DeliveryError> {
    let url = format!("{}/{place}", admin_url.trim_end_matches('/'));
    let headers = [("content-type", "text/plain; charset=ISO-8859-1")];
    post(&url, &headers, message).await
}

/// Sends a security event token, RFC 8935 section 2.
pub(crate) async fn post_security_event(
    url: &str,
    authorization: Option<&str>,
    token: &str,
) -> Result<ReceiverAnswer, DeliveryError> {
    let mut headers = vec![
        ("content-type", "application/secevent+jwt"),
        ("accept", "application/json"),
    ];
    headers.extend(authorization.map(|value| ("authorization", value)));
    post(url, &headers, token).await
}

/// Posts `body` to `url` with these headers, once and whatever the answer.
async fn post(
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<ReceiverAnswer, DeliveryError> {
    let target = Target::parse(url).ok_or_else(|| DeliveryError::Url {
        url: url.to_owned(),
    })?;
    let failed = |source| DeliveryError::Connection {
        url: url.to_owned(),
        source,
    };
    let exchange = async {
        let mut stream = TcpStream::connect(&target.address).await.map_err(failed)?;
        let request = request(&target, headers, body);
        stream.write_all(request.as_bytes()).await.map_err(failed)?;
        read_answer(&mut stream)
            .await
            .ok_or_else(|| DeliveryError::Answer {
                url: url.to_owned(),
            })
    };
    let limited = tokio::time::timeout(DELIVERY_LIMIT, exchange).await;
    limited.unwrap_or_else(|_| {
        Err(DeliveryError::Silence {
            url: url.to_owned(),
        })
    })
}

/// Whom to connect to, and what to ask for there.
struct Target {
    /// `host:port`.
    address: String,
    authority: String,
    path: String,
}

impl Target {
    fn parse(url: &str) -> Option<Self> {
        let url: Uri = url.parse().ok()?;
        let authority = url.authority()?;
        if url.scheme_str() != Some("http") || authority.as_str().contains('@') {
            return None;
        }
        let port = authority.port_u16().unwrap_or(80);
        Some(Self {
            address: format!("{}:{port}", authority.host()),
            authority: authority.to_string(),
            path: url
                .path_and_query()
                .map_or("/", http::uri::PathAndQuery::as_str)
                .to_owned(),
        })
    }
}

fn request(target: &Target, headers: &[(&str, &str)], body: &str) -> String {
    let Target {
        authority, path, ..
    } = target;
    let length = body.len();
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    format!(
        "POST {path} HTTP/1.1\r\nhost: {authority}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// `None` if what comes back is no answer, or a longer one than anybody reads.
async fn read_answer(stream: &mut TcpStream) -> Option<ReceiverAnswer> {
    let mut buffer = Vec::new();
    loop {
        let head = read_head(stream, &mut buffer).await.ok()?;
        let mut lines = lines(&head);
        let status = status(lines.next()?)?;
        let headers = fields(lines)?;
        if status.is_informational() {
            continue;
        }
        let has_body = !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let body = if has_body {
            let framing = (
                headers.get(header::TRANSFER_ENCODING),
                headers.get(header::CONTENT_LENGTH),
            );
            read_body(stream, buffer, framing).await?
        } else {
            Bytes::new()
        };
        return Some(ReceiverAnswer {
            status: status.as_u16(),
            headers,
            body,
        });
    }
}

/// The status of a line like `HTTP/1.1 200 OK`.
fn status(line: &[u8]) -> Option<StatusCode> {
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    words
        .next()
        .filter(|version| version.starts_with("HTTP/1."))?;
    StatusCode::from_bytes(words.next()?.as_bytes()).ok()
}

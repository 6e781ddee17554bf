//! One request after another off a connection.

use bytes::Bytes;
use http::{HeaderMap, Method, header};
use tokio::io::AsyncRead;

use super::head::{MAX_BODY, NoHead, fields, lines, read_head, read_more};
use crate::record::RecordedRequest;

/// A request, and whether the client wants to keep the connection.
pub(crate) struct Incoming {
    pub(crate) request: RecordedRequest,
    pub(crate) keep_alive: bool,
}

/// Why there is no request.
pub(crate) enum NoRequest {
    /// The client closed the connection.
    Closed,
    /// What arrived is answered with this status, and the connection closed.
    Refused(u16),
}

/// Reads the next request; `buffer` holds what arrived too early.
pub(crate) async fn read_request(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
) -> Result<Incoming, NoRequest> {
    let head = read_head(stream, buffer).await?;
    let (method, target, headers, keep_alive) = parse_head(&head).ok_or(NoRequest::Refused(400))?;
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(NoRequest::Refused(411));
    }
    let length = match headers.get(header::CONTENT_LENGTH) {
        None => 0,
        Some(value) => value
            .to_str()
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or(NoRequest::Refused(400))?,
    };
    if length > MAX_BODY {
        return Err(NoRequest::Refused(413));
    }
    while buffer.len() < length {
        read_more(stream, buffer).await?;
    }
    let rest = buffer.split_off(length);
    let body = Bytes::from(std::mem::replace(buffer, rest));
    Ok(Incoming {
        request: RecordedRequest::new(method, target, headers, body),
        keep_alive,
    })
}

impl From<NoHead> for NoRequest {
    fn from(reason: NoHead) -> Self {
        match reason {
            NoHead::Closed => Self::Closed,
            NoHead::TooLong => Self::Refused(431),
        }
    }
}

fn parse_head(head: &[u8]) -> Option<(Method, String, HeaderMap, bool)> {
    let mut lines = lines(head);
    let request_line = std::str::from_utf8(lines.next()?).ok()?;
    let mut words = request_line.split(' ');
    let method = Method::from_bytes(words.next()?.as_bytes()).ok()?;
    let target = words.next()?.to_owned();
    let version = words
        .next()
        .filter(|version| version.starts_with("HTTP/1."))?;
    let headers = fields(lines)?;
    let close = headers
        .get(header::CONNECTION)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"));
    Some((method, target, headers, version == "HTTP/1.1" && !close))
}

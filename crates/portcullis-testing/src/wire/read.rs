//! One request after another off a connection.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::record::RecordedRequest;

const MAX_HEAD: usize = 64 * 1024;
const MAX_BODY: usize = 1024 * 1024;

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
    let head_length = loop {
        if let Some(position) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break position + 4;
        }
        if buffer.len() > MAX_HEAD {
            return Err(NoRequest::Refused(431));
        }
        read_more(stream, buffer).await?;
    };
    let body = buffer.split_off(head_length);
    let head = std::mem::replace(buffer, body);
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

async fn read_more(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
) -> Result<(), NoRequest> {
    match stream.read_buf(buffer).await {
        Ok(0) | Err(_) => Err(NoRequest::Closed),
        Ok(_) => Ok(()),
    }
}

fn parse_head(head: &[u8]) -> Option<(Method, String, HeaderMap, bool)> {
    let mut lines = head
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let request_line = std::str::from_utf8(lines.next()?).ok()?;
    let mut words = request_line.split(' ');
    let method = Method::from_bytes(words.next()?.as_bytes()).ok()?;
    let target = words.next()?.to_owned();
    let version = words
        .next()
        .filter(|version| version.starts_with("HTTP/1."))?;
    let mut headers = HeaderMap::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at_checked(colon)?;
        let value = value.strip_prefix(b":")?.trim_ascii();
        headers.append(
            HeaderName::from_bytes(name).ok()?,
            HeaderValue::from_bytes(value).ok()?,
        );
    }
    let close = headers
        .get(header::CONNECTION)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"));
    Some((method, target, headers, version == "HTTP/1.1" && !close))
}

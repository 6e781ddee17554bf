//! The head of a message, a request's or an answer's, RFC 9112 sections 2 to 5.

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncRead, AsyncReadExt as _};

const MAX_HEAD: usize = 64 * 1024;

/// The longest body that is read.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// Why there is no head.
pub(crate) enum NoHead {
    /// The connection ended first.
    Closed,
    /// It did not end where every sensible head has ended.
    TooLong,
}

/// Reads up to and with the empty line; `buffer` holds what arrived too early.
pub(crate) async fn read_head(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
) -> Result<Vec<u8>, NoHead> {
    let length = loop {
        if let Some(position) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break position + 4;
        }
        if buffer.len() > MAX_HEAD {
            return Err(NoHead::TooLong);
        }
        read_more(stream, buffer).await?;
    };
    let rest = buffer.split_off(length);
    Ok(std::mem::replace(buffer, rest))
}

/// Reads what has arrived, at least one byte.
pub(crate) async fn read_more(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
) -> Result<(), NoHead> {
    match stream.read_buf(buffer).await {
        Ok(0) | Err(_) => Err(NoHead::Closed),
        Ok(_) => Ok(()),
    }
}

/// The lines of a head without their ends; the first is the request's or the status line.
pub(crate) fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// The header fields on these lines; `None` if one of them is none.
pub(crate) fn fields<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Option<HeaderMap> {
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
    Some(headers)
}

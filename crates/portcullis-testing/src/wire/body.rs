//! The body of an answer, however its end is told, RFC 9112 section 6.

use bytes::Bytes;
use http::HeaderValue;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::head::{MAX_BODY, read_more};

/// The body behind a head with these values of `Transfer-Encoding` and `Content-Length`; `buffer`
/// holds what arrived with the head. `None` if it breaks off, contradicts itself or is too long.
pub(crate) async fn read_body(
    stream: &mut (impl AsyncRead + Unpin),
    mut buffer: Vec<u8>,
    framing: (Option<&HeaderValue>, Option<&HeaderValue>),
) -> Option<Bytes> {
    match framing {
        (Some(_), _) => loop {
            if let Chunks::Whole(body) = chunks(&buffer)? {
                return Some(Bytes::from(body));
            }
            grow(stream, &mut buffer).await?;
        },
        (None, Some(length)) => {
            let length: usize = length.to_str().ok()?.parse().ok()?;
            while buffer.len() < length {
                grow(stream, &mut buffer).await?;
            }
            buffer.truncate(length);
            Some(Bytes::from(buffer))
        }
        (None, None) => {
            let limit = u64::try_from(MAX_BODY).ok()?;
            stream.take(limit + 1).read_to_end(&mut buffer).await.ok()?;
            (buffer.len() <= MAX_BODY).then(|| Bytes::from(buffer))
        }
    }
}

async fn grow(stream: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> Option<()> {
    if buffer.len() > MAX_BODY {
        return None;
    }
    read_more(stream, buffer).await.ok()
}

/// What a chunked body has come to.
enum Chunks {
    Whole(Vec<u8>),
    Unfinished,
}

/// The body in these chunks without trailers; `None` if they are none.
fn chunks(mut rest: &[u8]) -> Option<Chunks> {
    let mut body = Vec::new();
    loop {
        let Some(end) = rest.windows(2).position(|window| window == b"\r\n") else {
            return Some(Chunks::Unfinished);
        };
        let (line, behind) = rest.split_at_checked(end)?;
        let size = std::str::from_utf8(line).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(Chunks::Whole(body));
        }
        let data = behind.strip_prefix(b"\r\n")?;
        let Some((chunk, behind)) = data.split_at_checked(size) else {
            return Some(Chunks::Unfinished);
        };
        body.extend_from_slice(chunk);
        match behind.strip_prefix(b"\r\n") {
            Some(next) => rest = next,
            None if behind.len() < 2 => return Some(Chunks::Unfinished),
            None => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &str, transfer: Option<&str>, length: Option<&str>) -> Option<Bytes> {
        let value = |text: &str| HeaderValue::from_str(text).unwrap();
        let (transfer, length) = (transfer.map(value), length.map(value));
        let framing = (transfer.as_ref(), length.as_ref());
        read_body(&mut bytes.as_bytes(), Vec::new(), framing).await
    }

    #[tokio::test]
    async fn a_body_ends_by_its_length_its_last_chunk_or_the_connection() {
        let body = Some(Bytes::from_static(b"no such session"));
        let chunked = "3\r\nno \r\nC;a=b\r\nsuch session\r\n0\r\n\r\n";
        assert_eq!(read(chunked, Some("chunked"), None).await, body);
        assert_eq!(read("no such session, HTTP", None, Some("15")).await, body);
        assert_eq!(read("no such session", None, None).await, body);
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_or_contradicts_itself_is_none() {
        for chunked in [
            "",
            "3\r\nno",
            "3\r\nno \r\n",
            "3\r\nno such\r\n0\r\n\r\n",
            "x\r\n",
        ] {
            assert_eq!(
                read(chunked, Some("chunked"), None).await,
                None,
                "{chunked}"
            );
        }
        assert_eq!(read("no such", None, Some("15")).await, None);
        assert_eq!(read("no such", None, Some("all")).await, None);
    }

    #[tokio::test]
    async fn a_body_without_end_is_none() {
        let endless = || tokio::io::repeat(b'7');
        let (chunked, long) = (
            HeaderValue::from_static("chunked"),
            HeaderValue::from(1 << 30),
        );
        for framing in [(None, None), (Some(&chunked), None), (None, Some(&long))] {
            assert_eq!(read_body(&mut endless(), Vec::new(), framing).await, None);
        }
    }
}

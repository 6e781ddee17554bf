//! One answer onto a connection, whole or broken as the fault says.

use std::{fmt::Write as _, io};

use http::StatusCode;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use crate::{answer::Answer, fault::Delivery};

/// What the body is followed by in an endless answer.
const SPACES: &[u8] = &[b' '; 16 * 1024];

/// What is written, and what of it is left out.
pub(crate) struct Outgoing {
    pub(crate) answer: Answer,
    pub(crate) delivery: Delivery,
    /// The answer to a HEAD has the length of the body and no body.
    pub(crate) head_only: bool,
    pub(crate) close: bool,
}

/// Whether the connection can be used for another request.
pub(crate) async fn write_answer(
    stream: &mut (impl AsyncWrite + Unpin),
    outgoing: &Outgoing,
) -> io::Result<bool> {
    let Outgoing {
        answer,
        delivery,
        head_only,
        close,
    } = outgoing;
    let body = if *head_only {
        &[]
    } else {
        answer.body.as_slice()
    };
    match *delivery {
        Delivery::Whole => {
            let mut bytes = head(answer, Length::Known(answer.body.len()), *close);
            bytes.extend_from_slice(body);
            stream.write_all(&bytes).await?;
            Ok(!close)
        }
        Delivery::Never | Delivery::DropBefore => Ok(false),
        Delivery::DropMidway => {
            let mut bytes = head(answer, Length::Known(answer.body.len().max(1)), true);
            bytes.extend_from_slice(body.get(..body.len() / 2).unwrap_or_default());
            stream.write_all(&bytes).await?;
            Ok(false)
        }
        Delivery::ContentLength(length) => {
            let mut bytes = head(answer, Length::Known(length), true);
            bytes.extend_from_slice(body);
            stream.write_all(&bytes).await?;
            Ok(false)
        }
        Delivery::SlowBody(interval) => {
            stream
                .write_all(&head(answer, Length::Known(answer.body.len()), *close))
                .await?;
            for byte in body {
                tokio::time::sleep(interval).await;
                stream.write_all(&[*byte]).await?;
            }
            Ok(!close)
        }
        Delivery::EndlessBody => {
            stream
                .write_all(&head(answer, Length::Chunked, true))
                .await?;
            if !body.is_empty() {
                write_chunk(stream, body).await?;
            }
            loop {
                write_chunk(stream, SPACES).await?;
                // A client on the same thread has to get its turn to give up.
                tokio::task::yield_now().await;
            }
        }
    }
}

async fn write_chunk(stream: &mut (impl AsyncWrite + Unpin), chunk: &[u8]) -> io::Result<()> {
    stream
        .write_all(format!("{:x}\r\n", chunk.len()).as_bytes())
        .await?;
    stream.write_all(chunk).await?;
    stream.write_all(b"\r\n").await
}

#[derive(Clone, Copy)]
enum Length {
    Known(usize),
    Chunked,
}

fn head(answer: &Answer, length: Length, close: bool) -> Vec<u8> {
    let reason = StatusCode::from_u16(answer.status)
        .ok()
        .and_then(|status| status.canonical_reason());
    let mut head = format!(
        "HTTP/1.1 {} {}\r\n",
        answer.status,
        reason.unwrap_or("Unnamed")
    );
    for (name, value) in &answer.headers {
        // Writing to a string never fails.
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let framed = answer.has_header("content-length") || answer.has_header("transfer-encoding");
    let _ = match length {
        Length::Chunked => write!(head, "transfer-encoding: chunked\r\n"),
        // RFC 9110 section 8.6: these have no body and no length.
        Length::Known(_) if framed || answer.status < 200 || matches!(answer.status, 204 | 304) => {
            Ok(())
        }
        Length::Known(length) => write!(head, "content-length: {length}\r\n"),
    };
    if close {
        head.push_str("connection: close\r\n");
    }
    head.push_str("\r\n");
    head.into_bytes()
}

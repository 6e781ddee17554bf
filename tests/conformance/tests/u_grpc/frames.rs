//! HTTP/2 by hand, as far as it takes to see which frames a response is made of (RFC 9113 §4.1).

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const STREAM: u32 = 1;

/// A frame of the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    /// HEADERS, and whether it has `END_STREAM`.
    Headers { ends: bool },
    /// DATA, and whether it has `END_STREAM`.
    Data { ends: bool },
}

impl Frame {
    fn ends(self) -> bool {
        match self {
            Self::Headers { ends } | Self::Data { ends } => ends,
        }
    }
}

/// Posts without a body over a connection of its own, and tells the frames of the response.
pub(crate) async fn response_frames(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
) -> Vec<Frame> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut opening = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    opening.extend(frame(SETTINGS, 0, 0, &[]));
    let authority = address.to_string();
    let pseudo = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", &authority),
    ];
    let block: Vec<u8> = pseudo.iter().chain(headers).flat_map(literal).collect();
    opening.extend(frame(HEADERS, END_STREAM | END_HEADERS, STREAM, &block));
    stream.write_all(&opening).await.unwrap();
    let mut frames = Vec::new();
    while !frames.last().is_some_and(|last: &Frame| last.ends()) {
        let (kind, flags, id) = read_frame(&mut stream).await;
        let ends = flags & END_STREAM != 0;
        match kind {
            HEADERS if id == STREAM => frames.push(Frame::Headers { ends }),
            DATA if id == STREAM => frames.push(Frame::Data { ends }),
            CONTINUATION => assert_ne!(id, STREAM, "these few headers fit into one frame"),
            _ => {}
        }
    }
    frames
}

/// A header field as HPACK's literal without indexing, name and value without Huffman coding
/// (RFC 7541 §6.2.2).
fn literal((name, value): &(&str, &str)) -> Vec<u8> {
    let mut field = vec![0];
    for text in [name, value] {
        // Longer ones than 126 bytes would need an integer of several bytes.
        field.push(
            u8::try_from(text.len())
                .ok()
                .filter(|length| *length < 127)
                .unwrap(),
        );
        field.extend(text.as_bytes());
    }
    field
}

fn frame(kind: u8, flags: u8, id: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length.to_vec();
    frame.remove(0);
    frame.extend([kind, flags]);
    frame.extend(id.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Kind, flags and stream of the next frame.
async fn read_frame(stream: &mut TcpStream) -> (u8, u8, u32) {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.unwrap();
    let [a, b, c, kind, flags, id @ ..] = head;
    let length = u32::from_be_bytes([0, a, b, c]);
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut payload).await.unwrap();
    (kind, flags, u32::from_be_bytes(id))
}

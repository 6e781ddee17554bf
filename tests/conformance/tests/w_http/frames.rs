//! HTTP/2 by hand, for what a client library would tidy up.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use portcullis_conformance::Wire;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0x0;
const HEADERS: u8 = 0x1;
const RST_STREAM: u8 = 0x3;
const SETTINGS: u8 = 0x4;
const GOAWAY: u8 = 0x7;
const CONTINUATION: u8 = 0x9;
const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was answered with this body.
    Answered(String),
    /// The server refused to understand it.
    Reset,
}

/// `GET /` with these fields, their block cut at these places into HEADERS and CONTINUATIONs.
pub(crate) async fn get(wire: &Wire, fields: &[(&str, &str)], cuts: &[usize]) -> Fate {
    let block = field_block(fields);
    let mut sent = PREFACE.to_vec();
    sent.extend(frame(SETTINGS, 0, 0, &[]));
    let mut starts = vec![0];
    starts.extend(cuts);
    let mut kind = HEADERS;
    for (index, start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(block.len());
        let is_last = index + 1 == starts.len();
        let mut flags = if is_last { END_HEADERS } else { 0 };
        if kind == HEADERS {
            flags |= END_STREAM;
        }
        sent.extend(frame(kind, flags, 1, block.get(*start..end).unwrap()));
        kind = CONTINUATION;
    }
    let mut stream = TcpStream::connect(wire.address).await.unwrap();
    stream.write_all(&sent).await.unwrap();
    answer(&mut stream).await
}

/// Where a value begins and ends in the block, so that it can be cut inside.
pub(crate) fn place_of(fields: &[(&str, &str)], value: &str) -> usize {
    let block = field_block(fields);
    let mut windows = block.windows(value.len());
    windows.position(|part| part == value.as_bytes()).unwrap()
}

async fn answer(stream: &mut TcpStream) -> Fate {
    let mut body = Vec::new();
    loop {
        let mut head = [0; 9];
        if stream.read_exact(&mut head).await.is_err() {
            return Fate::Reset;
        }
        let [a, b, c, kind, flags, ..] = head;
        let mut payload = vec![0; usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c)];
        stream.read_exact(&mut payload).await.unwrap();
        match kind {
            DATA => body.extend(payload),
            RST_STREAM | GOAWAY => return Fate::Reset,
            _ => {}
        }
        if matches!(kind, DATA | HEADERS) && flags & END_STREAM != 0 {
            return Fate::Answered(String::from_utf8(body).unwrap());
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length.to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// HPACK without compression: three indexed pseudo-fields, everything else literal.
fn field_block(fields: &[(&str, &str)]) -> Vec<u8> {
    const GET: u8 = 0x82;
    const ROOT: u8 = 0x84;
    const HTTP: u8 = 0x86;
    let mut block = vec![GET, ROOT, HTTP];
    for (name, value) in [(":authority", "api")].iter().chain(fields) {
        block.push(0);
        write_text(&mut block, name);
        write_text(&mut block, value);
    }
    block
}

/// A string of RFC 7541 §5.2, its length with a prefix of 7 bits.
fn write_text(block: &mut Vec<u8>, text: &str) {
    match text.len().checked_sub(127) {
        None => block.push(u8::try_from(text.len()).unwrap()),
        Some(mut rest) => {
            block.push(127);
            while rest >= 128 {
                block.push(u8::try_from(rest % 128).unwrap() | 128);
                rest /= 128;
            }
            block.push(u8::try_from(rest).unwrap());
        }
    }
    block.extend_from_slice(text.as_bytes());
}

//! Requests letter by letter.

use std::{io, time::Duration};

use portcullis_real_servers::SuiteError;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

use crate::Reached;

const LIMIT: Duration = Duration::from_secs(30);

/// A connection for many requests, one after the other. It comes back by itself where the server has
/// closed it between two of them, which it may.
#[derive(Debug)]
pub struct Kept {
    port: u16,
    stream: Option<BufReader<TcpStream>>,
}

/// Sends what it is given, on a connection for each request.
#[derive(Debug, Clone, Copy)]
pub struct Wire {
    port: u16,
    host: &'static str,
}

/// What requests are to.
const HOST: &str = "api.example";

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Wire {
    /// To this port of this machine.
    #[must_use]
    pub const fn to(port: u16) -> Self {
        Self { port, host: HOST }
    }

    /// The same under this host, if not `api.example`.
    #[must_use]
    pub const fn host(self, host: &'static str) -> Self {
        Self { host, ..self }
    }

    /// A request of this line (`GET /`) and these headers, and the reply to it.
    ///
    /// # Errors
    /// When there is no whole reply.
    pub async fn send(&self, line: &str, headers: &[(&str, &str)]) -> Result<Reply, SuiteError> {
        self.send_with(line, headers, "").await
    }

    /// The same with a body.
    ///
    /// # Errors
    /// When there is no whole reply.
    pub async fn send_with(
        &self,
        line: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Reply, SuiteError> {
        let host = self.host;
        let mut text = format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        text.push_str(body);
        let exchange = async {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
            stream.write_all(text.as_bytes()).await?;
            let mut reply = Vec::new();
            stream.read_to_end(&mut reply).await?;
            Ok(reply)
        };
        let exchange = timeout(LIMIT, exchange).await;
        let failed = |source: io::Error| SuiteError::File {
            doing: format!("sending {line:?} to 127.0.0.1:{}", self.port),
            source,
        };
        let reply = exchange
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(failed)?;
        Reply::parse(&String::from_utf8_lossy(&reply))
            .ok_or_else(|| failed(io::ErrorKind::InvalidData.into()))
    }
}

impl Kept {
    /// To this port of this machine.
    #[must_use]
    pub const fn to(port: u16) -> Self {
        Self { port, stream: None }
    }

    /// The status of the reply to `GET` of a path with a bearer token.
    ///
    /// # Errors
    /// When there is no whole reply.
    pub async fn get(&mut self, path: &str, token: &str) -> io::Result<u16> {
        let text =
            format!("GET {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token}\r\n\r\n");
        let exchange = timeout(LIMIT, self.exchange(&text)).await;
        let status = exchange.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        if status.is_err() {
            self.stream = None;
        }
        status
    }

    async fn exchange(&mut self, text: &str) -> io::Result<u16> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => {
                let stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
                stream.set_nodelay(true)?;
                none.insert(BufReader::new(stream))
            }
        };
        stream.write_all(text.as_bytes()).await?;
        let (mut status, mut length, mut closes) = (None, 0, false);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest.get(..3).and_then(|status| status.parse().ok());
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().map_err(|_| io::ErrorKind::InvalidData)?;
            }
            closes |= line == "connection: close";
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        if closes {
            self.stream = None;
        }
        status.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

impl Reply {
    fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let is_chunked = headers.iter().any(|(name, _)| name == "transfer-encoding");
        Some(Self {
            status,
            body: if is_chunked {
                joined(body)?
            } else {
                body.to_owned()
            },
            headers,
        })
    }

    /// The one value of a header.
    #[must_use]
    pub fn only(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(own, _)| own == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }

    /// What reached the upstream, where it answered.
    #[must_use]
    pub fn reached(&self) -> Option<Reached> {
        serde_json::from_str(&self.body).ok()
    }
}

/// The chunks of a body put together (RFC 9112 §7.1).
fn joined(mut body: &str) -> Option<String> {
    let mut whole = String::new();
    loop {
        let (length, rest) = body.split_once("\r\n")?;
        let length = usize::from_str_radix(length.trim(), 16).ok()?;
        if length == 0 {
            return Some(whole);
        }
        whole.push_str(rest.get(..length)?);
        body = rest.get(length..)?.strip_prefix("\r\n")?;
    }
}

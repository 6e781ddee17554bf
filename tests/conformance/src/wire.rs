use std::net::SocketAddr;

use axum::Router;
use bytes::Bytes;
use h2::client::SendRequest;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::Reply;

/// A router behind a real port, for what calls inside the process would hide.
#[derive(Debug)]
pub struct Wire {
    /// Where it listens.
    pub address: SocketAddr,
}

impl Wire {
    /// Serves the router over HTTP/1.1 and HTTP/2 for as long as the test runs.
    pub async fn serve(router: Router) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address }
    }

    /// Sends these bytes and reads until the server closes: the request has to ask for that
    /// (`Connection: close`).
    pub async fn exchange(&self, request: impl AsRef<[u8]>) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_ref()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        answer
    }

    /// The same, with the answer read as one HTTP/1.1 response.
    pub async fn ask(&self, request: impl AsRef<[u8]>) -> Reply {
        read_response(&self.exchange(request).await)
    }

    /// An HTTP/2 connection.
    pub async fn http2(&self) -> SendRequest<Bytes> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (client, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        client.ready().await.unwrap()
    }

    /// One request over HTTP/2, on a connection of its own, with its whole body at once.
    pub async fn ask_http2(&self, request: http::Request<Bytes>) -> Reply {
        let mut client = self.http2().await;
        let (parts, body) = request.into_parts();
        let request = http::Request::from_parts(parts, ());
        let (response, mut sending) = client.send_request(request, false).unwrap();
        // The server may answer, and reset the stream, before it has seen the body.
        let _ = sending.send_data(body, true);
        let (parts, mut incoming) = response.await.unwrap().into_parts();
        let mut body = Vec::new();
        while let Some(chunk) = incoming.data().await {
            body.extend_from_slice(&chunk.unwrap());
        }
        Reply {
            status: parts.status,
            headers: parts.headers,
            body: body.into(),
        }
    }
}

/// Reads an HTTP/1.1 response whose body ends with the connection.
fn read_response(answer: &[u8]) -> Reply {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        let name: HeaderName = name.parse().unwrap();
        headers.append(name, HeaderValue::from_str(value.trim()).unwrap());
    }
    Reply {
        status: status.parse::<StatusCode>().unwrap(),
        headers,
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

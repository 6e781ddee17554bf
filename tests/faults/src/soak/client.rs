use std::{net::Ipv4Addr, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

/// Longer than any answer may take.
const LIMIT: Duration = Duration::from_secs(20);

/// One connection at a time to a replica, which is made anew when it is gone.
#[derive(Debug)]
pub(super) struct Connection {
    port: u16,
    host: String,
    open: Option<SendRequest<Empty<Bytes>>>,
}

impl Connection {
    pub(super) fn to(port: u16) -> Self {
        Self {
            port,
            host: format!("127.0.0.1:{port}"),
            open: None,
        }
    }

    /// The status of `GET path`; `None` if there is no answer. A connection that turns out to be closed is no
    /// answer of anybody: it is made anew, once.
    pub(super) async fn get(
        &mut self,
        path: &'static str,
        authorization: &HeaderValue,
    ) -> Option<StatusCode> {
        let was_open = self.open.is_some();
        match timeout(LIMIT, self.attempt(path, authorization)).await {
            Ok(Some(status)) => Some(status),
            Ok(None) if was_open => timeout(LIMIT, self.attempt(path, authorization))
                .await
                .ok()
                .flatten(),
            _ => None,
        }
    }

    async fn attempt(
        &mut self,
        path: &'static str,
        authorization: &HeaderValue,
    ) -> Option<StatusCode> {
        // Kept only if all goes well.
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.connect().await?,
        };
        open.ready().await.ok()?;
        let request = Request::get(path)
            .header(header::HOST, &self.host)
            .header(header::AUTHORIZATION, authorization)
            .body(Empty::new())
            .ok()?;
        let response = open.send_request(request).await.ok()?;
        let status = response.status();
        response.into_body().collect().await.ok()?;
        self.open = Some(open);
        Some(status)
    }

    async fn connect(&self) -> Option<SendRequest<Empty<Bytes>>> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await;
        let stream = stream.ok()?;
        // Where it cannot be set, requests are slower.
        let _ = stream.set_nodelay(true);
        let (open, connection) = handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        Some(open)
    }
}

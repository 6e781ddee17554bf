//! Connections in memory, on a clock that goes on by itself whenever nobody has anything to do.
#![cfg(test)]

#[path = "../src/serve.rs"]
mod serve;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, routing::get, serve::Listener};
use bytes::Bytes;
use h2::client::SendRequest;
use http::{Request, StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    sync::{Notify, mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

use crate::serve::{AGE, DRAIN, GRACE, PATIENCE, PLACES, serve};

const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 4000);

/// Accepts what comes out of a channel.
struct Pipes(mpsc::UnboundedReceiver<DuplexStream>);

impl Listener for Pipes {
    type Io = DuplexStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (DuplexStream, SocketAddr) {
        match self.0.recv().await {
            Some(stream) => (stream, PEER),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(PEER)
    }
}

struct World {
    connections: mpsc::UnboundedSender<DuplexStream>,
    close: oneshot::Sender<()>,
    serving: JoinHandle<()>,
    /// Answers `/slowly`.
    go_on: Arc<Notify>,
}

/// A client and its connection, which ends with what it came to.
struct Client {
    calls: SendRequest<Bytes>,
    connection: JoinHandle<Result<(), h2::Error>>,
}

impl World {
    fn start() -> Self {
        let go_on = Arc::new(Notify::new());
        let slowly = {
            let go_on = go_on.clone();
            move || async move { go_on.notified().await }
        };
        let router = Router::new()
            .route("/", get(|| async {}))
            .route("/slowly", get(slowly));
        let (connections, accepted) = mpsc::unbounded_channel();
        let (close, closed) = oneshot::channel::<()>();
        let closed = async { drop(closed.await) };
        Self {
            connections,
            close,
            serving: tokio::spawn(serve(Pipes(accepted), router, closed)),
            go_on,
        }
    }

    fn connect(&self) -> DuplexStream {
        let (ours, theirs) = duplex(64 * 1024);
        self.connections.send(theirs).unwrap();
        ours
    }

    async fn client(&self) -> Client {
        let (calls, connection) = h2::client::handshake(self.connect()).await.unwrap();
        Client {
            calls,
            connection: tokio::spawn(connection),
        }
    }
}

impl Client {
    async fn call(&self, path: &str) -> Result<StatusCode, h2::Error> {
        let mut calls = self.calls.clone().ready().await?;
        let request = Request::get(format!("http://api{path}")).body(());
        let (answer, _) = calls.send_request(request.unwrap(), true)?;
        Ok(answer.await?.status())
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_waited_for_for_ever() {
    let world = World::start();
    let beginnings: [&[u8]; 5] = [
        b"",
        b"P",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nhost: api\r\nx: ",
    ];
    for beginning in beginnings {
        let mut stream = world.connect();
        stream.write_all(beginning).await.unwrap();
        let mut answer = Vec::new();
        let closed = timeout(2 * PATIENCE, stream.read_to_end(&mut answer)).await;
        assert!(closed.is_ok(), "{}", beginning.escape_ascii());
    }
    // Nor is a client that is there, and calls for nothing.
    let client = world.client().await;
    let closed = timeout(2 * PATIENCE, client.connection).await;
    assert!(closed.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_has_called_may_be_idle() {
    let world = World::start();
    let client = world.client().await;
    for _ in 0..3 {
        assert_eq!(client.call("/").await.unwrap(), StatusCode::OK);
        sleep(3 * PATIENCE).await;
    }
    let mut http1 = world.connect();
    let request = b"GET / HTTP/1.1\r\nhost: api\r\nconnection: close\r\n\r\n";
    http1.write_all(request).await.unwrap();
    let mut answer = String::new();
    http1.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

/// A client goes on over another connection, and what it has called for is answered.
#[tokio::test(start_paused = true)]
async fn an_old_connection_ends_with_its_calls() {
    let world = World::start();
    let client = world.client().await;
    let slowly = async {
        sleep(AGE + GRACE / 2).await;
        world.go_on.notify_one();
    };
    let (answered, ()) = tokio::join!(client.call("/slowly"), slowly);
    assert_eq!(answered.unwrap(), StatusCode::OK);
    let closed = timeout(Duration::from_secs(1), client.connection).await;
    closed.unwrap().unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_call_keeps_a_connection_for_ever() {
    let world = World::start();
    let client = world.client().await;
    let started = Instant::now();
    let cut_off = timeout(2 * (AGE + GRACE), client.call("/slowly")).await;
    assert!(cut_off.unwrap().is_err());
    assert!(started.elapsed() >= AGE + GRACE);
}

#[tokio::test(start_paused = true)]
async fn there_are_so_many_connections_and_no_more() {
    for (silent, waits) in [(PLACES - 1, false), (PLACES, true)] {
        let world = World::start();
        let _silent: Vec<_> = (0..silent).map(|_| world.connect()).collect();
        let started = Instant::now();
        let client = world.client().await;
        assert_eq!(client.call("/").await.unwrap(), StatusCode::OK);
        assert_eq!(started.elapsed() >= PATIENCE, waits);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_has_called_is_answered_at_the_end() {
    let world = World::start();
    let client = world.client().await;
    assert_eq!(client.call("/").await.unwrap(), StatusCode::OK);
    let call = tokio::spawn(async move { client.call("/slowly").await });
    sleep(Duration::from_secs(1)).await;
    world.close.send(()).unwrap();
    // The listener is gone, with what it would have accepted.
    world.connections.closed().await;
    assert!(!world.serving.is_finished());
    world.go_on.notify_one();
    assert_eq!(call.await.unwrap().unwrap(), StatusCode::OK);
    world.serving.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_end_waits_for_nobody_for_ever() {
    let world = World::start();
    let client = world.client().await;
    let call = tokio::spawn(async move { client.call("/slowly").await });
    sleep(Duration::from_secs(1)).await;
    let started = Instant::now();
    world.close.send(()).unwrap();
    world.serving.await.unwrap();
    assert!(started.elapsed() <= 2 * DRAIN);
    drop(call);
}

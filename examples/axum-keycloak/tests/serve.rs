//! Connections in memory, on a clock that goes on by itself whenever nobody has anything to do.
#![cfg(test)]

#[path = "../src/serve.rs"]
mod serve;

use std::{io, net::SocketAddr, sync::Arc};

use axum::{Router, extract::ConnectInfo, routing::get, serve::Listener};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    sync::{Notify, mpsc, oneshot},
    task::JoinHandle,
    time::Instant,
};

use crate::serve::{DRAIN, PATIENCE, PLACES, serve};

const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 4000);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: api\r\n\r\n";

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
}

impl World {
    fn serving(router: Router) -> Self {
        let (connections, accepted) = mpsc::unbounded_channel();
        let (close, closed) = oneshot::channel::<()>();
        let closed = async { drop(closed.await) };
        Self {
            connections,
            close,
            serving: tokio::spawn(serve(Pipes(accepted), router, closed)),
        }
    }

    fn start() -> Self {
        let peer = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() };
        Self::serving(Router::new().route("/", get(peer)))
    }

    fn connect(&self) -> DuplexStream {
        let (ours, theirs) = duplex(64 * 1024);
        self.connections.send(theirs).unwrap();
        ours
    }
}

/// Sends a request and waits for the first bytes of the answer.
async fn ask(stream: &mut DuplexStream) -> String {
    stream.write_all(REQUEST).await.unwrap();
    let mut answer = [0; 4096];
    let read = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[tokio::test(start_paused = true)]
async fn requests_are_answered_and_handlers_know_the_peer() {
    let world = World::start();
    let mut stream = world.connect();
    for _ in 0..2 {
        let answer = ask(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.ends_with("127.0.0.1:4000"), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_waited_for_for_ever() {
    let world = World::start();
    let beginnings: [&[u8]; 3] = [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: api\r\nx: "];
    for beginning in beginnings {
        let mut stream = world.connect();
        let started = Instant::now();
        stream.write_all(beginning).await.unwrap();
        let mut answer = Vec::new();
        let closed = stream.read_to_end(&mut answer);
        tokio::time::timeout(2 * PATIENCE, closed)
            .await
            .unwrap()
            .unwrap();
        assert!(answer.is_empty() && started.elapsed() >= PATIENCE);
    }
    // Nor is somebody who was answered and says nothing more.
    let mut stream = world.connect();
    ask(&mut stream).await;
    let closed = tokio::time::timeout(2 * PATIENCE, stream.read_u8()).await;
    assert!(closed.unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn nobody_keeps_a_connection_by_reading_nothing() {
    let world = World::start();
    let mut stream = world.connect();
    // Until the answers fill whatever is between the two, and then on: nobody takes them.
    let asking = async { while stream.write_all(REQUEST).await.is_ok() {} };
    let ended = tokio::time::timeout(3 * PATIENCE, asking).await;
    assert!(ended.is_ok(), "the connection is still open");
}

#[tokio::test(start_paused = true)]
async fn there_are_so_many_connections_and_no_more() {
    for (silent, waits) in [(PLACES - 1, false), (PLACES, true)] {
        let world = World::start();
        let _silent: Vec<_> = (0..silent).map(|_| world.connect()).collect();
        let started = Instant::now();
        let answer = ask(&mut world.connect()).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert_eq!(started.elapsed() >= PATIENCE, waits);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_has_asked_is_answered_at_the_end_and_no_others_are() {
    let (asked, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (asked, go_on) = (asked.clone(), go_on.clone());
        move || async move {
            asked.notify_one();
            go_on.notified().await;
            "done"
        }
    };
    let world = World::serving(Router::new().route("/", get(handler)));
    let mut stream = world.connect();
    stream.write_all(REQUEST).await.unwrap();
    asked.notified().await;
    world.close.send(()).unwrap();
    // The listener is gone, with what it would have accepted.
    world.connections.closed().await;
    assert!(!world.serving.is_finished());
    go_on.notify_one();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    world.serving.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_end_waits_for_nobody_for_ever() {
    let handler = || async { std::future::pending::<()>().await };
    let world = World::serving(Router::new().route("/", get(handler)));
    let mut stream = world.connect();
    stream.write_all(REQUEST).await.unwrap();
    tokio::task::yield_now().await;
    let started = Instant::now();
    world.close.send(()).unwrap();
    world.serving.await.unwrap();
    assert!(started.elapsed() <= 2 * DRAIN);
}

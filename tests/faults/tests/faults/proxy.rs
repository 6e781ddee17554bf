//! The way itself does what its faults say.

use std::{net::Ipv4Addr, time::Duration};

use portcullis_faults_suite::{Fault, FaultProxy};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// A server that answers what it is told, and the way to it.
async fn echo() -> FaultProxy {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = copy(&mut from, &mut to).await;
            });
        }
    });
    FaultProxy::before(port).await.unwrap()
}

async fn connect(proxy: &FaultProxy) -> TcpStream {
    TcpStream::connect(proxy.address()).await.unwrap()
}

/// What comes back within a moment.
async fn said(stream: &mut TcpStream, text: &[u8]) -> Option<Vec<u8>> {
    let _ = stream.write_all(text).await;
    let mut buffer = vec![0; 64];
    let read = timeout(Duration::from_millis(500), stream.read(&mut buffer));
    let length = read.await.ok()?.unwrap_or(0);
    buffer.truncate(length);
    Some(buffer)
}

#[tokio::test]
async fn without_a_fault_everything_passes() {
    let proxy = echo().await;
    let mut stream = connect(&proxy).await;
    assert_eq!(said(&mut stream, b"hello").await.unwrap(), b"hello");
    assert_eq!(proxy.met(), 0);
}

#[tokio::test]
async fn what_is_reset_ends_at_once_old_and_new() {
    let proxy = echo().await;
    let mut old = connect(&proxy).await;
    assert_eq!(said(&mut old, b"hello").await.unwrap(), b"hello");
    proxy.set(Fault::Reset);
    assert_eq!(said(&mut old, b"hello").await.unwrap(), b"");
    let mut new = connect(&proxy).await;
    assert_eq!(said(&mut new, b"hello").await.unwrap(), b"");
    assert!(proxy.met() >= 2);
}

#[tokio::test]
async fn what_is_half_open_says_nothing_for_ever() {
    let proxy = echo().await;
    let mut stream = connect(&proxy).await;
    proxy.set(Fault::HalfOpen);
    assert_eq!(said(&mut stream, b"hello").await, None);
    proxy.set(Fault::None);
    assert_eq!(said(&mut stream, b"hello").await, None);
    let mut new = connect(&proxy).await;
    assert_eq!(said(&mut new, b"hello").await.unwrap(), b"hello");
}

#[tokio::test]
async fn noise_is_as_long_as_what_it_stands_for() {
    let proxy = echo().await;
    proxy.set(Fault::Garbage);
    let mut stream = connect(&proxy).await;
    let text = b"what is said here is not heard";
    let heard = said(&mut stream, text).await.unwrap();
    assert_eq!(heard.len(), text.len());
    assert_ne!(heard, text);
}

#[tokio::test]
async fn what_is_cut_ends_in_the_middle() {
    let proxy = echo().await;
    proxy.set(Fault::Cut(3));
    let mut stream = connect(&proxy).await;
    assert_eq!(said(&mut stream, b"hello").await.unwrap(), b"hel");
    assert_eq!(said(&mut stream, b"hello").await.unwrap(), b"");
}

#[tokio::test]
async fn what_drips_comes_byte_by_byte() {
    let proxy = echo().await;
    proxy.set(Fault::Drip(Duration::from_millis(20)));
    let mut stream = connect(&proxy).await;
    assert_eq!(said(&mut stream, b"hello").await.unwrap(), b"h");
}

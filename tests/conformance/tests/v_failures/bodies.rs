//! V9–V13: bodies that are no answer, too long, too slow, or broken.

use std::time::Duration;

use portcullis_conformance::{AUDIENCE, World, get, protected};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::support::{SHORT, Ways, assert_fault_is_503};

/// A body of `application/json`.
fn body(text: &str) -> Fault {
    Fault::answer(Answer::json(&json!(null)).body(text))
}

#[tokio::test]
async fn v9_malformed_answers_are_503() {
    let world = World::start().await;
    for (case, fault) in [
        ("garbage", Fault::garbage()),
        ("empty", body("")),
        ("not an object", body("[{\"active\":true}]")),
        ("cut off", body("{\"active\":true,\"aud\":\"orders-api\"")),
        (
            "active a string",
            body(r#"{"active":"true","aud":"orders-api"}"#),
        ),
        (
            "active absent",
            body(r#"{"aud":"orders-api","sub":"alice"}"#),
        ),
        (
            "exp a string",
            body(r#"{"active":true,"exp":"1800000000"}"#),
        ),
        ("sub a number", body(r#"{"active":true,"sub":1}"#)),
        (
            "another type",
            Fault::headers().header("content-type", "application/octet-stream"),
        ),
    ] {
        assert_fault_is_503(&world, |issuer| issuer, case, fault).await;
    }
    Ways::of(&world).await.assert_good("no fault").await;
}

#[tokio::test]
async fn v10_an_html_answer_is_503() {
    let world = World::start().await;
    let page = Fault::headers().header("content-type", "text/html; charset=utf-8");
    for (case, fault) in [("a page", Fault::html()), ("JSON called HTML", page)] {
        assert_fault_is_503(&world, |issuer| issuer, case, fault).await;
    }
    Ways::of(&world).await.assert_good("no fault").await;
}

/// The longest answer that is read.
const LIMIT: usize = 256 * 1024;

#[tokio::test]
async fn v11_an_oversized_body_is_cut_off() {
    let world = World::start().await;
    let active = json!({"active": true, "aud": AUDIENCE}).to_string();
    let padded = |length: usize| format!("{active}{}", " ".repeat(length - active.len()));
    for (case, fault) in [
        ("a byte too long", body(&padded(LIMIT + 1))),
        ("megabytes", body(&padded(4 * 1024 * 1024))),
        (
            "without end",
            Fault::endless_body().with_answer(Answer::json(&json!({"active": true}))),
        ),
        (
            "endless error",
            Fault::endless_body().with_answer(Answer::new(400)),
        ),
    ] {
        assert_fault_is_503(&world, |issuer| issuer, case, fault).await;
    }
    let router = protected(world.asking().build().unwrap().introspection());
    let fault = body(&padded(LIMIT));
    world.server.inject(Endpoint::Introspection, fault);
    let reply = get(&router, "anything").await;
    assert_eq!(reply.status, http::StatusCode::OK, "exactly at the limit");
}

/// A server that answers the first request with `head` and then writes `chunk` again and again
/// until the client has had enough. Tells how many bytes it got rid of.
async fn pouring(
    head: &'static str,
    chunk: Vec<u8>,
    pause: Duration,
) -> (String, JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/introspect", listener.local_addr().unwrap());
    let poured = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        pour(&mut stream, &chunk, pause).await
    });
    (address, poured)
}

async fn pour(stream: &mut TcpStream, chunk: &[u8], pause: Duration) -> usize {
    let mut poured = 0;
    let mut end = [0; 1];
    loop {
        tokio::select! {
            // The client sends nothing more: whatever comes is the end.
            _ = stream.read(&mut end) => return poured,
            () = tokio::time::sleep(pause) => {}
        }
        if stream.write_all(chunk).await.is_err() {
            return poured;
        }
        poured += chunk.len();
    }
}

#[tokio::test]
async fn v11_no_more_is_taken_than_the_limit() {
    let world = World::start().await;
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000000\r\n\r\n";
    let (endpoint, poured) = pouring(head, vec![b' '; 65_536], Duration::ZERO).await;
    let issuer = world.asking().introspection_endpoint(endpoint);
    let router = protected(issuer.build().unwrap().introspection());
    get(&router, "anything").await.assert_unavailable();
    // The connection ends, and what was on the way is what sockets buffer.
    let poured = poured.await.unwrap();
    assert!(poured < 32 * 1024 * 1024, "{poured}");
}

#[tokio::test]
async fn v12_a_trickling_body_ends_at_the_deadline() {
    let world = World::start().await;
    let fault = Fault::slow_body(Duration::from_millis(100));
    let hasty = |issuer: portcullis::IssuerBuilder<portcullis::WithCredentials>| {
        issuer.introspection_deadline(SHORT)
    };
    assert_fault_is_503(&world, hasty, "slow body", fault).await;
    Ways::of(&world).await.assert_good("no fault").await;
}

#[tokio::test]
async fn v12_the_connection_is_dropped_at_the_deadline() {
    let world = World::start().await;
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n";
    let (endpoint, poured) = pouring(head, vec![b' '], Duration::from_millis(20)).await;
    let issuer = world
        .asking()
        .introspection_endpoint(endpoint)
        .introspection_deadline(SHORT);
    let router = protected(issuer.build().unwrap().introspection());
    get(&router, "anything").await.assert_unavailable();
    let poured = poured.await.unwrap();
    assert!(poured < 100_000, "{poured}");
}

#[tokio::test]
async fn v13_a_broken_body_is_503() {
    let world = World::start().await;
    for (case, fault) in [
        ("too short a length", Fault::content_length(10)),
        ("no length", Fault::content_length(0)),
        ("too long a length", Fault::content_length(1_000_000)),
        ("cut off", Fault::drop_mid_answer()),
        ("cut off before the head", Fault::drop_before_answer()),
    ] {
        assert_fault_is_503(&world, |issuer| issuer, case, fault).await;
    }
    Ways::of(&world).await.assert_good("no fault").await;
}

#[tokio::test]
async fn v13_what_is_not_http_is_503() {
    for text in [
        "",
        "\r\n\r\n",
        "SSH-2.0-OpenSSH_9.9\r\n",
        "HTTP/1.1 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 30\r\n\r\n{\"active\":true}",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"act",
    ] {
        let world = World::start().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/introspect", listener.local_addr().unwrap());
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await.unwrap();
            stream.write_all(text.as_bytes()).await.unwrap();
        });
        let issuer = world.asking().introspection_endpoint(endpoint);
        let router = protected(issuer.build().unwrap().introspection());
        let reply = get(&router, "anything").await;
        assert_eq!(
            reply.status,
            http::StatusCode::SERVICE_UNAVAILABLE,
            "{text:?}"
        );
        reply.assert_unavailable();
        served.await.unwrap();
    }
}

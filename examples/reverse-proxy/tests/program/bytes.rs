//! Requests as bytes, which no client would send so.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::world::{World, sent};

/// Sends bytes as they are; the whole answer.
async fn raw(world: &World, request: &str) -> String {
    let address = world.gateway.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Whoever was refused in the middle of what he sends may find the connection reset.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

/// What the service behind tells of a request.
async fn told_raw(world: &World, request: String) -> Value {
    let answer = raw(world, &request).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    serde_json::from_str(body).unwrap()
}

#[tokio::test]
async fn trailers_bring_no_headers_in() {
    let world = World::start().await;
    let token = world.server.login("ali").token().jwt();
    let request = format!(
        "POST /orders HTTP/1.1\r\nhost: api\r\nauthorization: Bearer {token}\r\n\
         trailer: x-auth-subject\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n\
         2\r\nhi\r\n0\r\nx-auth-subject: admin\r\n\r\n"
    );
    let told = told_raw(&world, request).await;
    assert_eq!(
        (&told["body"], &told["trailers"]),
        (&json!("hi"), &json!(0))
    );
    assert_eq!(sent(&told, "x-auth-subject"), ["ali"]);
}

#[tokio::test]
async fn a_path_goes_on_byte_for_byte() {
    let world = World::start().await;
    let token = world.server.login("ali").token().jwt();
    for target in ["/a/../b", "/a/%2e%2e/b", "//a", "/a/./b?c=/../d"] {
        let request = format!(
            "GET {target} HTTP/1.1\r\nhost: api\r\nauthorization: Bearer {token}\r\n\
             connection: close\r\n\r\n"
        );
        assert_eq!(told_raw(&world, request).await["target"], target);
    }
}

#[tokio::test]
async fn the_host_that_is_told_is_the_one_that_is_asked() {
    let world = World::start().await;
    let token = world.server.login("ali").token().jwt();
    let request = |target: &str, hosts: &str| {
        format!(
            "GET {target} HTTP/1.1\r\n{hosts}authorization: Bearer {token}\r\n\
             connection: close\r\n\r\n"
        )
    };
    let absolute = request("http://shop.example/a", "host: evil.example\r\n");
    let told = told_raw(&world, absolute).await;
    assert_eq!(sent(&told, "x-forwarded-host"), ["shop.example"]);
    assert_eq!(told["target"], "/a");
    for hosts in ["", "host: shop.example\r\nhost: evil.example\r\n"] {
        let answer = raw(&world, &request("/a", hosts)).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_not_the_services_fault() {
    let world = World::start().await;
    let token = world.server.login("ali").token().jwt();
    let chunk = format!("100000\r\n{}\r\n", "x".repeat(1024 * 1024));
    for (body, status) in [
        (format!("{}0\r\n\r\n", chunk.repeat(11)), 413),
        ("2\r\nhi\r\nno chunk\r\n".to_owned(), 400),
    ] {
        let request = format!(
            "POST /orders HTTP/1.1\r\nhost: api\r\nauthorization: Bearer {token}\r\n\
             transfer-encoding: chunked\r\nconnection: close\r\n\r\n{body}"
        );
        let answer = raw(&world, &request).await;
        let head = answer.lines().next().unwrap_or_default();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
    }
    let log = world.program.kill().await.unwrap();
    assert!(!log.contains("cannot be reached"), "{log}");
}

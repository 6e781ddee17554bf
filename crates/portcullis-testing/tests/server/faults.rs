//! Faults: what an endpoint does instead of its honest answer.

use std::time::{Duration, Instant};

use portcullis_testing::{Answer, AuthorizationServer, Endpoint, Fault};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{get, http, introspect, introspection};

#[tokio::test]
async fn a_status_with_headers_for_the_next_requests() {
    let server = AuthorizationServer::start().await.unwrap();
    let token = server.token().jwt();
    server.inject(
        Endpoint::Introspection,
        Fault::status(503).header("retry-after", "7").times(2),
    );
    server.inject(
        Endpoint::Introspection,
        Fault::status(302)
            .header("location", server.url(Endpoint::Other))
            .times(1),
    );
    for _ in 0..2 {
        let response = introspection(&server, &token).send().await.unwrap();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "7");
    }
    let redirect = introspection(&server, &token).send().await.unwrap();
    assert_eq!(redirect.status(), 302);
    assert_eq!(introspect(&server, &token).await["active"], true);
    assert_eq!(server.request_count(Endpoint::Introspection), 4);
    assert_eq!(server.request_count(Endpoint::Other), 0);
}

#[tokio::test]
async fn a_fault_of_one_token_leaves_the_others_alone() {
    let server = AuthorizationServer::start().await.unwrap();
    let (good, bad) = (server.token().opaque(), server.token().opaque());
    server.inject(Endpoint::Introspection, Fault::status(500).for_token(&bad));
    assert_eq!(
        introspection(&server, &bad).send().await.unwrap().status(),
        500
    );
    assert_eq!(introspect(&server, &good).await["active"], true);
    server.clear_faults(Endpoint::Introspection);
    assert_eq!(introspect(&server, &bad).await["active"], true);
}

#[tokio::test]
async fn an_answer_of_the_tests_own_making() {
    let server = AuthorizationServer::start().await.unwrap();
    let raw = Answer::new(200)
        .header("content-type", "application/jwk-set+json")
        .body(b"\xff{".to_vec());
    server.inject(Endpoint::Jwks, Fault::answer(raw).times(1));
    let response = get(server.url(Endpoint::Jwks)).await;
    assert_eq!(
        response.headers()["content-type"],
        "application/jwk-set+json"
    );
    assert_eq!(response.bytes().await.unwrap().as_ref(), b"\xff{");

    server.inject(Endpoint::Jwks, Fault::garbage().times(1));
    assert!(
        get(server.url(Endpoint::Jwks))
            .await
            .json::<Value>()
            .await
            .is_err()
    );
    server.inject(Endpoint::Jwks, Fault::html().times(1));
    assert_eq!(
        get(server.url(Endpoint::Jwks)).await.headers()["content-type"],
        "text/html"
    );
    server.inject(
        Endpoint::Jwks,
        Fault::answer(Answer::json(&json!({"keys": []})).append_header("etag", "\"1\"")),
    );
    assert_eq!(
        get(server.url(Endpoint::Jwks)).await.text().await.unwrap(),
        r#"{"keys":[]}"#
    );
}

#[tokio::test]
async fn headers_of_the_honest_answer_can_be_changed() {
    let server = AuthorizationServer::start().await.unwrap();
    let token = server.token().jwt();
    let old = "Tue, 14 Nov 2023 22:13:20 GMT";
    server.inject(
        Endpoint::Introspection,
        Fault::headers()
            .header("age", "30")
            .header("date", old)
            .times(1),
    );
    let response = introspection(&server, &token).send().await.unwrap();
    assert_eq!(response.headers()["age"], "30");
    assert_eq!(
        response
            .headers()
            .get_all("date")
            .iter()
            .collect::<Vec<_>>(),
        [old]
    );
    assert_eq!(response.json::<Value>().await.unwrap()["active"], true);

    server.inject(
        Endpoint::Introspection,
        Fault::headers()
            .without_header("date")
            .without_header("Content-Type"),
    );
    let response = introspection(&server, &token).send().await.unwrap();
    assert!(!response.headers().contains_key("date"));
    assert!(!response.headers().contains_key("content-type"));
}

#[tokio::test]
async fn a_delay_is_at_least_as_long_as_told() {
    let server = AuthorizationServer::start().await.unwrap();
    server.inject(Endpoint::Jwks, Fault::delay(Duration::from_millis(50)));
    let started = Instant::now();
    assert_eq!(get(server.url(Endpoint::Jwks)).await.status(), 200);
    assert!(started.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn a_hanging_endpoint_never_answers() {
    let server = AuthorizationServer::start().await.unwrap();
    server.inject(Endpoint::Jwks, Fault::hang());
    let hanging = http().get(server.url(Endpoint::Jwks)).send();
    tokio::select! {
        answered = hanging => panic!("{answered:?}"),
        () = server.wait_for_requests(Endpoint::Jwks, 1) => {}
    }
}

/// Everything the server sends on a connection of its own, until it closes it.
async fn raw_answer(server: &AuthorizationServer, limit: u64) -> String {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let request = "GET /realms/test/protocol/openid-connect/certs HTTP/1.1\r\nhost: x\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.take(limit).read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn answers_break_off_or_lie_about_their_length() {
    let server = AuthorizationServer::start().await.unwrap();
    let body = server.jwks().to_string();
    let inject = |fault: Fault| server.inject(Endpoint::Jwks, fault.times(1));
    let honest_length = format!("content-length: {}\r\n", body.len());

    inject(Fault::drop_before_answer());
    assert_eq!(raw_answer(&server, u64::MAX).await, "");

    inject(Fault::drop_mid_answer());
    let answer = raw_answer(&server, u64::MAX).await;
    assert!(answer.contains(&honest_length), "{answer}");
    assert!(
        answer.ends_with(body.split_at(body.len() / 2).0),
        "{answer}"
    );

    for length in [body.len() + 100, 10] {
        inject(Fault::content_length(length));
        let answer = raw_answer(&server, u64::MAX).await;
        assert!(
            answer.contains(&format!("content-length: {length}\r\n")),
            "{answer}"
        );
        assert!(answer.ends_with(&body), "{answer}");
    }

    inject(Fault::endless_body());
    let answer = raw_answer(&server, 1_000_000).await;
    assert!(answer.contains("transfer-encoding: chunked\r\n"));
    assert!(answer.contains(&body));
    assert_eq!(answer.len(), 1_000_000);
}

#[tokio::test]
async fn a_slow_body_comes_byte_by_byte_and_whole() {
    let server = AuthorizationServer::start().await.unwrap();
    let answer = Answer::new(200).body("slowly");
    let slow = Fault::slow_body(Duration::from_millis(5)).with_answer(answer);
    server.inject(Endpoint::Jwks, slow);
    let started = Instant::now();
    let response = get(server.url(Endpoint::Jwks)).await;
    assert_eq!(response.text().await.unwrap(), "slowly");
    assert!(started.elapsed() >= Duration::from_millis(30));
}

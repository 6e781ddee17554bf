//! The life of the server and of its connections.

use portcullis_testing::{AuthorizationServer, Endpoint, Fault, HoldPoint, StartError};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

use crate::support::{START, TestClock, get, http, introspect};

#[tokio::test]
async fn every_answer_has_the_date_of_the_clock() {
    let clock = TestClock::new();
    let server = AuthorizationServer::builder()
        .clock(clock.as_function())
        .start()
        .await
        .unwrap();
    let date = async || get(server.url(Endpoint::Jwks)).await.headers()["date"].clone();
    assert_eq!(date().await, "Tue, 14 Nov 2023 22:13:20 GMT");
    clock.advance(3600);
    assert_eq!(date().await, "Tue, 14 Nov 2023 23:13:20 GMT");
    assert_eq!(
        server
            .now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs(),
        START + 3600
    );
}

#[tokio::test]
async fn a_stopped_server_refuses_and_comes_back_with_what_it_knew() {
    let server = AuthorizationServer::start().await.unwrap();
    let token = server.token().opaque();
    let kept_alive = http();
    let ask = || kept_alive.get(server.url(Endpoint::Jwks)).send();
    assert_eq!(ask().await.unwrap().status(), 200);
    assert!(matches!(server.restart().await, Err(StartError::Running)));

    server.stop().await.unwrap();
    server.stop().await.unwrap();
    assert!(ask().await.unwrap_err().is_connect());

    server.restart().await.unwrap();
    assert_eq!(ask().await.unwrap().status(), 200);
    assert_eq!(introspect(&server, &token).await["active"], true);
    assert_eq!(server.request_count(Endpoint::Jwks), 2);
}

#[tokio::test]
async fn nobody_else_gets_the_port_while_the_server_is_there() {
    let server = AuthorizationServer::start().await.unwrap();
    let address = server.address();
    let second = async || {
        let builder = AuthorizationServer::builder().port(address.port());
        builder.start().await.err()
    };
    let refused = second().await;
    assert!(matches!(refused, Some(StartError::Listen { .. })));
    for _ in 0..2 {
        // As a connection to somewhere takes a port, which does not share it.
        let socket = TcpSocket::new_v4().unwrap();
        assert!(socket.bind(address).is_err());
        server.stop().await.unwrap();
    }
    drop(server);
    assert!(second().await.is_none());
}

#[tokio::test]
async fn a_dropped_server_closes_its_connections() {
    let server = AuthorizationServer::start().await.unwrap();
    server.inject(Endpoint::Jwks, Fault::hang());
    let hanging = tokio::spawn(http().get(server.url(Endpoint::Jwks)).send());
    server.wait_for_requests(Endpoint::Jwks, 1).await;
    let url = server.url(Endpoint::Jwks);
    drop(server);
    assert!(hanging.await.unwrap().is_err());
    assert!(http().get(url).send().await.unwrap_err().is_connect());
}

#[tokio::test]
async fn connections_are_kept_and_many_are_served_at_once() {
    let server = AuthorizationServer::start().await.unwrap();
    let client = http();
    for _ in 0..3 {
        client
            .head(server.url(Endpoint::Jwks))
            .send()
            .await
            .unwrap();
    }
    assert_eq!(server.connection_count(), 1);

    let gate = server.hold(Endpoint::Jwks, HoldPoint::BeforeAnswer);
    let asking: Vec<_> = (0..300)
        .map(|_| tokio::spawn(client.get(server.url(Endpoint::Jwks)).send()))
        .collect();
    gate.wait_for(300).await;
    gate.release();
    for asked in asking {
        assert_eq!(asked.await.unwrap().unwrap().status(), 200);
    }
    assert_eq!(server.request_count(Endpoint::Jwks), 303);
}

#[tokio::test]
async fn what_strangers_send_does_not_pile_up_and_is_counted_all_the_same() {
    const MIB: usize = 1024 * 1024;
    let server = AuthorizationServer::start().await.unwrap();
    let client = http();
    client.get(server.url(Endpoint::Jwks)).send().await.unwrap();
    for number in 0..40 {
        let request = client
            .post(format!("{}/nowhere", server.issuer()))
            .header("x-number", number)
            .body(vec![b'x'; MIB]);
        assert_eq!(request.send().await.unwrap().status(), 404);
    }
    assert_eq!(server.request_count(Endpoint::Other), 40);
    let kept = server.requests(Endpoint::Other);
    let numbers: Vec<_> = kept
        .iter()
        .map(|request| request.header("x-number").unwrap())
        .collect();
    // A body takes a MiB, and its head a little.
    let newest: Vec<_> = (25..40).map(|number: u32| number.to_string()).collect();
    assert_eq!(numbers, newest);
    assert!(kept.iter().all(|request| request.body.len() == MIB));
    assert_eq!(
        server.requests(Endpoint::Jwks).len(),
        1,
        "of another endpoint"
    );

    server.clear_requests();
    let request = client.post(format!("{}/nowhere", server.issuer()));
    request.body(vec![b'x'; MIB]).send().await.unwrap();
    assert_eq!(server.requests(Endpoint::Other).len(), 1);
}

#[tokio::test]
async fn malformed_requests_are_refused_and_the_server_lives_on() {
    let server = AuthorizationServer::start().await.unwrap();
    for (request, status) in [
        ("nonsense\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n", "400"),
        (
            "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "411",
        ),
        ("POST / HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n", "413"),
    ] {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request}: {answer}"
        );
    }
    assert_eq!(get(server.url(Endpoint::Jwks)).await.status(), 200);
}

//! The program as it is started, driven over WebSockets.
#![cfg(test)]

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use portcullis_testing::{AuthorizationServer, Client, Endpoint, Program, ProgramBuilder, Session};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::{HeaderMap, HeaderName, HeaderValue},
    },
};

const ORIGIN: &str = "https://shop.example.com";
/// The leeway that tokens are given by the service.
const LEEWAY: Duration = Duration::from_secs(30);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct World {
    server: AuthorizationServer,
    program: Program,
    address: String,
}

impl World {
    async fn start() -> Self {
        Self::with(|program| program).await
    }

    async fn with(more: impl FnOnce(ProgramBuilder) -> ProgramBuilder) -> Self {
        // Keycloak has to know the address before the program is there.
        let reserved = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = reserved.local_addr().unwrap().to_string();
        let notices = format!("http://{address}/backchannel-logout");
        let server = AuthorizationServer::builder()
            .audience("orders-api")
            .client("orders-api", "secret")
            .add_client(Client::new("shop-web", "secret").backchannel_logout(notices))
            .start()
            .await
            .unwrap();
        drop(reserved);
        let program = Program::at(env!("CARGO_BIN_EXE_axum-websocket"))
            .env("ISSUER", server.issuer())
            .env("AUDIENCE", "orders-api")
            .env("CLIENT_ID", "orders-api")
            .env("CLIENT_SECRET", "secret")
            .env("LOGOUT_AUDIENCES", "shop-web")
            .env("ORIGINS", ORIGIN)
            .env("LISTEN", &address)
            .env("MANAGEMENT_LISTEN", "127.0.0.1:0");
        let mut program = more(program).start().unwrap();
        program.line_after("listening on ").await.unwrap();
        Self {
            server,
            program,
            address,
        }
    }

    fn log_in(&self) -> (Session, String) {
        let session = self.server.login("ali");
        let token = session.token().client("shop-web").jwt();
        (session, token)
    }

    /// A socket and the answer's headers, or the status it was refused with.
    async fn open(&self, headers: &[(&str, &str)]) -> Result<(Socket, HeaderMap), u16> {
        let url = format!("ws://{}/chat", self.address);
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            let value = HeaderValue::from_str(value).unwrap();
            request.headers_mut().append(name, value);
        }
        match connect_async(request).await {
            Ok((socket, answer)) => Ok((socket, answer.headers().clone())),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    async fn open_with(&self, token: &str) -> Socket {
        let bearer = format!("Bearer {token}");
        self.open(&[("authorization", &bearer)]).await.unwrap().0
    }
}

/// What is said back.
async fn say(socket: &mut Socket, text: &str) -> String {
    socket.send(Message::text(text)).await.unwrap();
    socket
        .next()
        .await
        .unwrap()
        .unwrap()
        .into_text()
        .unwrap()
        .to_string()
}

/// The code and the sentence that a socket is closed with.
async fn closed(mut socket: Socket) -> (u16, String) {
    loop {
        match socket.next().await {
            Some(Ok(Message::Close(Some(frame)))) => {
                return (frame.code.into(), frame.reason.to_string());
            }
            Some(Ok(_)) => {}
            other => panic!("closed without a word: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_socket_is_opened_with_a_token_in_either_place() {
    let world = World::start().await;
    let (_session, token) = world.log_in();
    let mut socket = world.open_with(&token).await;
    assert_eq!(say(&mut socket, "hello").await, "ali: hello");

    let protocols = format!("chat, bearer.{token}");
    let in_protocol = ("sec-websocket-protocol", protocols.as_str());
    let (mut socket, answer) = world
        .open(&[in_protocol, ("origin", ORIGIN)])
        .await
        .unwrap();
    assert_eq!(answer["sec-websocket-protocol"], "chat");
    assert_eq!(say(&mut socket, "hello").await, "ali: hello");

    let bearer = format!("Bearer {token}");
    let in_both = [in_protocol, ("authorization", &bearer)];
    assert_eq!(world.open(&in_both).await.err(), Some(400));
    let log = world.program.kill().await.unwrap();
    assert!(!log.contains(&token), "{log}");
}

#[tokio::test]
async fn nobody_gets_in_without_a_good_token() {
    let world = World::start().await;
    assert_eq!(world.open(&[]).await.err(), Some(401));
    let expired = world.server.token().claim("exp", 1).jwt();
    let elsewhere = world.server.token().audience("stock-api").jwt();
    for token in [expired, elsewhere, "nobodys".to_owned()] {
        let bearer = format!("Bearer {token}");
        assert_eq!(
            world.open(&[("authorization", &bearer)]).await.err(),
            Some(401)
        );
        let protocols = format!("chat, bearer.{token}");
        let headers = [("sec-websocket-protocol", protocols.as_str())];
        assert_eq!(world.open(&headers).await.err(), Some(401));
    }
}

#[tokio::test]
async fn pages_of_other_origins_get_no_socket() {
    let world = World::start().await;
    let (_session, token) = world.log_in();
    let bearer = format!("Bearer {token}");
    for origin in [
        "https://evil.example",
        "null",
        "https://shop.example.com.evil.example",
    ] {
        let headers = [("authorization", bearer.as_str()), ("origin", origin)];
        assert_eq!(world.open(&headers).await.err(), Some(403), "{origin}");
    }
    let two = [
        ("authorization", bearer.as_str()),
        ("origin", ORIGIN),
        ("origin", "https://evil.example"),
    ];
    assert_eq!(world.open(&two).await.err(), Some(403));
}

#[tokio::test]
async fn a_logout_closes_the_sockets_of_its_session_and_no_others() {
    let world = World::start().await;
    let (session, token) = world.log_in();
    let (_other_session, other_token) = world.log_in();
    let (mut first, second) = (world.open_with(&token).await, world.open_with(&token).await);
    let mut other = world.open_with(&other_token).await;
    assert_eq!(say(&mut first, "hello").await, "ali: hello");
    let asked = world.server.request_count(Endpoint::Introspection);
    session.log_out().await;
    for socket in [first, second] {
        let (code, sentence) = closed(socket).await;
        assert_eq!(
            (code, sentence.as_str()),
            (4401, "The access token is not active")
        );
    }
    // It was told, and nobody had to be asked.
    assert_eq!(world.server.request_count(Endpoint::Introspection), asked);
    assert_eq!(say(&mut other, "still here").await, "ali: still here");
}

#[tokio::test]
async fn what_nobody_tells_of_is_found_out() {
    let world = World::with(|program| program.env("RECHECK_SECONDS", "2")).await;
    let (_session, token) = world.log_in();
    let mut socket = world.open_with(&token).await;
    assert_eq!(say(&mut socket, "hello").await, "ali: hello");
    assert!(world.server.revoke(&token));
    assert_eq!(closed(socket).await.0, 4401);
}

#[tokio::test]
async fn a_socket_ends_with_its_token() {
    let world = World::with(|program| program.env("RECHECK_SECONDS", "2")).await;
    let lifetime = Duration::from_secs(2);
    let token = world.server.login("ali").token().expires_in(lifetime);
    let socket = world.open_with(&token.jwt()).await;
    assert_eq!(closed(socket).await.0, 4401);
}

#[tokio::test]
async fn an_outage_closes_no_socket_and_makes_none_immortal() {
    // Whoever is told of logouts asks about tokens that are older than itself, as one is here.
    let world = World::with(|program| program.env("LOGOUT_AUDIENCES", "")).await;
    let (_session, token) = world.log_in();
    let mut first = world.open_with(&token).await;
    assert_eq!(say(&mut first, "hello").await, "ali: hello");
    world.server.stop().await.unwrap();
    // Over in ten seconds, by the leeway.
    let exp = world.server.now() + Duration::from_secs(10) - LEEWAY;
    let token = world.server.login("ali").token();
    let token = token.issued_at(exp - LEEWAY).expires_at(exp).jwt();
    let mut second = world.open_with(&token).await;
    assert_eq!(say(&mut second, "hello").await, "ali: hello");
    let (code, sentence) = closed(second).await;
    assert_eq!(
        (code, sentence.as_str()),
        (4401, "The access token expired")
    );
    assert_eq!(say(&mut first, "still here").await, "ali: still here");
}

#[tokio::test]
async fn what_is_too_long_is_refused_as_soon_as_it_says_so() {
    let world = World::start().await;
    let (_session, token) = world.log_in();
    let mut socket = world.open_with(&token).await;
    let longest = "x".repeat(64 * 1024);
    assert_eq!(say(&mut socket, &longest).await.len(), 5 + longest.len());
    // The head of one frame that would be just one byte longer (RFC 6455 §5.2), and nothing of it.
    let MaybeTlsStream::Plain(stream) = socket.get_mut() else {
        panic!("no TLS here");
    };
    let mut head = vec![0x81, 0x80 | 127];
    head.extend_from_slice(&(64 * 1024 + 1_u64).to_be_bytes());
    head.extend_from_slice(&[0; 4]);
    stream.write_all(&head).await.unwrap();
    let until_closed = async { while let Some(Ok(_)) = socket.next().await {} };
    tokio::time::timeout(Duration::from_secs(60), until_closed)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_caller_has_so_many_sockets_and_no_more() {
    let world = World::start().await;
    let (_session, token) = world.log_in();
    let mut sockets = Vec::new();
    for _ in 0..8 {
        sockets.push(world.open_with(&token).await);
    }
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(world.open(&headers).await.err(), Some(429));
    // Others have their own places.
    let other = world.server.login("bob").token().jwt();
    let mut socket = world.open_with(&other).await;
    assert_eq!(say(&mut socket, "hello").await, "bob: hello");
    // Whoever closes one has room for another.
    let mut first = sockets.remove(0);
    first.close(None).await.unwrap();
    while let Some(Ok(_)) = first.next().await {}
    let reopened = async {
        while world.open(&headers).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), reopened)
        .await
        .unwrap();
}

#[tokio::test]
async fn all_callers_together_have_so_many_sockets_and_no_more() {
    let world = World::with(|program| program.env("SOCKETS", "3")).await;
    let token = |name: &str| world.server.login(name).token().jwt();
    let mut sockets = Vec::new();
    for name in ["ali", "bob", "bob"] {
        sockets.push(world.open_with(&token(name)).await);
    }
    let bearer = format!("Bearer {}", token("eve"));
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(world.open(&headers).await.err(), Some(503));
    // Those who are in are served.
    assert_eq!(say(&mut sockets[0], "hello").await, "ali: hello");
    let mut last = sockets.remove(2);
    last.close(None).await.unwrap();
    while let Some(Ok(_)) = last.next().await {}
    let opened = async {
        while world.open(&headers).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), opened)
        .await
        .unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn sockets_are_told_when_the_service_stops() {
    let world = World::with(|program| program.env("LINGER_SECONDS", "0")).await;
    let (_session, token) = world.log_in();
    let mut socket = world.open_with(&token).await;
    assert_eq!(say(&mut socket, "hello").await, "ali: hello");
    world.program.terminate().unwrap();
    let (code, sentence) = closed(socket).await;
    assert_eq!((code, sentence.as_str()), (1001, "the service stops"));
    let (status, _, log) = world.program.end().await.unwrap();
    assert!(status.success(), "{log}");
}

#[tokio::test]
async fn nobody_keeps_a_socket_by_reading_nothing() {
    let world = World::start().await;
    let (session, token) = world.log_in();
    let mut socket = world.open_with(&token).await;
    let much = "x".repeat(60_000);
    // Until the service is stuck in its answers, and reads nothing more either.
    let until_stuck = tokio::time::timeout(Duration::from_secs(1), flood(&mut socket, &much));
    assert!(until_stuck.await.is_err());
    session.log_out().await;
    // Nobody reads still: this ends because the service has closed the connection, or never.
    let until_closed = tokio::time::timeout(Duration::from_secs(60), flood(&mut socket, &much));
    assert!(until_closed.await.is_ok());
}

/// Says something again and again, until the connection is closed.
async fn flood(socket: &mut Socket, text: &str) {
    while socket.send(Message::text(text)).await.is_ok() {}
}

#[tokio::test]
async fn a_service_with_no_place_for_anybody_does_not_start() {
    for sockets in ["0", "many"] {
        let program = Program::at(env!("CARGO_BIN_EXE_axum-websocket"))
            .env("ISSUER", "http://127.0.0.1:8080/realms/shop")
            .env("AUDIENCE", "orders-api")
            .env("CLIENT_ID", "orders-api")
            .env("CLIENT_SECRET", "secret")
            .env("SOCKETS", sockets)
            .env("LISTEN", "127.0.0.1:0")
            .env("MANAGEMENT_LISTEN", "127.0.0.1:0");
        // One that starts is not waited for: it says so.
        let mut program = program.start().unwrap();
        assert!(program.line_after("listening on ").await.is_err());
        let (status, _, log) = program.end().await.unwrap();
        assert!(!status.success(), "{log}");
        assert!(log.contains("SOCKETS: a number from 1 on"), "{log}");
    }
}

//! WebSocket handshakes.

use axum::{Router, body::Body, routing::any};
use bytes::Bytes;
use h2::ext::Protocol;
use http::{Method, Request, Response, StatusCode, header};
use portcullis::{AccessToken, AuthenticateLayer, Credentials, RequestView};
use portcullis_axum::Token;
use portcullis_conformance::{ListeningVerifier, Wire, World};
use serde_json::json;

/// Answers a handshake: 101 over HTTP/1.1 (RFC 6455), 200 over HTTP/2 (RFC 8441).
async fn socket(_: Token, method: Method) -> Response<Body> {
    if method == Method::CONNECT {
        return Response::new(Body::from("open"));
    }
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_ACCEPT, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        .header(header::SEC_WEBSOCKET_PROTOCOL, "chat")
        .body(Body::empty())
        .unwrap()
}

async fn serving(layer: AuthenticateLayer) -> Wire {
    Wire::serve(Router::new().route("/socket", any(socket)).layer(layer)).await
}

fn handshake(headers: &str) -> String {
    format!(
        "GET /socket HTTP/1.1\r\nHost: api\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    )
}

/// The head of the answer to a handshake. Whoever is refused has the connection closed.
async fn answer(wire: &Wire, headers: &str) -> String {
    let answer = wire.exchange(handshake(headers)).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn w9_an_upgrade_is_authenticated_at_the_handshake() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let wire = serving(AuthenticateLayer::new(issuer.hybrid())).await;
    let expired = world.server.token().claim("exp", 1).jwt();
    let good = world.server.token().jwt();
    let close = "Connection: close, Upgrade\r\n";
    for (line, status) in [
        (String::new(), 401),
        (format!("Authorization: Bearer {expired}\r\n"), 401),
        ("Authorization: Bearer\r\n".to_owned(), 400),
    ] {
        let request = handshake(&line).replace("Connection: Upgrade\r\n", close);
        let reply = wire.ask(request).await;
        assert_eq!(reply.status, status, "{line}");
        assert!(reply.challenge().is_some(), "{line}");
        assert!(!reply.headers.contains_key(header::UPGRADE), "{line}");
        assert!(!reply.headers.contains_key(header::SEC_WEBSOCKET_ACCEPT));
    }
    let opened = answer(&wire, &format!("Authorization: Bearer {good}\r\n")).await;
    assert!(opened.starts_with("HTTP/1.1 101 "), "{opened}");
}

#[tokio::test]
async fn w9_an_extended_connect_is_authenticated_too() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let wire = serving(AuthenticateLayer::new(issuer.hybrid())).await;
    let expired = world.server.token().claim("exp", 1).jwt();
    let good = world.server.token().jwt();
    for (token, status) in [(None, 401), (Some(expired), 401), (Some(good), 200)] {
        let mut client = wire.http2().await;
        while !client.is_extended_connect_protocol_enabled() {
            tokio::task::yield_now().await;
        }
        let mut request = Request::connect("http://api/socket");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let mut request = request.body(()).unwrap();
        request
            .extensions_mut()
            .insert(Protocol::from_static("websocket"));
        let (response, _sending) = client.send_request(request, false).unwrap();
        let response = response.await.unwrap();
        assert_eq!(response.status(), status);
        let challenged = response.headers().contains_key(header::WWW_AUTHENTICATE);
        assert_eq!(challenged, status == 401);
    }
}

#[tokio::test]
async fn w10_the_subprotocol_carries_no_token_by_default() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let wire = serving(AuthenticateLayer::new(issuer.hybrid())).await;
    let good = world.server.token().jwt();
    for protocols in [
        format!("bearer, {good}"),
        good.clone(),
        format!("chat, base64url.bearer.authorization.k8s.io.{good}"),
    ] {
        let request = handshake(&format!("Sec-WebSocket-Protocol: {protocols}\r\n"));
        let request = request.replace("Connection: Upgrade", "Connection: close, Upgrade");
        let reply = wire.ask(request).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{protocols}");
        assert_eq!(reply.error(), None, "{protocols}");
    }
}

#[tokio::test]
async fn w10_a_token_in_the_subprotocol_is_not_echoed() {
    /// What an application may write that wants it.
    fn from_subprotocol(request: RequestView<'_>) -> Option<Credentials> {
        let value = request.headers.get(header::SEC_WEBSOCKET_PROTOCOL)?;
        let (_, token) = value.to_str().ok()?.split_once("bearer, ")?;
        AccessToken::new(token).ok().map(Credentials::bearer)
    }
    let verifier = ListeningVerifier::vouching(&json!({"sub": "alice"}));
    let layer = AuthenticateLayer::new(verifier.clone())
        .extractor(|request: RequestView<'_>| Ok(from_subprotocol(request)));
    let wire = serving(layer).await;
    let opened = answer(&wire, "Sec-WebSocket-Protocol: chat, bearer, s3cr3t\r\n").await;
    assert!(opened.starts_with("HTTP/1.1 101 "), "{opened}");
    assert!(
        opened.contains("chat") && !opened.contains("s3cr3t"),
        "{opened}"
    );
    assert_eq!(verifier.heard(), ["s3cr3t"]);
}

#[tokio::test]
async fn w9_plain_http_on_the_same_port_is_unchanged() {
    let layer = AuthenticateLayer::new(ListeningVerifier::vouching(&json!({"sub": "alice"})));
    let wire = serving(layer).await;
    let request = Request::get("http://api/socket")
        .body(Bytes::new())
        .unwrap();
    assert_eq!(
        wire.ask_http2(request).await.status,
        StatusCode::UNAUTHORIZED
    );
}

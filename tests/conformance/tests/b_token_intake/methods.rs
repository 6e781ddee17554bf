use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{Router, body::Body, routing::get};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body::Frame;
use portcullis::{AuthenticateLayer, RequireScope};
use portcullis_conformance::{Reply, Wire, send};

use crate::support::{Api, assert_answer, vouching};

/// The headers that the layer answers for, without the connection's own.
fn headers_of(reply: &Reply) -> HeaderMap {
    let mut headers = reply.headers.clone();
    headers.remove(header::DATE);
    headers
}

#[tokio::test]
async fn b21_head_is_answered_like_get_without_a_body() {
    let api = Api::start().await;
    let guarded = Router::new()
        .route("/guarded", get(|| async { "guarded" }))
        .route_layer(RequireScope::all(["write"]).unwrap())
        .layer(AuthenticateLayer::new(vouching()));
    let wire = Wire::serve(api.router.clone().merge(guarded)).await;
    let expired = api.world.server.token().claim("exp", 1).jwt();
    for (target, line, status) in [
        ("/", String::new(), 401),
        ("/", "Authorization: Bearer\r\n".to_owned(), 400),
        ("/", format!("Authorization: Bearer {expired}\r\n"), 401),
        ("/guarded", "Authorization: Bearer a\r\n".to_owned(), 403),
        ("/", format!("Authorization: Bearer {}\r\n", api.good), 200),
    ] {
        let request = |method: Method| {
            format!("{method} {target} HTTP/1.1\r\nHost: api\r\nConnection: close\r\n{line}\r\n")
        };
        let got = wire.ask(request(Method::GET)).await;
        let head = wire.ask(request(Method::HEAD)).await;
        assert_eq!(got.status, status, "{target} {line}");
        assert!(!got.body.is_empty(), "{target} {line}");
        assert_eq!(head.status, status, "{target} {line}");
        assert!(head.body.is_empty(), "{target} {line}: {head:?}");
        assert_eq!(headers_of(&head), headers_of(&got), "{target} {line}");
    }
}

#[tokio::test]
async fn b22_options_without_preflight_headers_is_authenticated() {
    let verifier = vouching();
    for layer in [
        AuthenticateLayer::new(verifier.clone()),
        AuthenticateLayer::new(verifier.clone()).allow_preflight(),
    ] {
        let router = Router::new()
            .route("/", get(|| async {}).options(|| async { "options" }))
            .layer(layer);
        let options = || Request::options("/");
        let reply = send(&router, options().body(Body::empty()).unwrap()).await;
        assert_answer(&reply, 401, None, "OPTIONS");
        let from_elsewhere = options().header(header::ORIGIN, "https://shop.example");
        let reply = send(&router, from_elsewhere.body(Body::empty()).unwrap()).await;
        assert_answer(&reply, 401, None, "OPTIONS with Origin");
        let authenticated = options().header(header::AUTHORIZATION, "Bearer a");
        let reply = send(&router, authenticated.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.body, "options");
    }
}

/// A body that nobody may look at.
struct Untouchable;

impl http_body::Body for Untouchable {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    #[expect(clippy::panic, reason = "to be polled is the failure")]
    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        panic!("the body was read")
    }
}

#[tokio::test]
async fn b23_a_rejection_does_not_read_the_body() {
    let api = Api::start().await;
    let dead = api.world.server.token().opaque();
    api.world.server.revoke(&dead);
    let expired = api.world.server.token().claim("exp", 1).jwt();
    for (line, status) in [
        (None, 401),
        (Some("Bearer".to_owned()), 400),
        (Some(format!("Bearer {expired}")), 401),
        (Some(format!("Bearer {dead}")), 401),
        (Some(format!("Bearer {}", api.good)), 200),
    ] {
        let mut request = Request::post("/");
        if let Some(line) = &line {
            request = request.header(header::AUTHORIZATION, line);
        }
        let request = request.body(Body::new(Untouchable)).unwrap();
        let reply = send(&api.router, request).await;
        assert_eq!(reply.status, status, "{line:?}");
    }
}

#[tokio::test]
async fn b23_expect_continue_gets_the_final_answer_at_once() {
    let echo = Router::new()
        .route("/", axum::routing::post(|body: Bytes| async { body }))
        .layer(AuthenticateLayer::new(vouching()));
    let wire = Wire::serve(echo).await;
    let request = |line: &str, body: &str| {
        format!(
            "POST / HTTP/1.1\r\nHost: api\r\nConnection: close\r\nContent-Length: 4\r\n\
             Expect: 100-continue\r\n{line}\r\n{body}"
        )
    };
    // The client sends no body and still gets its answer; had it been asked for the body, it
    // would read `100 Continue` first.
    let refused = wire.exchange(request("", "")).await;
    let refused = String::from_utf8(refused).unwrap();
    assert!(refused.starts_with("HTTP/1.1 401 "), "{refused}");
    assert!(!refused.contains("100 Continue"), "{refused}");

    let accepted = wire.exchange(request("Authorization: Bearer a\r\n", "body"));
    let accepted = String::from_utf8(accepted.await).unwrap();
    assert!(
        accepted.starts_with("HTTP/1.1 100 Continue\r\n"),
        "{accepted}"
    );
    assert!(accepted.ends_with("\r\n\r\nbody"), "{accepted}");
}

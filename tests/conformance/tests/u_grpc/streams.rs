//! What is open stays open, and what is exempt is left alone.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{Router, body::Body, routing::post};
use bytes::Bytes;
use http::{Request, Version};
use http_body::Frame;
use http_body_util::BodyExt;
use portcullis::AuthenticateLayer;
use portcullis_conformance::{World, protected, send};
use portcullis_testing::{Endpoint, Fault};
use tokio::sync::oneshot;
use tower::ServiceExt;

/// A body of one frame, which comes when it is sent.
struct Channel(oneshot::Receiver<Bytes>);

impl http_body::Body for Channel {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.0.is_terminated() {
            return Poll::Ready(None);
        }
        let sent = ready!(Pin::new(&mut self.0).poll(cx));
        Poll::Ready(sent.ok().map(|data| Ok(Frame::data(data))))
    }
}

fn grpc(path: &str) -> http::request::Builder {
    Request::post(path)
        .version(Version::HTTP_2)
        .header("content-type", "application/grpc")
}

#[tokio::test]
async fn u7_a_stream_is_judged_once_when_it_is_opened() {
    let world = World::start().await;
    let issuer = world.realm().connect().await.unwrap();
    let (sender, receiver) = oneshot::channel();
    let body = Arc::new(Mutex::new(Some(Channel(receiver))));
    let handler = move || {
        let body = body.lock().unwrap().take().unwrap();
        async move { Body::new(body) }
    };
    let router = Router::new()
        .route("/watch", post(handler))
        .layer(AuthenticateLayer::new(issuer.jwt()).answer_grpc());
    let token = world
        .server
        .token()
        .expires_in(Duration::from_secs(60))
        .jwt();
    let request = grpc("/watch").header("authorization", format!("Bearer {token}"));
    let response = router
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    world.clock.advance(Duration::from_secs(3600));
    sender.send(Bytes::from_static(b"still here")).unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "still here");
}

#[tokio::test]
async fn u9_unavailable_says_when_to_come_again() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().introspection());
    let down = Fault::status(503).header("retry-after", "7");
    world.server.inject(Endpoint::Introspection, down);
    let token = world.server.token().opaque();
    let request = grpc("/active").header("authorization", format!("Bearer {token}"));
    let reply = send(&router, request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.headers["grpc-status"], "14");
    assert_eq!(reply.headers["grpc-retry-pushback-ms"], "7000");
}

#[tokio::test]
async fn u10_health_and_reflection_can_be_exempt() {
    let world = World::start().await;
    let issuer = world.realm().build().unwrap();
    let router = Router::new()
        .route("/shop.Orders/List", post(|| async {}))
        .layer(AuthenticateLayer::new(issuer.jwt()).answer_grpc())
        .route("/grpc.health.v1.Health/Check", post(|| async {}))
        .route(
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            post(|| async {}),
        );
    let status = async |path: &str| {
        let reply = send(&router, grpc(path).body(Body::empty()).unwrap()).await;
        reply
            .headers
            .get("grpc-status")
            .map(|status| status.to_str().unwrap().to_owned())
    };
    assert_eq!(status("/shop.Orders/List").await.as_deref(), Some("16"));
    assert_eq!(status("/grpc.health.v1.Health/Check").await, None);
    let reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    assert_eq!(status(reflection).await, None);
}

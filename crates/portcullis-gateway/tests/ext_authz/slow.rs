use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, header};
use http_body::{Body, Frame};
use portcullis_gateway::{Config, ExtAuthz, Gate, Judging, forwarded::Peer};
use tower::ServiceExt;

use crate::world::{LOCAL, World};

/// A question that never comes to its end.
struct Unending;

impl Body for Unending {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn nobody_waits_for_a_question_without_an_end() {
    let text = format!(
        "[forward_auth]\ngateway = \"envoy\"\n{LOCAL}\n[issuer]\nurl = \"https://id.example.com\"\naudience = [\"a\"]\n"
    );
    let config = Config::parse(&text).unwrap();
    let authenticator = Judging::new(&config.settings).unwrap().authenticator;
    let gate = Arc::new(Gate::new(config.policy, authenticator));
    let judge = ExtAuthz::new(gate, Peer::Socket).within(Duration::from_millis(1));
    let question = Request::post("/envoy.service.auth.v3.Authorization/Check")
        .header(header::CONTENT_TYPE, "application/grpc")
        .body(Unending)
        .unwrap();
    let answer = judge.oneshot(question).await.unwrap();
    // DEADLINE_EXCEEDED
    assert_eq!(answer.headers()["grpc-status"], "4");
}

#[tokio::test]
async fn who_is_not_trusted_gets_no_word_in() {
    let listen = "listen = \"127.0.0.1:0\"\ntrusted_peers = [\"192.0.2.0/24\"]";
    let world = World::start(listen, "").await;
    let mut stream = tokio::net::TcpStream::connect(world.address.unwrap())
        .await
        .unwrap();
    use tokio::io::AsyncReadExt;
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

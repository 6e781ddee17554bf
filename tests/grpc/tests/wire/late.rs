//! Methods that take their time, and answer when the token is over already.

use std::{convert::Infallible, task::Poll};

use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use portcullis::AuthenticateLayer;
use portcullis_conformance::{Instance, World};
use portcullis_testing::Session;
use portcullis_tonic::EndWithTokenLayer;
use tonic::{Status, body::Body};
use tower::{Layer, ServiceExt, service_fn};

struct Late {
    world: World,
    instance: Instance,
}

/// What a method says, frame by frame.
type Said = BoxStream<'static, Frame<Bytes>>;

fn message(text: &'static str) -> Frame<Bytes> {
    Frame::data(Bytes::from_static(text.as_bytes()))
}

fn good() -> Frame<Bytes> {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", "0".parse().unwrap());
    Frame::trailers(trailers)
}

impl Late {
    async fn start() -> Self {
        let world = World::start().await;
        let instance = Instance::start(&world).await;
        Self { world, instance }
    }

    /// Has a method begin with a good token, and answer so when that is over. What the client gets: the
    /// messages, and the status at the end.
    async fn answers(&self, content_type: &'static str, said: Said) -> (Vec<Bytes>, HeaderMap) {
        let session = self.world.server.login("ali");
        let response = self.begin(&session, content_type, said).await;
        let mut body = response.into_body();
        let (mut messages, mut trailers) = (Vec::new(), HeaderMap::new());
        while let Some(frame) = body.frame().await {
            match frame.unwrap().into_data() {
                Ok(data) => messages.push(data),
                Err(frame) => trailers = frame.into_trailers().unwrap(),
            }
        }
        (messages, trailers)
    }

    async fn begin(
        &self,
        session: &Session,
        content_type: &'static str,
        said: Said,
    ) -> Response<Body> {
        let instance = self.instance.clone();
        let over = session.clone();
        let said = std::sync::Mutex::new(Some(said));
        let method = move |_: Request<Body>| {
            let said = said.lock().unwrap().take().unwrap();
            let (instance, over) = (instance.clone(), over.clone());
            async move {
                instance.hear_of(&over).await;
                let body = Body::new(StreamBody::new(said.map(Ok::<_, Status>)));
                let response = Response::builder().header("content-type", content_type);
                Ok::<_, Infallible>(response.body(body).unwrap())
            }
        };
        let method = std::sync::Arc::new(method);
        let service = AuthenticateLayer::grpc(self.instance.issuer.hybrid())
            .layer(EndWithTokenLayer::new().layer(service_fn(move |request| method(request))));
        let request = Request::post("/shop.v1.Orders/Watch")
            .version(http::Version::HTTP_2)
            .header("content-type", content_type)
            .header("authorization", format!("Bearer {}", session.token().jwt()));
        let request = request.body(Body::empty()).unwrap();
        service.oneshot(request).await.unwrap()
    }
}

#[tokio::test]
async fn a_stream_says_nothing_after_its_token_is_over() {
    let late = Late::start().await;
    let never = || stream::poll_fn(|_| Poll::<Option<Frame<Bytes>>>::Pending);
    let streams: [Said; 4] = [
        stream::iter([message("one"), message("two"), good()]).boxed(),
        stream::iter([message("one"), message("two"), message("three"), good()]).boxed(),
        stream::iter([message("one")]).chain(never()).boxed(),
        never().boxed(),
    ];
    for said in streams {
        let (messages, trailers) = late.answers("application/grpc", said).await;
        assert_eq!(messages, [""; 0]);
        assert_eq!(trailers["grpc-status"], "16");
    }
}

/// A payment that was made is answered.
#[tokio::test]
async fn an_answer_of_one_message_comes_through() {
    let late = Late::start().await;
    let said = stream::iter([message("paid"), good()]).boxed();
    let (messages, trailers) = late.answers("application/grpc", said).await;
    assert_eq!(messages, ["paid"]);
    assert_eq!(trailers["grpc-status"], "0");
    let refused = stream::iter([good()]).boxed();
    let (messages, trailers) = late.answers("application/grpc", refused).await;
    assert_eq!(messages, [""; 0]);
    assert_eq!(trailers["grpc-status"], "0");
}

/// There the status is a message of its own kind.
#[tokio::test]
async fn an_answer_of_grpc_web_comes_through_as_well() {
    let late = Late::start().await;
    for (content_type, paid, status) in [
        ("application/grpc-web+proto", "\0paid", "\u{1}status"),
        ("application/grpc-web-text+proto", "AAAApaid", "gAAAstatus"),
    ] {
        let status = match status.strip_prefix('\u{1}') {
            Some(lines) => Bytes::from([&[0x80], lines.as_bytes()].concat()),
            None => Bytes::from(status),
        };
        let said = [message(paid), Frame::data(status.clone())];
        let said = stream::iter(said).boxed();
        let (messages, _) = late.answers(content_type, said).await;
        assert_eq!(messages, [Bytes::from(paid), status], "{content_type}");
    }
}

//! gRPC-Web by tonic-web, on either side of which streams end with their token.
//!
//! U8 is tested by reqwest, which sends what it is given, by tonic's own client, as tonic-web makes it speak
//! gRPC-Web, and by Connect (see `connect`). grpcurl cannot be: it speaks gRPC alone, and ignores a
//! `content-type` that it is told to send.

use std::{net::SocketAddr, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::{BufMut, Bytes};
use http::{HeaderName, Method, Request, StatusCode};
use portcullis::AuthenticateLayer;
use portcullis_conformance::{Instance, World, until};
use portcullis_testing::Session;
use prost::Message;
use reqwest::{Client, Response, header};
use tonic::{Code, body::Body, client::GrpcService, transport::Server};
use tonic_web::{GrpcWebCall, GrpcWebClientLayer, GrpcWebLayer};
use tower::{Layer, ServiceExt};
use tower_http::cors::{Any, CorsLayer};

use crate::{
    served::{Served, call, routes, table, text},
    shop::proto::{Text, orders_client::OrdersClient},
};

type WebBody = GrpcWebCall<Body>;

/// A server that speaks gRPC-Web, and the authorization server behind it.
pub(crate) struct Web {
    world: World,
    instance: Instance,
    served: Served,
    client: Client,
}

/// Which of the two is further out, within the layer that authenticates.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Outer {
    Table,
    Web,
}

impl Web {
    pub(crate) async fn start(outer: Outer) -> Self {
        let world = World::start().await;
        let instance = Instance::start(&world).await;
        let authenticate = AuthenticateLayer::grpc(instance.issuer.hybrid());
        let served = Served::serving(async |shop, incoming, stopped| {
            let routes = routes(&shop).await;
            let server = Server::builder().accept_http1(true);
            match outer {
                Outer::Table => {
                    let server = server
                        .layer(table().behind(authenticate))
                        .layer(GrpcWebLayer::new());
                    let server = server.clone().add_routes(routes);
                    tokio::spawn(server.serve_with_incoming_shutdown(incoming, stopped));
                }
                Outer::Web => {
                    let server = server
                        .layer(authenticate)
                        .layer(GrpcWebLayer::new())
                        .layer(table());
                    let server = server.clone().add_routes(routes);
                    tokio::spawn(server.serve_with_incoming_shutdown(incoming, stopped));
                }
            }
        })
        .await;
        Self {
            world,
            instance,
            served,
            client: Client::builder().no_proxy().build().unwrap(),
        }
    }

    pub(crate) fn login(&self) -> (Session, String) {
        let session = self.world.server.login("ali");
        let token = session.token().expires_in(Duration::from_secs(3600)).jwt();
        (session, token)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.served.address
    }

    /// How often a method was reached.
    pub(crate) fn calls(&self) -> usize {
        self.served.shop.calls()
    }

    /// Says something to the one stream that is open, as soon as it is.
    pub(crate) async fn says(&self, event: &str) {
        until(|| self.served.shop.open() == 1).await;
        self.served.shop.events.send(event.into()).unwrap();
    }

    /// Hears that a session is over.
    pub(crate) async fn hears_of(&self, session: &Session) {
        self.instance.hear_of(session).await;
    }

    /// Whether no stream is open.
    pub(crate) fn is_quiet(&self) -> bool {
        self.served.shop.open() == 0
    }

    /// tonic's own client, speaking gRPC-Web.
    async fn tonics(&self) -> OrdersClient<impl GrpcService<Body, ResponseBody = WebBody> + use<>> {
        let channel = self.served.channel().await;
        let channel =
            channel.map_request(|request: Request<GrpcWebCall<Body>>| request.map(Body::new));
        OrdersClient::new(GrpcWebClientLayer::new().layer(channel))
    }

    async fn post(&self, method: &str, kind: Kind, token: &str) -> Response {
        let url = format!("http://{}/shop.v1.Orders/{method}", self.served.address);
        let request = self.client.post(url);
        request
            .header(header::CONTENT_TYPE, kind.content_type())
            .header(header::ACCEPT, kind.content_type())
            .bearer_auth(token)
            .body(kind.encoded(&text("hello")))
            .send()
            .await
            .unwrap()
    }
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Binary,
    Text,
}

impl Kind {
    fn content_type(self) -> &'static str {
        match self {
            Self::Binary => "application/grpc-web+proto",
            Self::Text => "application/grpc-web-text+proto",
        }
    }

    fn encoded(self, message: &Text) -> Bytes {
        let mut frame = vec![0];
        frame.put_u32(message.encoded_len().try_into().unwrap());
        message.encode(&mut frame).unwrap();
        match self {
            Self::Binary => frame.into(),
            Self::Text => STANDARD.encode(frame).into(),
        }
    }

    /// What stands in an answer, each part of which is encoded by itself.
    fn decoded(self, parts: &[Bytes]) -> Vec<u8> {
        let decoded = parts.iter().map(|part| match self {
            Self::Binary => part.to_vec(),
            Self::Text => decoded_quads(part),
        });
        decoded.flatten().collect()
    }
}

/// Base64 whose parts may each have padding of their own.
fn decoded_quads(text: &[u8]) -> Vec<u8> {
    let quads = text.chunks(4).map(|quad| STANDARD.decode(quad).unwrap());
    quads.flatten().collect()
}

/// The trailers at the end of an answer.
fn trailers(answer: &[u8]) -> String {
    let mut rest = answer;
    loop {
        let length = u32::from_be_bytes(rest[1..5].try_into().unwrap());
        let (frame, behind) = rest[5..].split_at(length as usize);
        if rest[0] & 0x80 != 0 {
            assert!(behind.is_empty(), "nothing follows the trailers");
            return String::from_utf8(frame.to_vec()).unwrap();
        }
        rest = behind;
    }
}

const ALL: [(Outer, Kind); 4] = [
    (Outer::Table, Kind::Binary),
    (Outer::Table, Kind::Text),
    (Outer::Web, Kind::Binary),
    (Outer::Web, Kind::Text),
];

#[tokio::test]
async fn a_good_token_reaches_the_method() {
    for (outer, kind) in ALL {
        let web = Web::start(outer).await;
        let (_, token) = web.login();
        let answer = web.post("List", kind, &token).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let answer = kind.decoded(&[answer.bytes().await.unwrap()]);
        let message = Text::decode(&answer[5..8 + 2]).unwrap();
        assert_eq!(message.text, "ali", "{outer:?} {kind:?}");
        assert!(
            trailers(&answer).contains("grpc-status:0"),
            "{outer:?} {kind:?}"
        );
    }
}

/// Refusals of the layer, of the table and of the method all stand in the headers.
#[tokio::test]
async fn u8_what_is_refused_is_refused_in_grpc_web() {
    for (outer, kind) in ALL {
        let web = Web::start(outer).await;
        let (_, token) = web.login();
        for (method, token, status) in [
            ("List", "bad", "16"),
            ("Close", &*token, "7"),
            ("Forgotten", &*token, "7"),
            ("Refund", &*token, "7"),
        ] {
            let answer = web.post(method, kind, token).await;
            let case = format!("{outer:?} {kind:?} {method}");
            assert_eq!(answer.status(), StatusCode::OK, "{case}");
            let headers = answer.headers();
            assert_eq!(headers[header::CONTENT_TYPE], kind.content_type(), "{case}");
            assert_eq!(headers["grpc-status"], status, "{case}");
            assert!(headers.contains_key(header::WWW_AUTHENTICATE), "{case}");
        }
    }
}

#[tokio::test]
async fn u8_tonics_client_is_refused_in_grpc_web() {
    for outer in [Outer::Table, Outer::Web] {
        let web = Web::start(outer).await;
        let (_, token) = web.login();
        let mut client = web.tonics().await;
        let answer = call(&mut client, "List", Some(&token)).await;
        assert_eq!(answer.unwrap(), "ali", "{outer:?}");
        for (method, token, code) in [
            ("List", None, Code::Unauthenticated),
            ("List", Some("bad"), Code::Unauthenticated),
            ("Close", Some(&*token), Code::PermissionDenied),
            ("Forgotten", Some(&token), Code::PermissionDenied),
            ("Refund", Some(&token), Code::PermissionDenied),
        ] {
            let status = call(&mut client, method, token).await.unwrap_err();
            let case = format!("{outer:?} {method}: {status:?}");
            assert_eq!(status.code(), code, "{case}");
            assert!(!status.message().is_empty(), "{case}");
            let challenge = status.metadata().get("www-authenticate");
            assert!(challenge.is_some(), "{case}");
        }
    }
}

#[tokio::test]
async fn a_stream_of_grpc_web_ends_with_its_token() {
    for (outer, kind) in ALL {
        let web = Web::start(outer).await;
        let (session, token) = web.login();
        let mut answer = web.post("Watch", kind, &token).await;
        web.says("begun").await;
        let mut parts = vec![answer.chunk().await.unwrap().unwrap()];
        web.hears_of(&session).await;
        while let Some(part) = answer.chunk().await.unwrap() {
            parts.push(part);
        }
        let trailers = trailers(&kind.decoded(&parts));
        let case = format!("{outer:?} {kind:?}: {trailers}");
        assert!(trailers.contains("grpc-status:16\r\n"), "{case}");
        assert!(trailers.contains("grpc-message:"), "{case}");
        assert!(
            trailers.contains("www-authenticate:Bearer realm="),
            "{case}"
        );
        until(|| web.is_quiet()).await;
    }
}

/// As the README has it: preflights have no token, and scripts read why they are refused.
#[tokio::test]
async fn pages_of_other_origins_are_told_why_they_are_refused() {
    let world = World::start().await;
    let issuer = world.realm().connect().await.unwrap();
    let exposed = ["grpc-status", "grpc-message", "www-authenticate"].map(HeaderName::from_static);
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_headers(Any)
        .expose_headers(exposed);
    let served = Served::serving(async |shop, incoming, stopped| {
        let server = Server::builder()
            .accept_http1(true)
            .layer(cors)
            .layer(table().behind(AuthenticateLayer::grpc(issuer.jwt())))
            .layer(GrpcWebLayer::new());
        let server = server.clone().add_routes(routes(&shop).await);
        tokio::spawn(server.serve_with_incoming_shutdown(incoming, stopped));
    })
    .await;
    let url = format!("http://{}/shop.v1.Orders/List", served.address);
    let client = Client::builder().no_proxy().build().unwrap();
    let preflight = client
        .request(Method::OPTIONS, &url)
        .header(header::ORIGIN, "https://app.example.com")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,x-grpc-web");
    let answer = preflight.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["access-control-allow-headers"], "*");
    let refused = client
        .post(&url)
        .header(header::ORIGIN, "https://app.example.com")
        .header(header::CONTENT_TYPE, Kind::Binary.content_type());
    let refused = refused.send().await.unwrap();
    assert_eq!(refused.headers()["grpc-status"], "16");
    assert_eq!(
        refused.headers()["access-control-expose-headers"],
        "grpc-status,grpc-message,www-authenticate"
    );
}

use std::net::SocketAddr;

use axum::{Router, routing::post};
use http::{HeaderMap, Request, StatusCode, Uri, header};
use http_body_util::BodyExt;
use portcullis::{AuthenticateLayer, RequireActiveLayer, RequireRole, RequireScope, TokenVerifier};
use tokio::net::TcpListener;
use tonic::{Status, body::Body, transport::Channel};
use tower::{Service, ServiceExt};

/// What a method answers that was reached.
const REACHED: [(&str, &str); 2] = [("content-type", "application/grpc"), ("grpc-status", "0")];

/// A gRPC service behind the layer, on a loopback port, and a client of it.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    channel: Channel,
}

/// What a client got.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) http_status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body_is_over: bool,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Option<HeaderMap>,
}

impl Served {
    /// Methods of one service: `List` wants a good token, `Close` a role, `Export` a scope,
    /// `Pay` a live answer. The layer stands in front of all of them.
    pub(crate) async fn start(verifier: impl TokenVerifier) -> Self {
        let method = || post(|| async { REACHED });
        let scope = RequireScope::all(["export"]).unwrap();
        let router = Router::new()
            .route("/shop.Orders/List", method())
            .route(
                "/shop.Orders/Close",
                method().route_layer(RequireRole::realm("clerk")),
            )
            .route("/shop.Orders/Export", method().route_layer(scope))
            .route(
                "/shop.Orders/Pay",
                method().route_layer(RequireActiveLayer::live()),
            )
            .layer(AuthenticateLayer::new(verifier).answer_grpc());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(axum::serve(listener, router).into_future());
        let uri: Uri = format!("http://{address}").parse().unwrap();
        Self {
            address,
            channel: Channel::builder(uri).connect().await.unwrap(),
        }
    }

    /// Calls a method in gRPC with these headers.
    pub(crate) async fn call(&self, method: &str, headers: &[(&str, &str)]) -> Answer {
        let grpc = [("content-type", "application/grpc"), ("te", "trailers")];
        let headers: Vec<_> = grpc.into_iter().chain(headers.iter().copied()).collect();
        self.post(method, &headers).await
    }

    /// Posts to a method over HTTP/2 with these headers and no others.
    pub(crate) async fn post(&self, method: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::post(format!("/shop.Orders/{method}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut channel = self.channel.clone();
        let request = request.body(Body::empty()).unwrap();
        let response = channel.ready().await.unwrap().call(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body_is_over = http_body::Body::is_end_stream(&body);
        let body = body.collect().await.unwrap();
        Answer {
            http_status: parts.status,
            headers: parts.headers,
            body_is_over,
            trailers: body.trailers().cloned(),
            body: body.to_bytes().to_vec(),
        }
    }
}

impl Answer {
    /// The status as a gRPC client reads it.
    #[track_caller]
    pub(crate) fn status(&self) -> Status {
        Status::from_header_map(&self.headers).unwrap()
    }

    /// A header that stands at most once.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?;
        assert!(values.next().is_none(), "{name} stands twice");
        Some(value.to_str().unwrap())
    }

    /// Asserts that the answer consists of headers alone, with HTTP status 200.
    #[track_caller]
    pub(crate) fn assert_trailers_only(&self) {
        assert_eq!(self.http_status, StatusCode::OK, "{self:?}");
        assert!(self.body_is_over, "{self:?}");
        assert_eq!(self.body, b"", "{self:?}");
        assert_eq!(self.trailers, None);
        let content_type = self.header(header::CONTENT_TYPE.as_str());
        assert!(content_type.unwrap().starts_with("application/grpc"));
        assert!(self.header("grpc-status").is_some());
        assert!(self.header("grpc-message").is_some());
    }
}

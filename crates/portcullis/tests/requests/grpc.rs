//! gRPC over the wire: a real tonic server and a real tonic client, on loopback.

use std::net::SocketAddr;

use axum::{Router, routing::get};
use http::Uri;
use portcullis::{AuthenticateLayer, Reason, RequireActiveLayer, RequireRole, TokenVerifier};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tonic::{
    Code, Request, Status,
    metadata::MetadataMap,
    service::{LayerExt, Routes},
    transport::{Channel, Server, server::TcpIncoming},
};
use tonic_health::{
    ServingStatus,
    pb::{HealthCheckRequest, health_client::HealthClient},
    server::{HealthReporter, health_reporter},
};

use crate::support::{Live, Scripted, with_role};

/// A layer around the whole server: the layer first, then what the route requires.
async fn whole_server(verifier: impl TokenVerifier + Clone, guard: RequireRole) -> SocketAddr {
    let (_, health) = health_reporter();
    let server = Server::builder()
        .accept_http1(true)
        .layer(AuthenticateLayer::grpc(verifier))
        .layer(guard)
        .add_service(health);
    let (listener, address) = listen().await;
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    address
}

/// One named service that asks live; what else the server has is open.
async fn one_service(verifier: impl TokenVerifier) -> (SocketAddr, HealthReporter) {
    let (reporter, health) = health_reporter();
    let guarded = tower::ServiceBuilder::new()
        .layer(AuthenticateLayer::grpc(verifier))
        .layer(RequireActiveLayer::live())
        .named_layer(health);
    let (listener, address) = listen().await;
    let server = Server::builder().add_service(guarded);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    (address, reporter)
}

/// tonic and axum in one router, under one layer.
async fn together(verifier: impl TokenVerifier) -> SocketAddr {
    let (_, health) = health_reporter();
    let router: Router = Routes::new(health)
        .into_axum_router()
        .route("/orders", get(|| async { "orders" }))
        .layer(AuthenticateLayer::new(verifier).answer_grpc());
    let (listener, address) = listen().await;
    tokio::spawn(axum::serve(listener, router).into_future());
    address
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

async fn client(address: SocketAddr) -> HealthClient<Channel> {
    let uri: Uri = format!("http://{address}").parse().unwrap();
    HealthClient::new(Channel::builder(uri).connect().await.unwrap())
}

/// A call that brings tokens.
fn call(tokens: &[&str]) -> Request<HealthCheckRequest> {
    let mut call = Request::new(HealthCheckRequest::default());
    for token in tokens {
        let value = format!("Bearer {token}").parse().unwrap();
        call.metadata_mut().append("authorization", value);
    }
    call
}

async fn check(address: SocketAddr, tokens: &[&str]) -> Result<(), Status> {
    client(address).await.check(call(tokens)).await.map(drop)
}

fn metadata<'a>(metadata: &'a MetadataMap, name: &str) -> Option<&'a str> {
    metadata.get(name).map(|value| value.to_str().unwrap())
}

/// The answer to a plain HTTP/1.1 POST of JSON, as it comes over the wire, in lower case.
async fn post_json(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = "POST /grpc.health.v1.Health/Check HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
                   content-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.to_lowercase()
}

#[tokio::test]
async fn each_kind_of_refusal_has_its_code() {
    let address = whole_server(Scripted::plain(), RequireRole::realm("admin")).await;
    for (tokens, code, message) in [
        (
            &[][..],
            Code::Unauthenticated,
            "An access token is required",
        ),
        (
            &["forged"],
            Code::Unauthenticated,
            "The access token could not be verified",
        ),
        (
            &["good", "good"],
            Code::Unauthenticated,
            "The request must carry exactly one set of credentials",
        ),
        (
            &["good"],
            Code::PermissionDenied,
            "The access token does not grant this",
        ),
        (
            &["issuer_unreachable"],
            Code::Unavailable,
            "The access token cannot be verified at the moment",
        ),
        (
            &["client_credentials_refused"],
            Code::Internal,
            "The service is not configured correctly",
        ),
    ] {
        let status = check(address, tokens).await.unwrap_err();
        assert_eq!(
            (status.code(), status.message()),
            (code, message),
            "{tokens:?}"
        );
    }
}

#[tokio::test]
async fn a_good_token_reaches_the_service() {
    let verifier = Scripted::new(with_role("admin"));
    let address = whole_server(verifier, RequireRole::realm("admin")).await;
    check(address, &["good"]).await.unwrap();
}

#[tokio::test]
async fn challenge_and_pushback_are_metadata() {
    let address = whole_server(Scripted::plain(), RequireRole::realm("admin")).await;
    let missing = check(address, &[]).await.unwrap_err();
    let challenge = metadata(missing.metadata(), "www-authenticate");
    assert_eq!(challenge, Some(r#"Bearer realm="api""#));
    assert_eq!(metadata(missing.metadata(), "grpc-retry-pushback-ms"), None);

    let expired = check(address, &["expired"]).await.unwrap_err();
    let challenge = metadata(expired.metadata(), "www-authenticate");
    assert_eq!(
        challenge,
        Some(
            r#"Bearer realm="api", error="invalid_token", error_description="The access token expired""#
        )
    );

    let down = check(address, &["issuer_unreachable"]).await.unwrap_err();
    assert_eq!(
        metadata(down.metadata(), "grpc-retry-pushback-ms"),
        Some("1000")
    );
    assert_eq!(metadata(down.metadata(), "www-authenticate"), None);
}

#[tokio::test]
async fn a_plain_post_to_a_grpc_server_is_answered_in_http() {
    let address = whole_server(Scripted::plain(), RequireRole::realm("admin")).await;
    let answer = post_json(address).await;
    assert!(answer.starts_with("http/1.1 401 "), "{answer}");
    assert!(
        answer.contains("www-authenticate: bearer realm=\"api\"\r\n"),
        "{answer}"
    );
    assert!(!answer.contains("grpc-status"), "{answer}");
}

#[tokio::test]
async fn one_service_can_have_the_layer_for_itself() {
    let verifier = Scripted::plain();
    let (address, _) = one_service(verifier.clone()).await;
    check(address, &["good"]).await.unwrap();
    assert_eq!(verifier.calls(), 1);
    assert_eq!(
        check(address, &[]).await.unwrap_err().code(),
        Code::Unauthenticated
    );

    verifier.becomes(Live::No(Reason::Inactive));
    let status = check(address, &["good"]).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert_eq!(status.message(), "The access token is not active");

    verifier.becomes(Live::No(Reason::IssuerTimeout));
    let status = check(address, &["good"]).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
}

#[tokio::test]
async fn a_streaming_call_is_judged_once_when_it_is_opened() {
    let verifier = Scripted::plain();
    let (address, reporter) = one_service(verifier.clone()).await;
    let mut client = client(address).await;
    let mut stream = client.watch(call(&["good"])).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().status, 1);

    verifier.becomes(Live::No(Reason::Inactive));
    reporter
        .set_service_status("", ServingStatus::NotServing)
        .await;
    assert_eq!(stream.message().await.unwrap().unwrap().status, 2);
    assert_eq!(verifier.calls(), 1);

    let refused = client.watch(call(&["good"])).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn axum_and_tonic_share_one_layer() {
    let address = together(Scripted::plain()).await;
    check(address, &["good"]).await.unwrap();
    let status = check(address, &["expired"]).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert!(metadata(status.metadata(), "www-authenticate").is_some());
    let status = check(address, &["issuer_unreachable"]).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);

    let answer = post_json(address).await;
    assert!(answer.starts_with("http/1.1 401 "), "{answer}");
    assert!(
        answer.contains("content-type: application/json\r\n"),
        "{answer}"
    );
    assert!(answer.contains(r#"{"error":"missing_token""#), "{answer}");
}

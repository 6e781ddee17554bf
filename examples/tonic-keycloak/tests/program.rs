//! The program as it is started: what each method answers, and what becomes of a stream.
#![cfg(test)]

use std::{process::Stdio, time::Duration};

use portcullis_testing::{AuthorizationServer, Endpoint, Fault};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};
use tonic::{Code, Request, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

mod proto {
    tonic::include_proto!("shop.v1");
}

use proto::{
    CloseRequest, ListRequest, PayRequest, RefundRequest, WatchRequest, orders_client::OrdersClient,
};

/// The program and a way to it. Dropping it ends it.
struct Program {
    _process: Child,
    channel: Channel,
}

impl Program {
    async fn start(server: &AuthorizationServer) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_tonic-keycloak"))
            .env("ISSUER", server.issuer())
            .env("AUDIENCE", "orders-api")
            .env("CLIENT_ID", "orders-api")
            .env("CLIENT_SECRET", "secret")
            .env("LISTEN", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap();
        let address = line.strip_prefix("listening on ").unwrap().to_owned();
        let channel = Channel::from_shared(address).unwrap();
        Self {
            _process: process,
            channel: channel.connect().await.unwrap(),
        }
    }

    fn orders(&self) -> OrdersClient<Channel> {
        OrdersClient::new(self.channel.clone())
    }
}

async fn server() -> AuthorizationServer {
    AuthorizationServer::builder()
        .audience("orders-api")
        .client("orders-api", "secret")
        .start()
        .await
        .unwrap()
}

fn bearing<M>(token: &str, message: M) -> Request<M> {
    let mut request = Request::new(message);
    let value = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", value);
    request
}

#[tokio::test]
async fn each_method_wants_what_the_table_says() {
    let server = server().await;
    let program = Program::start(&server).await;
    let mut orders = program.orders();
    let order = || "a book".to_owned();
    let user = server.login("ali").token().jwt();
    let session = server.login("mia");
    let admin = session.token().realm_roles(["admin"]).jwt();

    let listed = orders.list(bearing(&user, ListRequest {})).await.unwrap();
    assert_eq!(listed.into_inner().owner, "ali");
    let refused = orders.list(ListRequest {}).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert!(refused.metadata().contains_key("www-authenticate"));

    let paid = orders.pay(bearing(&user, PayRequest { order: order() }));
    assert_eq!(paid.await.unwrap().into_inner().paid_by, "ali");

    let closing = |token: &str| bearing(token, CloseRequest { order: order() });
    let refused = orders.close(closing(&user)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let closed = orders.close(closing(&admin)).await.unwrap().into_inner();
    assert_eq!(closed.closed_by, "mia");

    let refunding = |token: &str| bearing(token, RefundRequest { order: order() });
    let refunded = orders.refund(refunding(&admin)).await.unwrap();
    assert_eq!(refunded.into_inner().refunded_by, "mia");
    server.set_realm_roles("mia", [""; 0]);
    let refused = orders.refund(refunding(&admin)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    orders.close(closing(&admin)).await.unwrap();

    server.inject(Endpoint::Introspection, Fault::status(503));
    let refused = orders.pay(bearing(&user, PayRequest { order: order() }));
    assert_eq!(refused.await.unwrap_err().code(), Code::Unavailable);
    orders.list(bearing(&user, ListRequest {})).await.unwrap();
}

#[tokio::test]
async fn a_stream_ends_when_the_token_is_known_to_be_over() {
    let server = server().await;
    let program = Program::start(&server).await;
    let token = server.login("ali").token().jwt();
    let mut orders = program.orders();
    let watching = orders.watch(bearing(&token, WatchRequest {})).await;
    let mut events = watching.unwrap().into_inner();
    let event = events.message().await.unwrap().unwrap();
    assert_eq!(event.text, "ali was told 1 times");
    // Somebody asks about it, and the stream hears the answer.
    server.revoke(&token);
    let paying = bearing(&token, PayRequest::default());
    let refused = orders.pay(paying).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let ended = async {
        loop {
            if let Err(status) = events.message().await {
                break status;
            }
        }
    };
    let status = tokio::time::timeout(Duration::from_secs(20), ended).await;
    let status = status.unwrap();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert!(status.metadata().contains_key("www-authenticate"));
}

#[tokio::test]
async fn health_is_for_everybody() {
    let server = server().await;
    let program = Program::start(&server).await;
    let mut health = HealthClient::new(program.channel.clone());
    let answer = health.check(HealthCheckRequest::default()).await;
    assert!(answer.is_ok(), "{answer:?}");
}

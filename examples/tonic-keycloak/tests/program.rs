//! The program as it is started: what each method answers, and what becomes of a stream.
#![cfg(test)]

use std::{process::Stdio, time::Duration};

use portcullis_testing::{AuthorizationServer, Endpoint, Fault};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};
use tonic::{Code, Request, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest,
};

mod proto {
    tonic::include_proto!("shop.v1");
}

use proto::{
    CloseRequest, ListRequest, PayRequest, RefundRequest, WatchRequest, orders_client::OrdersClient,
};

/// The program and a way to it. Dropping it ends it.
struct Program {
    process: Child,
    channel: Channel,
    management: String,
}

impl Program {
    async fn start(server: &AuthorizationServer) -> Self {
        Self::with(server, &[]).await
    }

    /// The same with variables of the test's own.
    async fn with(server: &AuthorizationServer, variables: &[(&str, &str)]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_tonic-keycloak"))
            .env("ISSUER", server.issuer())
            .env("AUDIENCE", "orders-api")
            .env("CLIENT_ID", "orders-api")
            .env("CLIENT_SECRET", "secret")
            .env("LISTEN", "127.0.0.1:0")
            .env("MANAGEMENT_LISTEN", "127.0.0.1:0")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap();
        let address = line.strip_prefix("listening on ").unwrap().to_owned();
        let channel = Channel::from_shared(address).unwrap();
        let line = lines.next_line().await.unwrap().unwrap();
        let management = line.strip_prefix("management on http://").unwrap();
        Self {
            process,
            channel: channel.connect().await.unwrap(),
            management: management.to_owned(),
        }
    }

    /// What those who run it are told.
    async fn told(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.management).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: it\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Asks it to stop.
    async fn terminate(&self) {
        let process = self.process.id().unwrap().to_string();
        let sent = Command::new("kill")
            .args(["-TERM", &process])
            .status()
            .await;
        assert!(sent.unwrap().success());
    }

    async fn health(&self) -> ServingStatus {
        let mut health = HealthClient::new(self.channel.clone());
        let answer = health.check(HealthCheckRequest::default()).await;
        answer.unwrap().into_inner().status()
    }

    /// Waits until it is told that all is well, or is not.
    async fn is(&self, status: ServingStatus) {
        let waited = tokio::time::timeout(Duration::from_secs(20), async {
            while self.health().await != status {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        waited.await.unwrap();
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
async fn health_is_for_everybody_and_a_watch_for_those_with_tokens() {
    let server = server().await;
    let program = Program::start(&server).await;
    program.is(ServingStatus::Serving).await;
    let mut health = HealthClient::new(program.channel.clone());
    let refused = health.watch(HealthCheckRequest::default()).await;
    assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated);
    let token = server.login("ali").token().jwt();
    let watching = bearing(&token, HealthCheckRequest::default());
    let mut watching = health.watch(watching).await.unwrap().into_inner();
    let told = watching.message().await.unwrap().unwrap();
    assert_eq!(told.status(), ServingStatus::Serving);
}

/// What the service is called by reflection, or why it says nothing.
async fn reflected(program: &Program) -> Result<String, Code> {
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut reflection = ServerReflectionClient::new(program.channel.clone());
    let answers = reflection.server_reflection_info(tokio_stream::iter([request]));
    let mut answers = answers.await.map_err(|status| status.code())?.into_inner();
    Ok(format!("{:?}", answers.message().await.unwrap()))
}

#[tokio::test]
async fn reflection_is_off_unless_it_is_on() {
    let server = server().await;
    let program = Program::start(&server).await;
    assert_eq!(reflected(&program).await, Err(Code::Unauthenticated));
    let program = Program::with(&server, &[("REFLECTION", "on")]).await;
    assert!(
        reflected(&program)
            .await
            .unwrap()
            .contains("shop.v1.Orders")
    );
}

/// Those who send calls hear of it first; whoever has a stream is told to come again.
#[tokio::test]
async fn it_says_that_it_stops_and_serves_on_for_a_while() {
    let server = server().await;
    let mut program = Program::with(&server, &[("LINGER_SECONDS", "4")]).await;
    program.is(ServingStatus::Serving).await;
    let token = server.login("ali").token().jwt();
    let mut orders = program.orders();
    let watching = orders.watch(bearing(&token, WatchRequest {})).await;
    let mut events = watching.unwrap().into_inner();
    events.message().await.unwrap().unwrap();

    program.terminate().await;
    program.is(ServingStatus::NotServing).await;
    assert!(program.told("/readyz").await.starts_with("HTTP/1.1 503"));
    orders.list(bearing(&token, ListRequest {})).await.unwrap();
    events.message().await.unwrap().unwrap();

    let ended = async {
        loop {
            if let Err(status) = events.message().await {
                break status;
            }
        }
    };
    let status = tokio::time::timeout(Duration::from_secs(20), ended).await;
    assert_eq!(status.unwrap().code(), Code::Unavailable);
    // Nobody is left who would keep it.
    let exit = tokio::time::timeout(Duration::from_secs(15), program.process.wait()).await;
    assert!(exit.unwrap().unwrap().success());
}

#[tokio::test]
async fn numbers_are_told_on_the_management_listener() {
    let server = server().await;
    let program = Program::start(&server).await;
    let token = server.login("ali").token().jwt();
    let mut orders = program.orders();
    orders
        .pay(bearing(&token, PayRequest::default()))
        .await
        .unwrap();
    let metrics = program.told("/metrics").await;
    let verified = "portcullis_requests_total{outcome=\"verified\"} 1";
    assert!(metrics.contains(verified), "{metrics}");
}

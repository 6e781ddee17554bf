//! The program as it is started: HTTP and gRPC on one port.
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

mod proto {
    tonic::include_proto!("shop.v1");
}

use proto::{ListRequest, PayRequest, orders_client::OrdersClient};

/// The program and where it listens. Dropping it ends it.
struct Program {
    process: Child,
    address: String,
}

impl Program {
    async fn start(server: &AuthorizationServer) -> Self {
        Self::lingering(server, "0").await
    }

    /// It serves on for so long after it was told to stop.
    async fn lingering(server: &AuthorizationServer, seconds: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_axum-tonic-together"))
            .env("ISSUER", server.issuer())
            .env("AUDIENCE", "orders-api")
            .env("CLIENT_ID", "orders-api")
            .env("CLIENT_SECRET", "secret")
            .env("LISTEN", "127.0.0.1:0")
            .env("LINGER_SECONDS", seconds)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap();
        let address = line.strip_prefix("listening on http://").unwrap();
        Self {
            process,
            address: address.to_owned(),
        }
    }

    async fn channel(&self) -> Channel {
        let address = format!("http://{}", self.address);
        Channel::from_shared(address)
            .unwrap()
            .connect()
            .await
            .unwrap()
    }

    async fn health(&self) -> Result<ServingStatus, Code> {
        let mut health = HealthClient::new(self.channel().await);
        let answer = health.check(HealthCheckRequest::default()).await;
        answer
            .map(|answer| answer.into_inner().status())
            .map_err(|status| status.code())
    }

    /// Waits until it is told that all is well, or is not.
    async fn is(&self, status: ServingStatus) {
        let waited = tokio::time::timeout(Duration::from_secs(20), async {
            while self.health().await != Ok(status) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        waited.await.unwrap();
    }

    /// The head and the body of what is answered in HTTP.
    async fn send(&self, method: &str, path: &str, token: &str) -> (String, String) {
        self.send_long(method, path, token, 0).await
    }

    /// The same with a body that is said to be so long.
    async fn send_long(
        &self,
        method: &str,
        path: &str,
        token: &str,
        length: usize,
    ) -> (String, String) {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n",
            self.address
        );
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
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
async fn one_layer_answers_http_and_grpc_each_in_its_own_way() {
    let server = server().await;
    let program = Program::start(&server).await;
    let token = server.login("ali").token().jwt();

    let (head, body) = program.send("GET", "/orders", &token).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(body, "the orders of ali\n");
    assert_eq!(server.request_count(Endpoint::Introspection), 0);
    let (head, body) = program.send("GET", "/orders", "bad").await;
    assert!(head.starts_with("HTTP/1.1 401"), "{head}");
    assert!(head.contains("www-authenticate: Bearer"), "{head}");
    assert!(body.contains("invalid_token"), "{body}");

    let mut orders = OrdersClient::new(program.channel().await);
    let listed = orders.list(bearing(&token, ListRequest {})).await.unwrap();
    assert_eq!(listed.into_inner().owner, "ali");
    let refused = orders.list(bearing("bad", ListRequest {})).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert!(refused.metadata().contains_key("www-authenticate"));
}

#[tokio::test]
async fn both_ask_keycloak_where_it_matters() {
    let server = server().await;
    let program = Program::start(&server).await;
    let token = server.login("ali").token().jwt();
    let mut orders = OrdersClient::new(program.channel().await);
    let pay = || bearing(&token, PayRequest::default());

    let (head, _) = program.send("POST", "/payments", &token).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let paid = orders.pay(pay()).await.unwrap();
    assert_eq!(paid.into_inner().paid_by, "ali");
    assert_eq!(server.request_count(Endpoint::Introspection), 2);

    server.revoke(&token);
    let (head, _) = program.send("POST", "/payments", &token).await;
    assert!(head.starts_with("HTTP/1.1 401"), "{head}");
    let refused = orders.pay(pay()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn health_is_for_everybody_and_tells_whether_tokens_can_be_judged() {
    let server = server().await;
    server.inject(Endpoint::Jwks, Fault::status(503));
    let program = Program::start(&server).await;
    program.is(ServingStatus::NotServing).await;
    let (head, _) = program.send("GET", "/readyz", "").await;
    assert!(head.starts_with("HTTP/1.1 503"), "{head}");
    let (head, _) = program.send("GET", "/healthz", "").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    server.clear_faults(Endpoint::Jwks);
    program.is(ServingStatus::Serving).await;
    let (head, _) = program.send("GET", "/readyz", "").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let (head, _) = program.send("GET", "/nowhere", "").await;
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
    // A watch would last for as long as a stranger likes.
    let mut health = HealthClient::new(program.channel().await);
    let watched = health.watch(HealthCheckRequest::default()).await.unwrap();
    let ended = watched.into_inner().message().await.unwrap_err();
    assert_eq!(ended.code(), Code::Unimplemented);
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let server = server().await;
    let program = Program::start(&server).await;
    let token = server.login("ali").token().jwt();
    let (head, _) = program
        .send_long("POST", "/payments", &token, 64 * 1024 + 1)
        .await;
    assert!(head.starts_with("HTTP/1.1 413"), "{head}");
    assert_eq!(server.request_count(Endpoint::Introspection), 0);
}

/// Those who send requests hear of it first.
#[tokio::test]
async fn it_says_that_it_stops_and_serves_on_for_a_while() {
    let server = server().await;
    let mut program = Program::lingering(&server, "4").await;
    program.is(ServingStatus::Serving).await;
    let process = program.process.id().unwrap().to_string();
    let sent = Command::new("kill")
        .args(["-TERM", &process])
        .status()
        .await;
    assert!(sent.unwrap().success());
    program.is(ServingStatus::NotServing).await;
    let (head, _) = program.send("GET", "/readyz", "").await;
    assert!(head.starts_with("HTTP/1.1 503"), "{head}");
    let token = server.login("ali").token().jwt();
    let (head, _) = program.send("GET", "/orders", &token).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let exit = tokio::time::timeout(Duration::from_secs(20), program.process.wait()).await;
    assert!(exit.unwrap().unwrap().success());
}

//! The program as it is started: what it tells those who run it.
#![cfg(test)]

use std::process::Stdio;

use portcullis_testing::{AuthorizationServer, Endpoint, Fault};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

/// The program and where it listens. Dropping it ends it.
struct Program {
    process: Child,
    api: String,
    management: String,
}

impl Program {
    async fn start(server: &AuthorizationServer) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_axum-keycloak"))
            .env("ISSUER", server.issuer())
            .env("AUDIENCE", "orders-api")
            .env("CLIENT_ID", "orders-api")
            .env("CLIENT_SECRET", "secret")
            .env("LISTEN", "127.0.0.1:0")
            .env("MANAGEMENT_LISTEN", "127.0.0.1:0")
            .env("RUST_LOG", "info,tower_http=trace")
            .env("NO_COLOR", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut address = async |named: &str| {
            let line = lines.next_line().await.unwrap().unwrap();
            line.strip_prefix(named).unwrap().to_owned()
        };
        let api = address("listening on http://").await;
        let management = address("management on http://").await;
        Self {
            process,
            api,
            management,
        }
    }

    /// Ends it; what it has logged.
    async fn log(mut self) -> String {
        self.process.kill().await.unwrap();
        let mut log = String::new();
        let mut stderr = self.process.stderr.take().unwrap();
        stderr.read_to_string(&mut log).await.unwrap();
        log
    }

    async fn told(&self, path: &str) -> (u16, String) {
        send(&self.management, "GET", path, "").await
    }

    async fn readiness(&self) -> (u16, Value) {
        let (status, body) = self.told("/readyz").await;
        (status, serde_json::from_str(&body).unwrap())
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

/// The status and the body of what is answered.
async fn send(address: &str, method: &str, path: &str, token: &str) -> (u16, String) {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-length: 0\r\nconnection: close\r\n\r\n"
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

#[tokio::test]
async fn reasons_and_numbers_are_told_on_the_management_listener_alone() {
    let server = server().await;
    let program = Program::start(&server).await;

    // It was built without a call, and asks for the keys when it is asked.
    let (status, readiness) = program.readiness().await;
    assert_eq!((status, &readiness["status"]), (503, &json!("not ready")));
    assert_eq!(readiness["causes"][0]["code"], "keys_not_loaded");

    let token = server.login("ali").token().jwt();
    let (status, body) = send(&program.api, "POST", "/payments", &token).await;
    assert_eq!(status, 200, "{body}");
    // Whoever scrapes it asks for the readiness first: nobody else does here.
    let (status, metrics) = program.told("/metrics").await;
    assert_eq!(status, 200);
    let issuer = server.issuer();
    let calls = "portcullis_introspection_call_duration_seconds_bucket";
    for line in [
        format!("{calls}{{issuer=\"{issuer}\",le=\"+Inf\"}} 1"),
        format!("portcullis_readiness{{issuer=\"{issuer}\"}} 2"),
    ] {
        assert!(metrics.lines().any(|one| one == line), "{line}\n{metrics}");
    }
    let smallest = format!("{calls}{{issuer=\"{issuer}\",le=\"0.001\"}} ");
    assert!(metrics.contains(&smallest), "{metrics}");
    assert!(!metrics.contains(&token));

    let ready = json!({"status": "ready", "causes": []});
    assert_eq!(program.readiness().await, (200, ready));
    let (status, body) = send(&program.api, "GET", "/readyz", "").await;
    assert_eq!((status, body.as_str()), (200, "ready"));
    let (status, _) = send(&program.api, "GET", "/metrics", &token).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_503_is_logged_with_its_reason_alone_and_probes_are_not() {
    let server = server().await;
    let program = Program::start(&server).await;
    let token = server.login("ali").token().jwt();
    server.inject(Endpoint::Introspection, Fault::status(503));
    let (status, _) = send(&program.api, "POST", "/payments", &token).await;
    assert_eq!(status, 503);
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(send(&program.api, "GET", probe, "").await.0, 200);
    }
    let log = program.log().await;
    let traced = |path| log.lines().any(|line| line.contains(path));
    assert!(traced("uri=/payments"), "{log}");
    assert!(!traced("uri=/healthz") && !traced("uri=/readyz"), "{log}");
    assert!(log.contains("issuer_failed"), "{log}");
    assert!(!log.contains("on_failure"), "{log}");
}

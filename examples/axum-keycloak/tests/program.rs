//! The program as it is started: what it tells those who run it.
#![cfg(test)]

use std::time::Duration;

use portcullis_testing::{AuthorizationServer, Endpoint, Fault, Program};
use reqwest::{Client, Method};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);

/// The program and where it listens. Dropping it ends it.
struct Api {
    program: Program,
    api: String,
    management: String,
    http: Client,
}

impl Api {
    async fn start(server: &AuthorizationServer) -> Self {
        let mut program = Program::at(env!("CARGO_BIN_EXE_axum-keycloak"))
            .env("ISSUER", server.issuer())
            .env("AUDIENCE", "orders-api")
            .env("CLIENT_ID", "orders-api")
            .env("CLIENT_SECRET", "secret")
            .env("LISTEN", "127.0.0.1:0")
            .env("MANAGEMENT_LISTEN", "127.0.0.1:0")
            .env("RUST_LOG", "info,tower_http=trace")
            .env("NO_COLOR", "1")
            .start()
            .unwrap();
        let api = program.line_after("listening on ").await.unwrap();
        let management = program.line_after("management on ").await.unwrap();
        Self {
            program,
            api,
            management,
            http: Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// The status and the body of what the API answers.
    async fn send(&self, method: &str, path: &str, token: &str) -> (u16, String) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}{path}", self.api));
        let answer = request.bearer_auth(token).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// The same of what those who run it are told.
    async fn told(&self, path: &str) -> (u16, String) {
        let request = self.http.get(format!("{}{path}", self.management));
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
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

#[tokio::test]
async fn reasons_and_numbers_are_told_on_the_management_listener_alone() {
    let server = server().await;
    let api = Api::start(&server).await;

    // It was built without a call, and asks for the keys when it is asked.
    let (status, readiness) = api.readiness().await;
    assert_eq!((status, &readiness["status"]), (503, &json!("not ready")));
    assert_eq!(readiness["causes"][0]["code"], "keys_not_loaded");

    let token = server.login("ali").token().jwt();
    let (status, body) = api.send("POST", "/payments", &token).await;
    assert_eq!(status, 200, "{body}");
    // Whoever scrapes it asks for the readiness first: nobody else does here.
    let (status, metrics) = api.told("/metrics").await;
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
    assert_eq!(api.readiness().await, (200, ready));
    let (status, body) = api.send("GET", "/readyz", "").await;
    assert_eq!((status, body.as_str()), (200, "ready"));
    let (status, _) = api.send("GET", "/metrics", &token).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_503_is_logged_with_its_reason_alone_and_probes_are_not() {
    let server = server().await;
    let api = Api::start(&server).await;
    let token = server.login("ali").token().jwt();
    server.inject(Endpoint::Introspection, Fault::status(503));
    let (status, _) = api.send("POST", "/payments", &token).await;
    assert_eq!(status, 503);
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(api.send("GET", probe, "").await.0, 200);
    }
    let log = api.program.kill().await.unwrap();
    let traced = |path| log.lines().any(|line| line.contains(path));
    assert!(traced("uri=/payments"), "{log}");
    assert!(!traced("uri=/healthz") && !traced("uri=/readyz"), "{log}");
    assert!(log.contains("issuer_failed"), "{log}");
    assert!(!log.contains("on_failure"), "{log}");
}

#[cfg(unix)]
#[tokio::test]
async fn whoever_stops_says_so_first_and_serves_on() {
    let server = server().await;
    let api = Api::start(&server).await;
    let token = server.login("ali").token().jwt();
    assert_eq!(api.send("GET", "/orders", &token).await.0, 200);
    assert_eq!(api.readiness().await.0, 200);
    api.program.terminate().unwrap();
    let told = async { while api.readiness().await.0 != 503 {} };
    tokio::time::timeout(PATIENCE, told).await.unwrap();
    let (status, body) = api.send("GET", "/readyz", "").await;
    assert_eq!((status, body.as_str()), (503, "not ready"));
    assert_eq!(api.send("GET", "/orders", &token).await.0, 200);
    let (status, _, log) = api.program.end().await.unwrap();
    assert!(status.success(), "{log}");
}

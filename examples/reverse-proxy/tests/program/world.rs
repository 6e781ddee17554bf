//! The gateway as it is started, between a server that it asks and a service that tells what it was sent.

use std::{
    future::IntoFuture,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Json, Router, extract::Request};
use http_body_util::BodyExt;
use portcullis_testing::{AuthorizationServer, Program, ProgramBuilder};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The gateway, the server that it asks, and the service behind.
pub(crate) struct World {
    pub(crate) server: AuthorizationServer,
    pub(crate) program: Program,
    pub(crate) gateway: String,
    pub(crate) management: String,
    /// How many requests came through.
    passed: Arc<AtomicUsize>,
    pub(crate) http: Client,
}

impl World {
    pub(crate) async fn start() -> Self {
        let passed = Arc::new(AtomicUsize::new(0));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, telling(passed.clone())).into_future());
        Self::before(&upstream, passed, "30").await
    }

    /// `patience` is how many seconds the service behind may take.
    pub(crate) async fn before(upstream: &str, passed: Arc<AtomicUsize>, patience: &str) -> Self {
        let server = AuthorizationServer::builder()
            .audience("orders-api")
            .client("gateway", "secret")
            .start()
            .await
            .unwrap();
        let program = program(&server).env("UPSTREAM", upstream);
        let program = program.env("UPSTREAM_SECONDS", patience).start();
        let mut program = program.unwrap();
        let gateway = program.line_after("listening on ").await.unwrap();
        let management = program.line_after("management on ").await.unwrap();
        Self {
            server,
            program,
            gateway,
            management,
            passed,
            http: Client::builder().no_proxy().build().unwrap(),
        }
    }

    pub(crate) fn request(&self, method: &str, path: &str, token: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}{path}", self.gateway));
        request.bearer_auth(token)
    }

    pub(crate) async fn status(&self, method: &str, path: &str, token: &str) -> u16 {
        let answer = self.request(method, path, token).send().await.unwrap();
        answer.status().as_u16()
    }

    pub(crate) fn passed(&self) -> usize {
        self.passed.load(Ordering::SeqCst)
    }
}

pub(crate) fn program(server: &AuthorizationServer) -> ProgramBuilder {
    Program::at(env!("CARGO_BIN_EXE_reverse-proxy"))
        .env("ISSUER", server.issuer())
        .env("AUDIENCE", "orders-api")
        .env("CLIENT_ID", "gateway")
        .env("CLIENT_SECRET", "secret")
        .env("LISTEN", "127.0.0.1:0")
        .env("MANAGEMENT_LISTEN", "127.0.0.1:0")
}

/// A service that answers with everything it was sent.
fn telling(passed: Arc<AtomicUsize>) -> Router {
    Router::new().fallback(async move |request: Request| {
        passed.fetch_add(1, Ordering::SeqCst);
        let (head, body) = request.into_parts();
        let lines = head.headers.iter();
        let headers: Vec<(String, String)> = lines
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let body = body.collect().await.unwrap();
        let trailers = body.trailers().map_or(0, |trailers| trailers.len());
        let body = String::from_utf8(body.to_bytes().to_vec()).unwrap();
        let told = json!({
            "method": head.method.as_str(),
            "target": head.uri.to_string(),
            "headers": headers,
            "body": body,
            "trailers": trailers,
        });
        (
            [("connection", "x-hop"), ("x-hop", "1"), ("x-own", "2")],
            Json(told),
        )
    })
}

/// The values of a header that came through.
pub(crate) fn sent<'a>(told: &'a Value, name: &str) -> Vec<&'a str> {
    let lines = told["headers"].as_array().unwrap().iter();
    let lines = lines.filter(|line| line[0] == name);
    lines.map(|line| line[1].as_str().unwrap()).collect()
}

pub(crate) async fn told(request: RequestBuilder) -> Value {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

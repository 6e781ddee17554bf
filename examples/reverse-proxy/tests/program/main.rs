//! The program as it is started, driven over HTTP, with a service behind it that tells what it was sent.
#![cfg(test)]

use std::{
    future::IntoFuture,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Json, Router, extract::Request};
use futures_util::StreamExt;
use http_body_util::BodyExt;
use portcullis_testing::{AuthorizationServer, Program, ProgramBuilder};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const PATIENCE: Duration = Duration::from_secs(60);

/// The gateway, the server that it asks, and the service behind.
struct World {
    server: AuthorizationServer,
    program: Program,
    gateway: String,
    management: String,
    /// How many requests came through.
    passed: Arc<AtomicUsize>,
    http: Client,
}

impl World {
    async fn start() -> Self {
        let passed = Arc::new(AtomicUsize::new(0));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, telling(passed.clone())).into_future());
        Self::before(&upstream, passed, "30").await
    }

    /// `patience` is how many seconds the service behind may take.
    async fn before(upstream: &str, passed: Arc<AtomicUsize>, patience: &str) -> Self {
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

    fn request(&self, method: &str, path: &str, token: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}{path}", self.gateway));
        request.bearer_auth(token)
    }

    async fn status(&self, method: &str, path: &str, token: &str) -> u16 {
        let answer = self.request(method, path, token).send().await.unwrap();
        answer.status().as_u16()
    }

    fn passed(&self) -> usize {
        self.passed.load(Ordering::SeqCst)
    }
}

fn program(server: &AuthorizationServer) -> ProgramBuilder {
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
fn sent<'a>(told: &'a Value, name: &str) -> Vec<&'a str> {
    let lines = told["headers"].as_array().unwrap().iter();
    let lines = lines.filter(|line| line[0] == name);
    lines.map(|line| line[1].as_str().unwrap()).collect()
}

async fn told(request: RequestBuilder) -> Value {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn the_service_behind_is_told_whose_request_it_is() {
    let world = World::start().await;
    let session = world.server.login("ali");
    let token = session
        .token()
        .scope("orders:read profile")
        .realm_roles(["admin", "two words"]);
    let token = token.client("shop-web").jwt();
    let request = world.request("GET", "/orders//%41;v=1?a=b%20c&d", &token);
    let told = told(request).await;
    assert_eq!(told["target"], "/orders//%41;v=1?a=b%20c&d");
    for (name, value) in [
        ("x-auth-issuer", world.server.issuer()),
        ("x-auth-subject", "ali"),
        ("x-auth-client", "shop-web"),
        ("x-auth-scope", "orders:read profile"),
        ("x-auth-roles", "admin two%20words"),
        ("x-forwarded-for", "127.0.0.1"),
        (
            "x-forwarded-host",
            world.gateway.strip_prefix("http://").unwrap(),
        ),
    ] {
        assert_eq!(sent(&told, name), [value], "{name}");
    }
    // The token itself stays here.
    assert!(!told.to_string().contains(&token));
    assert!(sent(&told, "authorization").is_empty());
}

#[tokio::test]
async fn what_the_client_says_of_itself_does_not_come_through() {
    let world = World::start().await;
    let token = world.server.login("ali").token().jwt();
    let mut request = world.request("GET", "/orders", &token);
    for (name, value) in [
        ("X-Auth-Subject", "admin"),
        ("X-Auth-Subject", "root"),
        ("X_Auth_Subject", "admin"),
        ("x_auth-subject", "admin"),
        ("X-Auth_Tenant", "acme"),
        ("X-Auth-Tenant", "acme"),
        ("X-Forwarded-For", "10.0.0.1"),
        ("X_Forwarded_For", "10.0.0.1"),
        ("X-Forwarded-User", "admin"),
        ("Forwarded", "for=10.0.0.1"),
        ("Remote_User", "admin"),
        ("X.Auth.Subject", "admin"),
        ("X+Auth+Roles", "admin"),
        ("X-Forwarded-Proto", "https"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("X_HTTP_Method", "DELETE"),
        ("X.Method.Override", "DELETE"),
        ("X-Original-URL", "/admin"),
        ("X-Rewrite_URL", "/admin"),
        ("Proxy", "http://127.0.0.1:1"),
        ("X_SSL_Client_Cert", "cert"),
        ("Client-Cert", ":cert:"),
        // The client would have the next one take off what the gateway writes.
        ("Connection", "x-auth-subject, X-Auth-Roles, x-asked"),
        ("X-Asked", "1"),
        ("Proxy-Connection", "keep-alive"),
        ("X-Kept", "2"),
    ] {
        request = request.header(name, value);
    }
    let told = told(request).await;
    assert_eq!(sent(&told, "x-auth-subject"), ["ali"]);
    assert_eq!(sent(&told, "x-auth-roles"), ["user"]);
    assert_eq!(sent(&told, "x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(sent(&told, "x-forwarded-proto"), ["http"]);
    assert_eq!(sent(&told, "x-kept"), ["2"]);
    for line in told["headers"].as_array().unwrap() {
        let name = line[0].as_str().unwrap();
        assert!(!name.contains(['_', '.', '+']), "{name}");
        for part in [
            "tenant",
            "override",
            "http-method",
            "original",
            "rewrite",
            "cert",
        ] {
            assert!(!name.contains(part), "{name}");
        }
        let others = [
            "forwarded",
            "x-asked",
            "connection",
            "x-forwarded-user",
            "proxy-connection",
            "proxy",
        ];
        assert!(!others.contains(&name), "{name}");
    }
}

/// Sends bytes as they are; the whole answer.
async fn raw(world: &World, request: &str) -> String {
    let address = world.gateway.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Whoever was refused in the middle of what he sends may find the connection reset.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

/// What the service behind tells of a request.
async fn told_raw(world: &World, request: String) -> Value {
    let answer = raw(world, &request).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    serde_json::from_str(body).unwrap()
}

#[tokio::test]
async fn trailers_bring_no_headers_in() {
    let world = World::start().await;
    let token = world.server.login("ali").token().jwt();
    let request = format!(
        "POST /orders HTTP/1.1\r\nhost: api\r\nauthorization: Bearer {token}\r\n\
         trailer: x-auth-subject\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n\
         2\r\nhi\r\n0\r\nx-auth-subject: admin\r\n\r\n"
    );
    let told = told_raw(&world, request).await;
    assert_eq!(
        (&told["body"], &told["trailers"]),
        (&json!("hi"), &json!(0))
    );
    assert_eq!(sent(&told, "x-auth-subject"), ["ali"]);
}

#[tokio::test]
async fn a_path_goes_on_byte_for_byte() {
    let world = World::start().await;
    let token = world.server.login("ali").token().jwt();
    for target in ["/a/../b", "/a/%2e%2e/b", "//a", "/a/./b?c=/../d"] {
        let request = format!(
            "GET {target} HTTP/1.1\r\nhost: api\r\nauthorization: Bearer {token}\r\n\
             connection: close\r\n\r\n"
        );
        assert_eq!(told_raw(&world, request).await["target"], target);
    }
}

#[tokio::test]
async fn the_host_that_is_told_is_the_one_that_is_asked() {
    let world = World::start().await;
    let token = world.server.login("ali").token().jwt();
    let request = |target: &str, hosts: &str| {
        format!(
            "GET {target} HTTP/1.1\r\n{hosts}authorization: Bearer {token}\r\n\
             connection: close\r\n\r\n"
        )
    };
    let absolute = request("http://shop.example/a", "host: evil.example\r\n");
    let told = told_raw(&world, absolute).await;
    assert_eq!(sent(&told, "x-forwarded-host"), ["shop.example"]);
    assert_eq!(told["target"], "/a");
    for hosts in ["", "host: shop.example\r\nhost: evil.example\r\n"] {
        let answer = raw(&world, &request("/a", hosts)).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_not_the_services_fault() {
    let world = World::start().await;
    let token = world.server.login("ali").token().jwt();
    let chunk = format!("100000\r\n{}\r\n", "x".repeat(1024 * 1024));
    for (body, status) in [
        (format!("{}0\r\n\r\n", chunk.repeat(11)), 413),
        ("2\r\nhi\r\nno chunk\r\n".to_owned(), 400),
    ] {
        let request = format!(
            "POST /orders HTTP/1.1\r\nhost: api\r\nauthorization: Bearer {token}\r\n\
             transfer-encoding: chunked\r\nconnection: close\r\n\r\n{body}"
        );
        let answer = raw(&world, &request).await;
        let head = answer.lines().next().unwrap_or_default();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
    }
    let log = world.program.kill().await.unwrap();
    assert!(!log.contains("cannot be reached"), "{log}");
}

#[tokio::test]
async fn an_answer_that_does_not_go_on_is_cut_off() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = format!("http://{}", listener.local_addr().unwrap());
    let stuck = Router::new().fallback(|| async {
        let begun = futures_util::stream::iter([Ok::<_, std::io::Error>("begun")]);
        axum::body::Body::from_stream(begun.chain(futures_util::stream::pending()))
    });
    tokio::spawn(axum::serve(listener, stuck).into_future());
    let world = World::before(&upstream, Arc::default(), "1").await;
    let token = world.server.token().jwt();
    let answer = world.request("GET", "/", &token).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let body = tokio::time::timeout(PATIENCE, answer.bytes()).await;
    assert!(body.unwrap().is_err());
}

#[tokio::test]
async fn nobody_gets_through_without_a_good_token() {
    let world = World::start().await;
    let expired = world.server.token().claim("exp", 1).jwt();
    let elsewhere = world.server.token().audience("stock-api").jwt();
    for token in ["", "nobodys", &expired, &elsewhere] {
        for (method, path) in [
            ("GET", "/"),
            ("OPTIONS", "/a"),
            ("POST", "/a//b"),
            ("PUT", "/readyz"),
        ] {
            let status = world.status(method, path, token).await;
            assert!([400, 401].contains(&status), "{method} {path}: {status}");
        }
    }
    // Methods that nobody has thought of.
    let token = world.server.token().jwt();
    assert_eq!(world.status("PROPFIND", "/a", &token).await, 405);
    assert_eq!(world.passed(), 0);
}

#[tokio::test]
async fn what_changes_something_is_asked_about_live() {
    let world = World::start().await;
    let session = world.server.login("ali");
    let token = session.token().jwt();
    let writing = ["POST", "PUT", "PATCH", "DELETE"];
    for method in writing {
        let told = told(world.request(method, "/orders", &token).body("all of it")).await;
        assert_eq!(
            (&told["method"], &told["body"]),
            (&json!(method), &json!("all of it"))
        );
    }
    session.end();
    let passed = world.passed();
    for method in writing {
        assert_eq!(
            world.status(method, "/orders", &token).await,
            401,
            "{method}"
        );
    }
    assert_eq!(world.passed(), passed);
}

#[tokio::test]
async fn outages_are_told_apart() {
    let world = World::start().await;
    let token = world.server.token().jwt();
    assert_eq!(world.status("GET", "/", &token).await, 200);
    world.server.stop().await.unwrap();
    assert_eq!(world.status("POST", "/", &token).await, 503);
    assert_eq!(world.status("GET", "/", &token).await, 200);

    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let alone = World::before(&address, Arc::default(), "30").await;
    let token = alone.server.token().jwt();
    assert_eq!(alone.status("GET", "/", &token).await, 502);
    let log = alone.program.kill().await.unwrap();
    assert!(
        log.contains("the service behind cannot be reached: client error (Connect): tcp connect"),
        "{log}"
    );
    assert!(!log.contains(&token));
}

#[tokio::test]
async fn the_answer_comes_back_without_what_is_of_the_connection() {
    let world = World::start().await;
    let token = world.server.token().jwt();
    let answer = world.request("GET", "/", &token).send().await.unwrap();
    assert_eq!(answer.headers()["x-own"], "2");
    assert!(!answer.headers().contains_key("x-hop"));
    let ready = world.http.get(format!("{}/readyz", world.management));
    assert_eq!(ready.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn an_upstream_that_cannot_be_is_told_at_the_start() {
    let server = AuthorizationServer::start().await.unwrap();
    for upstream in [
        "",
        "https://127.0.0.1:4000",
        "http://127.0.0.1:4000/api",
        "4000",
    ] {
        let program = program(&server).env("UPSTREAM", upstream).start().unwrap();
        let (status, _, log) = program.end().await.unwrap();
        assert!(!status.success(), "{upstream}");
        assert!(log.contains("UPSTREAM: the service behind"), "{log}");
    }
}

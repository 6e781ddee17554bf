//! The program as it is started, driven over HTTP.
#![cfg(test)]

use portcullis_testing::{AuthorizationServer, Endpoint, Fault, Program, ProgramBuilder};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

/// The program, where it listens, and the server that it asks.
struct World {
    server: AuthorizationServer,
    program: Program,
    api: String,
    management: String,
    http: Client,
}

impl World {
    async fn start() -> Self {
        let server = server().await;
        let program = program()
            .env("ISSUER", server.issuer())
            .env("AUDIENCE", "orders-api");
        Self::of(server, program).await
    }

    async fn of(server: AuthorizationServer, program: ProgramBuilder) -> Self {
        let mut program = program.start().unwrap();
        let api = program.line_after("listening on ").await.unwrap();
        let management = program.line_after("management on ").await.unwrap();
        Self {
            server,
            program,
            api,
            management,
            http: Client::builder().no_proxy().build().unwrap(),
        }
    }

    async fn call(&self, method: &str, path: &str, token: &str) -> (StatusCode, String) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}{path}", self.api));
        let answer = request.bearer_auth(token).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    async fn status(&self, method: &str, path: &str, token: &str) -> u16 {
        self.call(method, path, token).await.0.as_u16()
    }

    fn introspections(&self) -> usize {
        self.server.request_count(Endpoint::Introspection)
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

fn program() -> ProgramBuilder {
    Program::at(env!("CARGO_BIN_EXE_axum-opaque"))
        .env("CLIENT_ID", "orders-api")
        .env("CLIENT_SECRET", "secret")
        .env("LISTEN", "127.0.0.1:0")
        .env("MANAGEMENT_LISTEN", "127.0.0.1:0")
}

#[tokio::test]
async fn every_token_is_introspected_and_jwts_too() {
    let world = World::start().await;
    let session = world.server.login("ali");
    for (token, calls) in [(session.token().opaque(), 1), (session.token().jwt(), 2)] {
        let (status, body) = world.call("GET", "/me", &token).await;
        assert_eq!(status, 200, "{body}");
        let me: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(me["sub"], "ali");
        assert_eq!(me["verified_by"], "introspection");
        assert_eq!(world.introspections(), calls);
    }
}

#[tokio::test]
async fn an_answer_is_kept_for_orders_and_never_for_payments() {
    let world = World::start().await;
    let session = world.server.login("ali");
    let token = session.token().opaque();
    for _ in 0..2 {
        assert_eq!(world.status("GET", "/orders", &token).await, 200);
    }
    assert_eq!(world.introspections(), 1);
    assert_eq!(world.status("POST", "/payments", &token).await, 200);
    assert_eq!(world.introspections(), 2);
    session.end();
    assert_eq!(world.status("POST", "/payments", &token).await, 401);
    // What one route has learned, all know.
    assert_eq!(world.status("GET", "/orders", &token).await, 401);
}

#[tokio::test]
async fn scopes_are_judged_on_what_the_server_says() {
    let world = World::start().await;
    let nothing = world.server.token().scope("profile").opaque();
    let admin = world.server.token().scope("admin").opaque();
    let auditor = world.server.token().scope("audit profile").opaque();
    for (method, path, token, status) in [
        ("GET", "/admin", &nothing, 403),
        ("GET", "/admin", &admin, 200),
        ("POST", "/admin", &admin, 200),
        ("GET", "/admin", &auditor, 403),
        ("GET", "/audit", &auditor, 200),
        ("GET", "/audit", &admin, 403),
    ] {
        let answered = world.status(method, path, token).await;
        assert_eq!(answered, status, "{method} {path}");
    }
}

#[tokio::test]
async fn what_is_not_for_this_api_is_refused_and_outages_are_503() {
    let world = World::start().await;
    let other = world.server.token().audience("stock-api").opaque();
    assert_eq!(world.status("GET", "/orders", &other).await, 401);
    assert_eq!(world.status("GET", "/orders", "nobodys").await, 401);
    let token = world.server.token().opaque();
    let fault = Fault::status(503).for_token(token.clone());
    world.server.inject(Endpoint::Introspection, fault);
    assert_eq!(world.status("GET", "/orders", &token).await, 503);
}

#[tokio::test]
async fn public_routes_and_probes_need_no_token() {
    let world = World::start().await;
    for path in ["/public", "/healthz"] {
        assert_eq!(world.status("GET", path, "").await, 200, "{path}");
    }
    let token = world.server.token().opaque();
    assert_eq!(world.status("GET", "/orders", &token).await, 200);
    let metrics = world.http.get(format!("{}/metrics", world.management));
    let metrics = metrics.send().await.unwrap().text().await.unwrap();
    assert!(
        metrics.contains("portcullis_introspection_call"),
        "{metrics}"
    );
    assert!(!metrics.contains(&token));
    let log = world.program.kill().await.unwrap();
    assert!(!log.contains(&token), "{log}");
}

/// A server that publishes nothing of itself, and names neither itself nor an audience.
#[tokio::test]
async fn a_named_endpoint_needs_no_metadata_and_no_keys() {
    let server = server().await;
    let documents = [Endpoint::Discovery, Endpoint::Jwks];
    for document in documents {
        server.inject(document, Fault::status(404));
    }
    let endpoint = server.url(Endpoint::Introspection);
    let program = program()
        .env("INTROSPECTION_ENDPOINT", endpoint)
        .env("DANGER_NO_AUDIENCE", "1");
    let world = World::of(server, program).await;
    let token = world.server.token();
    let token = token
        .introspects_as(json!({"iss": null, "aud": null}))
        .opaque();
    assert_eq!(world.status("GET", "/orders", &token).await, 200);
    for _ in 0..2 {
        let readiness = world.call("GET", "/readyz", "").await;
        assert_eq!(readiness, (StatusCode::OK, "ready".to_owned()));
    }
    for document in documents {
        assert_eq!(world.server.request_count(document), 0, "{document:?}");
    }
    assert!(world.program.log().contains("DANGER_NO_AUDIENCE"));
}

#[tokio::test]
async fn what_is_missing_is_told_all_at_once() {
    let empty = Program::at(env!("CARGO_BIN_EXE_axum-opaque"));
    let (status, _, log) = empty.start().unwrap().end().await.unwrap();
    assert!(!status.success());
    for variable in ["ISSUER", "CLIENT_ID", "CLIENT_SECRET", "AUDIENCE"] {
        assert!(log.contains(&format!("  {variable}: ")), "{log}");
    }
    let contradicting = program()
        .env("INTROSPECTION_ENDPOINT", "/introspect")
        .env("AUDIENCE", "orders-api")
        .env("DANGER_NO_AUDIENCE", "1");
    let (status, _, log) = contradicting.start().unwrap().end().await.unwrap();
    assert!(!status.success());
    for variable in ["INTROSPECTION_ENDPOINT", "DANGER_NO_AUDIENCE"] {
        assert!(log.contains(&format!("  {variable}: ")), "{log}");
    }
    assert!(!log.contains("secret\n"));
}

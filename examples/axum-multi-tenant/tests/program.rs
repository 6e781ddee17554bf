//! The program as it is started, driven over HTTP, with a server for each tenant.
#![cfg(test)]

use std::{fs, path::PathBuf, time::Duration};

use portcullis_testing::{AuthorizationServer, Endpoint, Program, ProgramBuilder};
use reqwest::{Client, Method, Response};
use serde_json::json;

const DOMAIN: &str = "api.example.com";

/// The program with two tenants, and their servers.
struct World {
    acme: AuthorizationServer,
    umbrella: AuthorizationServer,
    program: Program,
    api: String,
    http: Client,
}

impl World {
    /// Tenants by their paths.
    async fn start(name: &str) -> Self {
        Self::with(name, |program| program).await
    }

    async fn with(name: &str, more: impl FnOnce(ProgramBuilder) -> ProgramBuilder) -> Self {
        let (acme, umbrella) = (server("acme").await, server("umbrella").await);
        let tenants = json!([
            {"name": "acme", "issuer": acme.issuer(), "client_secret": "acme-secret"},
            {"name": "umbrella", "issuer": umbrella.issuer(), "client_secret": "umbrella-secret"},
        ]);
        let program = program().env("TENANTS", listing(name, &tenants.to_string()));
        let mut program = more(program).start().unwrap();
        let api = program.line_after("listening on ").await.unwrap();
        Self {
            acme,
            umbrella,
            program,
            api,
            http: Client::builder().no_proxy().build().unwrap(),
        }
    }

    async fn call(&self, method: &str, path: &str, host: Option<&str>, token: &str) -> Response {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.api));
        if let Some(host) = host {
            request = request.header("host", host);
        }
        request.bearer_auth(token).send().await.unwrap()
    }

    async fn status(&self, method: &str, path: &str, token: &str) -> u16 {
        self.call(method, path, None, token).await.status().as_u16()
    }

    /// How often each of the servers was asked about a token.
    fn introspections(&self) -> (usize, usize) {
        let asked = |server: &AuthorizationServer| server.request_count(Endpoint::Introspection);
        (asked(&self.acme), asked(&self.umbrella))
    }
}

async fn server(tenant: &str) -> AuthorizationServer {
    AuthorizationServer::builder()
        .audience("orders-api")
        .client("orders-api", format!("{tenant}-secret"))
        .start()
        .await
        .unwrap()
}

fn program() -> ProgramBuilder {
    Program::at(env!("CARGO_BIN_EXE_axum-multi-tenant"))
        .env("AUDIENCE", "orders-api")
        .env("CLIENT_ID", "orders-api")
        .env("LISTEN", "127.0.0.1:0")
        .env("MANAGEMENT_LISTEN", "127.0.0.1:0")
}

/// A file that lists tenants, for the test of this name.
fn listing(name: &str, tenants: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("tenants-{name}.json"));
    fs::write(&path, tenants).unwrap();
    path
}

#[tokio::test]
async fn each_tenant_has_its_own_issuer() {
    let world = World::start("own").await;
    for (server, tenant) in [(&world.acme, "acme"), (&world.umbrella, "umbrella")] {
        for token in [
            server.login("ali").token().jwt(),
            server.login("ali").token().opaque(),
        ] {
            let path = format!("/{tenant}/orders");
            let answer = world.call("GET", &path, None, &token).await;
            assert_eq!(answer.status(), 200);
            let body = answer.text().await.unwrap();
            assert_eq!(body, format!("the orders of ali at {tenant}\n"));
        }
    }
    // The opaque one of each was asked about at its own server, and there alone.
    assert_eq!(world.introspections(), (1, 1));
}

#[tokio::test]
async fn a_token_of_one_tenant_is_nobodys_at_another() {
    let world = World::start("cross").await;
    let session = world.acme.login("ali");
    let jwt = session.token().realm_roles(["admin"]).jwt();
    assert_eq!(world.status("GET", "/acme/admin", &jwt).await, 200);
    for (method, path) in [("GET", "/orders"), ("POST", "/payments"), ("GET", "/admin")] {
        let path = format!("/umbrella{path}");
        assert_eq!(world.status(method, &path, &jwt).await, 401, "{path}");
    }
    assert_eq!(world.introspections(), (0, 0));
    // Nothing shows on an opaque token: the tenant's own server is asked, and does not know it.
    let opaque = session.token().opaque();
    assert_eq!(world.status("GET", "/umbrella/orders", &opaque).await, 401);
    assert_eq!(world.introspections(), (0, 1));
    // One tenant's key under another tenant's name.
    let forged = world
        .acme
        .token()
        .claim("iss", world.umbrella.issuer())
        .jwt();
    for tenant in ["acme", "umbrella"] {
        let path = format!("/{tenant}/orders");
        assert_ne!(world.status("GET", &path, &forged).await, 200, "{path}");
    }
}

#[tokio::test]
async fn tenants_and_issuers_that_are_not_listed_cost_nothing() {
    let world = World::start("unknown").await;
    let jwt = world.acme.token().jwt();
    for tenant in 0..50 {
        let path = format!("/tenant-{tenant}/orders");
        assert_eq!(world.status("GET", &path, &jwt).await, 404);
    }
    for path in ["/ACME/orders", "/acme%2F/orders", "//orders", "/orders"] {
        assert_eq!(world.status("GET", path, &jwt).await, 404, "{path}");
    }
    for realm in 0..50 {
        let issuer = format!("{}/realms/{realm}", world.acme.origin());
        let stranger = world.acme.token().claim("iss", issuer).jwt();
        assert_eq!(world.status("GET", "/acme/orders", &stranger).await, 401);
    }
    let asked = |server: &AuthorizationServer| server.total_request_count();
    assert_eq!((asked(&world.acme), asked(&world.umbrella)), (0, 0));
}

#[tokio::test]
async fn a_tenant_whose_server_is_away_is_that_tenants_trouble() {
    let world = World::start("outage").await;
    let (mine, yours) = (world.acme.token().jwt(), world.umbrella.token().jwt());
    world.acme.stop().await.unwrap();
    assert_eq!(world.status("POST", "/acme/payments", &mine).await, 503);
    assert_eq!(
        world.status("POST", "/umbrella/payments", &yours).await,
        200
    );
    assert_eq!(world.status("GET", "/healthz", "").await, 200);
}

#[tokio::test]
async fn the_host_may_name_the_tenant() {
    let world = World::with("host", |program| program.env("TENANT_DOMAIN", DOMAIN)).await;
    let jwt = world.acme.token().jwt();
    for (host, status) in [
        ("acme.api.example.com", 200),
        ("ACME.api.example.com:3000", 200),
        ("umbrella.api.example.com", 401),
        ("nobody.api.example.com", 404),
        ("api.example.com", 404),
        ("acmeapi.example.com", 404),
        ("acme.api.example.com.evil.example", 404),
        ("www.acme.api.example.com", 404),
    ] {
        let answer = world.call("GET", "/orders", Some(host), &jwt).await;
        assert_eq!(answer.status(), status, "{host}");
    }
    assert_eq!(world.status("GET", "/acme/orders", &jwt).await, 404);
}

#[tokio::test]
async fn a_list_that_cannot_be_is_told_at_the_start() {
    let tenant =
        |name: &str, issuer: &str| json!({"name": name, "issuer": issuer, "client_secret": "s"});
    let (one, other) = ("https://id.example/one", "https://id.example/other");
    for (name, tenants) in [
        ("empty", json!([])),
        ("twice", json!([tenant("acme", one), tenant("acme", other)])),
        (
            "shared",
            json!([tenant("acme", one), tenant("umbrella", one)]),
        ),
        ("slash", json!([tenant("acme/admin", one)])),
        ("plain", json!([tenant("acme", "http://id.example/one")])),
    ] {
        let path = listing(name, &tenants.to_string());
        let program = program().env("TENANTS", path).start().unwrap();
        let (status, _, log) = program.end().await.unwrap();
        assert!(!status.success(), "{name}");
        assert!(log.starts_with("error: "), "{name}: {log}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn it_is_ready_whatever_its_tenants_are_until_it_stops() {
    let world = World::start("stopped").await;
    world.acme.stop().await.unwrap();
    world.umbrella.stop().await.unwrap();
    assert_eq!(world.status("GET", "/readyz", "").await, 200);
    world.program.terminate().unwrap();
    let told = async { while world.status("GET", "/readyz", "").await != 503 {} };
    tokio::time::timeout(Duration::from_secs(60), told)
        .await
        .unwrap();
    let (status, _, log) = world.program.end().await.unwrap();
    assert!(status.success(), "{log}");
}

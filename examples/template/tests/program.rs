//! The program as it is started, driven over HTTP, with an authorization server inside the test.
#![cfg(test)]

use portcullis_testing::{AuthorizationServer, Program};
use reqwest::{Client, Method};

struct World {
    server: AuthorizationServer,
    program: Program,
    url: String,
    http: Client,
}

impl World {
    async fn start() -> Self {
        let server = AuthorizationServer::builder()
            .audience("{{audience}}")
            .client("{{project-name}}", "secret")
            .start()
            .await
            .unwrap();
        let mut program = Program::at(env!("CARGO_BIN_EXE_{{project-name}}"))
            .env("ISSUER", server.issuer())
            .env("AUDIENCE", "{{audience}}")
{%- if verifier != "jwt" %}
            .env("CLIENT_ID", "{{project-name}}")
            .env("CLIENT_SECRET", "secret")
{%- endif %}
            .env("LISTEN", "127.0.0.1:0")
            .env("LINGER_SECONDS", "0")
            .start()
            .unwrap();
        let url = program.line_after("listening on ").await.unwrap();
        Self {
            server,
            program,
            url,
            http: Client::builder().no_proxy().build().unwrap(),
        }
    }

    async fn status(&self, method: &str, path: &str, token: &str) -> u16 {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}{path}", self.url));
        let answer = request.bearer_auth(token).send().await.unwrap();
        answer.status().as_u16()
    }
}

#[tokio::test]
async fn the_routes_want_a_token_for_this_service() {
    let world = World::start().await;
    let good = world.server.token().jwt();
    let elsewhere = world.server.token().audience("elsewhere").jwt();
    let expired = world.server.token().claim("exp", 1).jwt();
    for (method, path) in [("GET", "/orders"), ("POST", "/payments")] {
        assert_eq!(world.status(method, path, &good).await, 200, "{path}");
        for bad in [&elsewhere, &expired] {
            assert_eq!(world.status(method, path, bad).await, 401, "{path}");
        }
    }
    assert_eq!(world.status("GET", "/healthz", "").await, 200);
}

#[tokio::test]
async fn nothing_stands_in_for_an_issuer_and_an_audience() {
    let program = Program::at(env!("CARGO_BIN_EXE_{{project-name}}"));
    let program = program.env("LISTEN", "127.0.0.1:0").start().unwrap();
    let (status, _, log) = program.end().await.unwrap();
    assert!(!status.success());
    for variable in ["ISSUER: ", "AUDIENCE: "] {
        assert!(log.contains(variable), "{log}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn it_stops_when_it_is_asked_to() {
    let world = World::start().await;
    world.program.terminate().unwrap();
    let (status, _, log) = world.program.end().await.unwrap();
    assert!(status.success(), "{log}");
}

#[tokio::test]
async fn admin_is_for_admins() {
    let world = World::start().await;
    let admin = world.server.token().realm_roles(["admin"]).jwt();
    let user = world.server.token().jwt();
    assert_eq!(world.status("GET", "/admin", &admin).await, 200);
    assert_eq!(world.status("GET", "/admin", &user).await, 403);
}
{%- if verifier != "jwt" %}

#[tokio::test]
async fn a_session_that_has_ended_pays_no_more() {
    let world = World::start().await;
    let session = world.server.login("ali");
    let token = session.token().jwt();
    assert_eq!(world.status("POST", "/payments", &token).await, 200);
    session.end();
    assert_eq!(world.status("POST", "/payments", &token).await, 401);
}
{%- endif %}

//! The program as it is started, driven over HTTP.
#![cfg(test)]

use portcullis_testing::{AuthorizationServer, Program, ProgramBuilder};
use reqwest::{Client, Method, Response};

const TRUSTED: &str = "https://shop.example.com";

struct World {
    server: AuthorizationServer,
    program: Program,
    api: String,
    http: Client,
}

impl World {
    async fn start() -> Self {
        let server = AuthorizationServer::builder()
            .audience("orders-api")
            .client("orders-api", "secret")
            .start()
            .await
            .unwrap();
        let mut program = program(&server)
            .env("TRUSTED_ORIGINS", TRUSTED)
            .env("RUST_LOG", "trace")
            .start()
            .unwrap();
        let api = program.line_after("listening on ").await.unwrap();
        Self {
            server,
            program,
            api,
            http: Client::builder().no_proxy().build().unwrap(),
        }
    }

    async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.api));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    async fn status(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
        self.call(method, path, headers).await.status().as_u16()
    }
}

fn program(server: &AuthorizationServer) -> ProgramBuilder {
    Program::at(env!("CARGO_BIN_EXE_custom-extractor"))
        .env("ISSUER", server.issuer())
        .env("AUDIENCE", "orders-api")
        .env("CLIENT_ID", "orders-api")
        .env("CLIENT_SECRET", "secret")
        .env("LISTEN", "127.0.0.1:0")
        .env("LINGER_SECONDS", "0")
}

fn cookie(token: &str) -> String {
    format!("theme=dark; __Host-access_token={token}")
}

#[tokio::test]
async fn the_token_is_in_the_header_or_in_the_cookie_and_not_in_both() {
    let world = World::start().await;
    let token = world.server.token().jwt();
    let cookie = cookie(&token);
    let in_header = ("x-api-token", token.as_str());
    let in_cookie = ("cookie", cookie.as_str());
    let bearer = format!("Bearer {token}");
    for (headers, status) in [
        (&[in_header] as &[_], 200),
        (&[in_cookie], 200),
        (&[in_header, in_cookie], 400),
        (&[in_header, in_header], 400),
        (&[in_cookie, in_cookie], 400),
        (&[("authorization", bearer.as_str())], 401),
        (&[("x-api-token", "")], 401),
        (&[("x-api-token", "no token at all")], 401),
        (&[("x_api_token", token.as_str())], 401),
        (&[], 401),
    ] {
        assert_eq!(world.status("GET", "/orders", headers).await, status);
    }
    let log = world.program.kill().await.unwrap();
    assert!(log.contains("/orders") && !log.contains(&token), "{log}");
}

#[tokio::test]
async fn answers_are_kept_by_no_shared_cache() {
    let world = World::start().await;
    let token = world.server.token().jwt();
    let cookie = cookie(&token);
    for header in [("x-api-token", token.as_str()), ("cookie", &cookie)] {
        let answer = world.call("GET", "/orders", &[header]).await;
        assert_eq!(answer.status(), 200);
        let control = answer.headers()["cache-control"].to_str().unwrap();
        assert!(control.contains("private"), "{control}");
    }
}

#[tokio::test]
async fn other_sites_cannot_make_a_browser_pay() {
    let world = World::start().await;
    let token = world.server.token().jwt();
    let cookie = cookie(&token);
    let cookie = ("cookie", cookie.as_str());
    for (site, status) in [
        (("sec-fetch-site", "same-origin"), 200),
        (("sec-fetch-site", "cross-site"), 403),
        (("sec-fetch-site", "same-site"), 403),
        (("origin", "https://evil.example"), 403),
        (("origin", "null"), 403),
    ] {
        let answered = world.status("POST", "/payments", &[cookie, site]).await;
        assert_eq!(answered, status, "{site:?}");
    }
    // A page that is named has the header, and gets no answer to what comes with the cookie.
    let header = ("x-api-token", token.as_str());
    let answer = world
        .call("POST", "/payments", &[header, ("origin", TRUSTED)])
        .await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["access-control-allow-origin"], TRUSTED);
    assert!(
        !answer
            .headers()
            .contains_key("access-control-allow-credentials")
    );
    // What is no browser sends neither of these headers.
    assert_eq!(world.status("POST", "/payments", &[header]).await, 200);
}

#[tokio::test]
async fn a_page_elsewhere_is_allowed_the_header_by_name() {
    let world = World::start().await;
    let asked = [
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "x-api-token"),
    ];
    for (origin, is_allowed) in [(TRUSTED, true), ("https://evil.example", false)] {
        let headers = [asked[0], asked[1], ("origin", origin)];
        let answer = world.call("OPTIONS", "/payments", &headers).await;
        let allowed = answer.headers().get("access-control-allow-origin");
        assert_eq!(allowed.is_some(), is_allowed, "{origin}");
        let names = answer.headers()["access-control-allow-headers"]
            .to_str()
            .unwrap();
        assert!(names.contains("x-api-token"), "{names}");
    }
}

#[tokio::test]
async fn a_session_that_has_ended_pays_no_more() {
    let world = World::start().await;
    let session = world.server.login("ali");
    let token = session.token().jwt();
    let header = [("x-api-token", token.as_str())];
    assert_eq!(world.status("POST", "/payments", &header).await, 200);
    session.end();
    assert_eq!(world.status("POST", "/payments", &header).await, 401);
}

#[tokio::test]
async fn an_origin_that_no_browser_sends_is_told_at_the_start() {
    let server = AuthorizationServer::start().await.unwrap();
    let program = program(&server).env("TRUSTED_ORIGINS", "https://shop.example.com/app");
    let (status, _, log) = program.start().unwrap().end().await.unwrap();
    assert!(!status.success());
    assert!(log.contains("TRUSTED_ORIGINS"), "{log}");
}

#[cfg(unix)]
#[tokio::test]
async fn it_is_ready_once_it_has_keys_and_stops_when_it_is_asked_to() {
    let world = World::start().await;
    assert_eq!(world.status("GET", "/readyz", &[]).await, 503);
    let token = world.server.token().scope("orders:read").jwt();
    assert_eq!(
        world
            .status("GET", "/orders", &[("x-api-token", &token)])
            .await,
        200
    );
    assert_eq!(world.status("GET", "/readyz", &[]).await, 200);
    world.program.terminate().unwrap();
    let (status, _, log) = world.program.end().await.unwrap();
    assert!(status.success(), "{log}");
}

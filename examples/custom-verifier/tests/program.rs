//! The program as it is started, driven over HTTP.
#![cfg(test)]

use std::{fs, path::PathBuf};

use portcullis_testing::{AuthorizationServer, Endpoint, Program, ProgramBuilder};
use reqwest::{Client, Method};

/// The program with a file of keys, and the server that vouches for JWTs.
struct World {
    server: AuthorizationServer,
    program: Program,
    keys: PathBuf,
    api: String,
    http: Client,
}

impl World {
    /// `name` is that of the test: each has a file of its own.
    async fn start(name: &str) -> Self {
        let server = AuthorizationServer::builder()
            .audience("orders-api")
            .client("orders-api", "secret")
            .start()
            .await
            .unwrap();
        let keys = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("keys-{name}.json"));
        fs::write(&keys, "[]").unwrap();
        let mut program = program()
            .env("ISSUER", server.issuer())
            .env("AUDIENCE", "orders-api")
            .env("CLIENT_ID", "orders-api")
            .env("CLIENT_SECRET", "secret")
            .env("API_KEYS", &keys)
            .env("LISTEN", "127.0.0.1:0")
            .env("LINGER_SECONDS", "0")
            .env("RUST_LOG", "debug")
            .start()
            .unwrap();
        let api = program.line_after("listening on ").await.unwrap();
        Self {
            server,
            program,
            keys,
            api,
            http: Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// A key, as whoever runs the service makes it.
    async fn issue(&self, name: &str, scope: &str, days: u32) -> String {
        let days = days.to_string();
        let arguments = ["issue", name, scope, &days];
        let program = arguments.into_iter().fold(program(), ProgramBuilder::arg);
        let program = program.env("API_KEYS", &self.keys).start().unwrap();
        let (status, key, log) = program.end().await.unwrap();
        assert!(status.success(), "{log}");
        key.trim_end().to_owned()
    }

    async fn call(&self, method: &str, path: &str, token: &str) -> (u16, String) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}{path}", self.api));
        let answer = request.bearer_auth(token).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn status(&self, method: &str, path: &str, token: &str) -> u16 {
        self.call(method, path, token).await.0
    }
}

fn program() -> ProgramBuilder {
    Program::at(env!("CARGO_BIN_EXE_custom-verifier"))
}

#[tokio::test]
async fn a_key_and_a_jwt_go_the_same_way() {
    let world = World::start("both").await;
    let key = world.issue("billing", "orders:read", 1).await;
    let jwt = world.server.token().scope("orders:read").jwt();
    for (token, issuer, verified_by) in [
        (&key, "api-keys", "custom"),
        (&jwt, world.server.issuer(), "jwt"),
    ] {
        assert_eq!(world.status("GET", "/orders", token).await, 200);
        assert_eq!(world.status("POST", "/payments", token).await, 403);
        let (_, me) = world.call("GET", "/me", token).await;
        assert!(me.contains(&format!("\"iss\":\"{issuer}\"")), "{me}");
        assert!(
            me.contains(&format!("\"verified_by\":\"{verified_by}\"")),
            "{me}"
        );
    }
    assert_eq!(world.status("GET", "/orders", "").await, 400);
}

#[tokio::test]
async fn a_key_that_is_none_is_shown_to_nobody_else() {
    let world = World::start("bad").await;
    let key = world.issue("billing", "orders:read", 1).await;
    let mut changed = key.clone();
    let last = changed.pop().unwrap();
    changed.push(if last == '0' { '1' } else { '0' });
    let unknown = "ak_0000000000000000_00";
    for bad in [&changed, unknown, "ak_", "ak_0"] {
        let (status, body) = world.call("GET", "/orders", bad).await;
        assert_eq!(status, 401, "{bad}");
        assert!(body.contains("invalid_token"), "{body}");
    }
    assert_eq!(world.server.total_request_count(), 0);
    // And what is no key comes to the server as ever.
    let opaque = world.server.token().scope("orders:read").opaque();
    assert_eq!(world.status("GET", "/orders", &opaque).await, 200);
    assert_eq!(world.server.request_count(Endpoint::Introspection), 1);
    let log = world.program.kill().await.unwrap();
    for secret in [&key, &changed, &opaque] {
        assert!(!log.contains(secret.as_str()), "{log}");
    }
}

#[tokio::test]
async fn a_key_that_was_taken_away_pays_no_more() {
    let world = World::start("revoked").await;
    let key = world
        .issue("billing", "orders:read payments:write", 1)
        .await;
    assert_eq!(world.status("POST", "/payments", &key).await, 200);
    fs::write(&world.keys, "[]").unwrap();
    assert_eq!(world.status("POST", "/payments", &key).await, 401);
    // The other routes know what this one has learned.
    assert_eq!(world.status("GET", "/orders", &key).await, 401);
}

#[tokio::test]
async fn a_key_ends_with_its_time() {
    let world = World::start("ended").await;
    let key = world.issue("billing", "orders:read", 1).await;
    let kept = fs::read_to_string(&world.keys).unwrap();
    let exp = kept.split("\"exp\": ").nth(1).unwrap();
    let exp: u64 = exp.split_whitespace().next().unwrap().parse().unwrap();
    let past = kept.replace(&format!("\"exp\": {exp}"), "\"exp\": 1");
    fs::write(&world.keys, past).unwrap();
    let (status, body) = world.call("GET", "/orders", &key).await;
    assert_eq!(status, 401);
    assert!(body.contains("expired"), "{body}");
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_503() {
    let world = World::start("lost").await;
    let key = world.issue("billing", "payments:write", 1).await;
    fs::write(&world.keys, "no JSON").unwrap();
    assert_eq!(world.status("POST", "/payments", &key).await, 503);
    // Whoever has no key fills no log with it.
    for _ in 0..20 {
        assert_eq!(world.status("GET", "/orders", "ak_1_2").await, 503);
    }
    let log = world.program.log();
    assert_eq!(log.matches("API keys cannot be judged").count(), 1, "{log}");
    let jwt = world.server.token().scope("payments:write").jwt();
    assert_eq!(world.status("POST", "/payments", &jwt).await, 200);
}

#[cfg(unix)]
#[tokio::test]
async fn it_is_ready_once_it_has_keys_and_stops_when_it_is_asked_to() {
    let world = World::start("stopped").await;
    assert_eq!(world.status("GET", "/readyz", "").await, 503);
    let token = world.server.token().scope("orders:read").jwt();
    assert_eq!(world.status("GET", "/orders", &token).await, 200);
    assert_eq!(world.status("GET", "/readyz", "").await, 200);
    world.program.terminate().unwrap();
    let (status, _, log) = world.program.end().await.unwrap();
    assert!(status.success(), "{log}");
}

//! A demo before an authorization server that is not its own. What the browser brings back from there is
//! brought by the test.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_testing::{Answer, AuthorizationServer, Endpoint, Fault, Program};
use reqwest::{header, redirect::Policy};
use serde_json::{Value, json};
use url::Url;

use crate::demo::Demo;

pub(crate) const CLIENT: &str = "playground";
pub(crate) const SECRET: &str = "secret of the playground";

pub(crate) struct World {
    pub(crate) server: AuthorizationServer,
    pub(crate) demo: Demo,
    http: reqwest::Client,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(json!({})).await
    }

    /// With more in the metadata.
    pub(crate) async fn with(metadata: Value) -> Self {
        let server = server().await;
        server.patch_discovery(&metadata);
        let demo = Demo::before(server.issuer()).await;
        let http = reqwest::Client::builder().no_proxy();
        let http = http.redirect(Policy::none()).build().unwrap();
        Self { server, demo, http }
    }

    /// Begins a login. The `state` that the browser is sent away with, to ask whether there is a session.
    pub(crate) async fn begin(&self) -> String {
        let away = self.demo.done("log-in", json!({})).await;
        let url = Url::parse(away["url"].as_str().unwrap()).unwrap();
        assert_eq!(parameter(&url, "prompt").as_deref(), Some("none"));
        parameter(&url, "state").unwrap()
    }

    /// Begins a login of somebody who is not logged in. The `state` that the login page is shown with.
    pub(crate) async fn begin_anew(&self) -> String {
        let state = self.begin().await;
        let answer = [("error", "login_required"), ("state", &state)];
        let url = Url::parse(&self.come_back(&answer).await).unwrap();
        assert_eq!(parameter(&url, "prompt"), None);
        parameter(&url, "state").unwrap()
    }

    /// Brings an answer back. Where the browser is sent then.
    pub(crate) async fn come_back(&self, answer: &[(&str, &str)]) -> String {
        let url = format!("{}/callback", self.demo.origin);
        let url = Url::parse_with_params(&url, answer).unwrap();
        let answer = self.http.get(url).send().await.unwrap();
        assert_eq!(answer.status(), 303);
        answer.headers()[header::LOCATION]
            .to_str()
            .unwrap()
            .to_owned()
    }

    /// Brings a code back, for which there is this beside an access token. The scene then.
    pub(crate) async fn come_home(&self, state: &str, granted: &Value) -> Value {
        let mut answer = json!({
            "access_token": self.server.login("ali").token().jwt(),
            "token_type": "Bearer",
        });
        for (name, value) in granted.as_object().unwrap() {
            answer[name] = value.clone();
        }
        let answer = Answer::new(200)
            .header("content-type", "application/json")
            .body(answer.to_string());
        self.server
            .inject(Endpoint::Token, Fault::answer(answer).times(1));
        let answer = [("code", "a-code"), ("state", state)];
        assert_eq!(self.come_back(&answer).await, "/");
        self.scene().await
    }

    pub(crate) async fn scene(&self) -> Value {
        self.demo.done("state", json!({})).await
    }

    pub(crate) async fn remark(&self) -> String {
        self.scene().await["remark"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

/// A server as the page wants it. It has no login page: nobody goes there.
pub(crate) async fn server() -> AuthorizationServer {
    let server = AuthorizationServer::builder()
        .client(CLIENT, SECRET)
        .start()
        .await
        .unwrap();
    let login = format!("{}/login", server.issuer());
    server.patch_discovery(&json!({ "authorization_endpoint": login }));
    server
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    pairs.find_map(|(known, value)| (known == name).then(|| value.into_owned()))
}

pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap().as_secs()
}

/// An ID token with these claims.
pub(crate) fn id_token(claims: &Value) -> String {
    let part = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}.{}", part(&json!({})), part(claims), part(&json!({})))
}

/// What a server grants to a user who has just typed a password, in the session `sid`.
pub(crate) fn fresh(sid: &str, refresh_token: &str) -> Value {
    let now = now();
    let claims = json!({ "sid": sid, "iat": now, "auth_time": now, "acr": "1" });
    json!({ "id_token": id_token(&claims), "refresh_token": refresh_token })
}

/// The same in a session that was there.
pub(crate) fn visit(sid: &str, refresh_token: &str) -> Value {
    let now = now();
    let claims = json!({ "sid": sid, "iat": now, "auth_time": now - 60, "acr": "0" });
    json!({ "id_token": id_token(&claims), "refresh_token": refresh_token })
}

impl Demo {
    /// A demo before this server.
    async fn before(issuer: &str) -> Self {
        let program = Program::at(env!("CARGO_BIN_EXE_portcullis"))
            .env("SECRET", SECRET)
            .arg("demo")
            .arg("--issuer")
            .arg(issuer)
            .arg("--client-id")
            .arg(CLIENT)
            .arg("--client-secret-env")
            .arg("SECRET")
            .arg("--port")
            .arg("0");
        Self::started(program.start().unwrap()).await
    }
}

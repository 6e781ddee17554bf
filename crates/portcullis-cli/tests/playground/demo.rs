use portcullis_testing::Program;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

/// A running `portcullis demo` and a client that knows its key, as the page does.
pub(crate) struct Demo {
    pub(crate) origin: String,
    pub(crate) key: String,
    pub(crate) http: Client,
    _program: Program,
}

impl Demo {
    pub(crate) async fn start() -> Self {
        let program = Program::at(env!("CARGO_BIN_EXE_portcullis")).arg("demo");
        Self::started(program.start().unwrap()).await
    }

    /// The demo that this program is.
    pub(crate) async fn started(mut program: Program) -> Self {
        let url = program.line_after("playground ").await.unwrap();
        let (page, key) = url.trim().split_once("#key=").unwrap();
        Self {
            origin: page.trim_end_matches('/').to_owned(),
            key: key.to_owned(),
            http: Client::builder().no_proxy().build().unwrap(),
            _program: program,
        }
    }

    /// A request without anything that the page adds.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.origin))
    }

    /// An action as the page sends it.
    pub(crate) async fn act(&self, action: &str, body: Value) -> (StatusCode, Value) {
        let request = self
            .bare(Method::POST, &format!("/play/{action}"))
            .header("origin", &self.origin)
            .header("x-portcullis-key", &self.key)
            .json(&body);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// An action that is carried out.
    pub(crate) async fn done(&self, action: &str, body: Value) -> Value {
        let (status, answer) = self.act(action, body).await;
        assert_eq!(status, 200, "{action}: {answer}");
        answer
    }

    /// Logs in; the number of the token.
    pub(crate) async fn token(&self, kind: &str) -> u64 {
        let done = self.done("issue", json!({ "kind": kind })).await;
        done["scene"]["token"]["id"].as_u64().unwrap()
    }

    /// The status of a call, and how many calls to the authorization server it cost.
    pub(crate) async fn call(&self, way: &str, token: u64) -> (u64, u64) {
        let called = self.called(way, token).await;
        let number = |member: &str| called[member].as_u64().unwrap();
        (number("status"), number("calls"))
    }

    pub(crate) async fn called(&self, way: &str, token: u64) -> Value {
        self.done("call", json!({ "way": way, "token": token }))
            .await
    }
}

//! A realm without a network: what it publishes of its cut-off, and what it says of tokens.

use std::{
    collections::HashMap,
    future::{pending, ready},
    sync::{Arc, Mutex, MutexGuard},
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use portcullis::{HttpClient, HttpError, HttpFuture, IssuerBuilder, Limits, WithCredentials};
use portcullis_conformance::{AUDIENCE, FRONT_END, T0, World};
use portcullis_testing::Endpoint;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// The HTTP client that reaches it. With tokio's time paused, everything takes as long as it should.
#[derive(Debug, Clone)]
pub(crate) struct RealmServer {
    state: Arc<Mutex<State>>,
    gate: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct State {
    document: Option<(StatusCode, String)>,
    polls: usize,
    asked_about: Vec<String>,
    denies: bool,
    is_away: bool,
    answers: HashMap<String, Value>,
    fails_at: HashMap<String, StatusCode>,
    hangs_on: Option<String>,
}

impl RealmServer {
    const OPEN: usize = Semaphore::MAX_PERMITS / 2;

    pub(crate) fn new() -> Self {
        Self {
            state: Arc::default(),
            gate: Arc::new(Semaphore::new(Self::OPEN)),
        }
    }

    /// The cut-off that it publishes, in seconds; 0 is none.
    pub(crate) fn publish(&self, not_before: u64) {
        let document = json!({"realm": "test", "tokens-not-before": not_before});
        self.answer(StatusCode::OK, &document.to_string());
    }

    pub(crate) fn answer(&self, status: StatusCode, document: &str) {
        self.state().document = Some((status, document.to_owned()));
    }

    /// Calls every token inactive from now on.
    pub(crate) fn deny(&self) {
        self.state().denies = true;
    }

    /// Calls every token active from now on.
    pub(crate) fn allow(&self) {
        self.state().denies = false;
    }

    /// Says this of a token, beside that it is active.
    pub(crate) fn say(&self, token: &str, answer: Value) {
        self.state().answers.insert(token.to_owned(), answer);
    }

    /// Calls a token inactive.
    pub(crate) fn end(&self, token: &str) {
        self.say(token, json!({"active": false}));
    }

    /// Answers about a token with this status from now on; 200 is well again.
    pub(crate) fn fail_at(&self, token: &str, status: u16) {
        let status = StatusCode::from_u16(status).unwrap();
        self.state().fails_at.insert(token.to_owned(), status);
    }

    /// Never answers about a token from now on.
    pub(crate) fn hang_on(&self, token: &str) {
        self.state().hangs_on = Some(token.to_owned());
    }

    /// Cannot be reached, or can again.
    pub(crate) fn set_away(&self, is_away: bool) {
        self.state().is_away = is_away;
    }

    /// Keeps every introspection call in the air from now on. Its answer tells the state at its arrival.
    pub(crate) fn close(&self) {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    /// Lets all calls end, now and from now on.
    pub(crate) fn open(&self) {
        self.gate.add_permits(Self::OPEN);
    }

    pub(crate) fn polls(&self) -> usize {
        self.state().polls
    }

    /// How often it was asked about tokens.
    pub(crate) fn calls(&self) -> usize {
        self.state().asked_about.len()
    }

    /// How often it was asked about this token.
    pub(crate) fn calls_about(&self, token: &str) -> usize {
        let state = self.state();
        let asked = state.asked_about.iter().filter(|asked| *asked == token);
        asked.count()
    }

    /// The tokens that it was asked about, in their order.
    pub(crate) fn asked_about(&self) -> Vec<String> {
        self.state().asked_about.clone()
    }

    /// The realm with its keys, asked by this client for everything else.
    pub(crate) fn realm(&self, world: &World) -> IssuerBuilder<WithCredentials> {
        world
            .told()
            .http_client(self.clone())
            .keys(world.server.jwks().to_string())
            .introspection_endpoint(world.server.url(Endpoint::Introspection))
            .not_before_clients([FRONT_END])
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// `None` where there is no answer.
    fn introspected(&self, request: &Request<Bytes>) -> Option<(StatusCode, Value)> {
        let mut state = self.state();
        let form = std::str::from_utf8(request.body()).unwrap();
        let token = form.split('&').find_map(|pair| pair.strip_prefix("token="));
        let token = token.unwrap().to_owned();
        let issuer = request.uri().to_string();
        let issuer = issuer.split("/protocol/").next().unwrap();
        let is_probe = token == "portcullis-probe";
        let mut answer = json!({
            "active": !state.denies && !is_probe, "iss": issuer, "aud": AUDIENCE, "exp": T0 + 86_400,
        });
        if let Some(Value::Object(own)) = state.answers.get(&token) {
            answer.as_object_mut().unwrap().extend(own.clone());
        }
        let status = state.fails_at.get(&token).copied();
        let hangs = state.hangs_on.as_ref() == Some(&token);
        state.asked_about.push(token);
        (!hangs).then_some((status.unwrap_or(StatusCode::OK), answer))
    }

    fn document(&self) -> (StatusCode, String) {
        let mut state = self.state();
        state.polls += 1;
        let unset = (StatusCode::OK, json!({"tokens-not-before": 0}).to_string());
        state.document.clone().unwrap_or(unset)
    }
}

fn response(status: StatusCode, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json;charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

impl HttpClient for RealmServer {
    fn send(&self, request: Request<Bytes>, _: Limits) -> HttpFuture {
        if self.state().is_away {
            let error = HttpError::Unreachable("it is away".to_owned());
            return Box::pin(ready(Err(error)));
        }
        if !request.uri().path().ends_with("/introspect") {
            let (status, document) = self.document();
            return Box::pin(ready(Ok(response(status, document))));
        }
        let Some((status, answer)) = self.introspected(&request) else {
            return Box::pin(pending());
        };
        let gate = self.gate.clone();
        Box::pin(async move {
            drop(gate.acquire().await);
            Ok(response(status, answer.to_string()))
        })
    }
}

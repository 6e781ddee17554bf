//! A realm without a network: what it publishes of its cut-off, and what it says of tokens.

use std::{
    future::ready,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{Router, body::Body};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use portcullis::{
    HttpClient, HttpFuture, IssuerBuilder, Limits, NotBeforeReceiver, WithCredentials,
};
use portcullis_axum::not_before_router;
use portcullis_conformance::{AUDIENCE, FRONT_END, Instance, Reply, T0, World, pass_start, send};
use portcullis_testing::{AdminMessageBuilder, Endpoint};
use serde_json::json;

/// The HTTP client that reaches it. With tokio's time paused, everything takes as long as it should.
#[derive(Debug, Clone, Default)]
pub(crate) struct RealmServer {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    document: Option<(StatusCode, String)>,
    polls: usize,
    asked_about: Vec<String>,
    denies: bool,
}

impl RealmServer {
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

    pub(crate) fn polls(&self) -> usize {
        self.state().polls
    }

    /// How often it was asked about this token.
    pub(crate) fn calls_about(&self, token: &str) -> usize {
        let state = self.state();
        let asked = state.asked_about.iter().filter(|asked| *asked == token);
        asked.count()
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

    fn respond(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let mut state = self.state();
        let (status, body) = if request.uri().path().ends_with("/introspect") {
            let form = std::str::from_utf8(request.body()).unwrap();
            let token = form.split('&').find_map(|pair| pair.strip_prefix("token="));
            state.asked_about.push(token.unwrap().to_owned());
            let issuer = request.uri().to_string();
            let issuer = issuer.split("/protocol/").next().unwrap();
            let active = !state.denies;
            let answer = json!({
                "active": active, "iss": issuer, "aud": AUDIENCE, "exp": T0 + 86_400,
            });
            (StatusCode::OK, answer.to_string())
        } else {
            state.polls += 1;
            let unset = (StatusCode::OK, json!({"tokens-not-before": 0}).to_string());
            state.document.clone().unwrap_or(unset)
        };
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status;
        let json = HeaderValue::from_static("application/json;charset=UTF-8");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response
    }
}

impl HttpClient for RealmServer {
    fn send(&self, request: Request<Bytes>, _: Limits) -> HttpFuture {
        Box::pin(ready(Ok(self.respond(&request))))
    }
}

/// An instance of a service that is told of cut-offs, and asks for them; time is paused.
pub(crate) struct CutOffs {
    pub(crate) world: World,
    pub(crate) realm: RealmServer,
    pub(crate) instance: Instance,
    pub(crate) admin: Router,
}

impl CutOffs {
    pub(crate) async fn start() -> Self {
        Self::with(|issuer| issuer).await
    }

    pub(crate) async fn with(
        configure: impl FnOnce(IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials>,
    ) -> Self {
        let world = World::start().await;
        let realm = RealmServer::default();
        tokio::time::pause();
        let instance = Instance::new(configure(realm.realm(&world))).await;
        instance.begin();
        pass_start(&world);
        Self {
            admin: admin(&instance),
            world,
            realm,
            instance,
        }
    }

    /// Now, in seconds, and so many more.
    pub(crate) fn now_and(&self, seconds: u64) -> u64 {
        let now = self.world.clock.system_time();
        let since_epoch = now.duration_since(std::time::UNIX_EPOCH);
        since_epoch.unwrap().as_secs() + seconds
    }

    /// A message to the front end that a cut-off has moved there, which the server has not done.
    pub(crate) fn message(&self, not_before: u64) -> AdminMessageBuilder {
        let message = self.world.server.not_before_message(FRONT_END);
        message.claim("notBefore", not_before)
    }

    pub(crate) async fn push(&self, message: AdminMessageBuilder) -> StatusCode {
        push(&self.admin, message).await.status
    }
}

/// The routes at the admin URL of a client.
pub(crate) fn admin(instance: &Instance) -> Router {
    let receiver: NotBeforeReceiver = instance.issuer.not_before_receiver().unwrap();
    Router::new().nest("/keycloak", not_before_router(receiver))
}

/// Posts a message, as Keycloak does.
pub(crate) async fn push(admin: &Router, message: AdminMessageBuilder) -> Reply {
    let request = Request::post("/keycloak/k_push_not_before")
        .header(header::CONTENT_TYPE, "text/plain")
        .body(Body::from(message.jwt()))
        .unwrap();
    send(admin, request).await
}

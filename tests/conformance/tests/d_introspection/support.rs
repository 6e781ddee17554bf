//! A service that introspects opaque tokens, about which the server says whatever a test wants.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use http::StatusCode;
use portcullis::{IssuerBuilder, WithCredentials};
use portcullis_conformance::{AUDIENCE, Reply, T0, World, get, protected};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::{Value, json};

pub(crate) struct Told {
    pub(crate) world: World,
    pub(crate) router: Router,
    tokens: AtomicUsize,
}

impl Told {
    pub(crate) async fn start() -> Self {
        Self::with(|issuer| issuer).await
    }

    /// With settings of the test's own.
    pub(crate) async fn with(
        settings: impl FnOnce(IssuerBuilder<WithCredentials>) -> IssuerBuilder<WithCredentials>,
    ) -> Self {
        let world = World::start().await;
        let issuer = settings(world.asking()).build().unwrap();
        Self {
            router: protected(issuer.introspection()),
            world,
            tokens: AtomicUsize::new(0),
        }
    }

    /// A token that nobody has seen.
    pub(crate) fn token(&self) -> String {
        let number = self.tokens.fetch_add(1, Ordering::Relaxed);
        format!("opaque-{number}")
    }

    /// What a good token's answer says.
    pub(crate) fn good(&self) -> Value {
        json!({
            "active": true,
            "iss": self.world.server.issuer(),
            "aud": AUDIENCE,
            "sub": "alice",
            "exp": T0 + 300,
            "scope": "read",
        })
    }

    /// The same with one member changed.
    pub(crate) fn good_but(&self, name: &str, value: &Value) -> Value {
        let mut answer = self.good();
        answer[name] = value.clone();
        answer
    }

    /// The reply to a new token about which the server says this.
    pub(crate) async fn reply_to(&self, answer: Value) -> Reply {
        let token = self.token();
        self.world.server.set_introspection_answer(&token, answer);
        get(&self.router, &token).await
    }

    /// The reply to a new token about which the server sends these very bytes.
    pub(crate) async fn reply_with(&self, answer: Answer) -> Reply {
        let token = self.token();
        let fault = Fault::answer(answer).for_token(&token);
        self.world.server.inject(Endpoint::Introspection, fault);
        get(&self.router, &token).await
    }

    /// How often the server is asked for two requests with one new token, about which it says
    /// this.
    pub(crate) async fn calls_for_two(&self, answer: Value) -> usize {
        let token = self.token();
        let before = self.calls();
        self.world.server.set_introspection_answer(&token, answer);
        get(&self.router, &token).await;
        get(&self.router, &token).await;
        self.calls() - before
    }

    /// Asserts that an answer is no answer: 503, and the same token is good as soon as the
    /// server speaks properly.
    pub(crate) async fn assert_unusable(&self, answer: Answer) {
        let token = self.token();
        let server = &self.world.server;
        server.set_introspection_answer(&token, self.good());
        let fault = Fault::answer(answer.clone()).for_token(&token).times(1);
        server.inject(Endpoint::Introspection, fault);
        let reply = get(&self.router, &token).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
        reply.assert_unavailable();
        let reply = get(&self.router, &token).await;
        assert_eq!(reply.status, StatusCode::OK, "{answer:?}");
    }

    pub(crate) fn calls(&self) -> usize {
        self.world.server.request_count(Endpoint::Introspection)
    }
}

/// An answer of status 200 and JSON's content type with this body.
pub(crate) fn body(body: impl Into<Vec<u8>>) -> Answer {
    Answer::new(200)
        .header("content-type", "application/json")
        .body(body)
}

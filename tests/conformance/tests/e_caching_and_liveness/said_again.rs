//! A server that says of a token the very same as before is read once, however its words come: about a JWT that is
//! verified here, in an answer that it signs, and from another instance.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{Request, header};
use portcullis::{Authenticator, Freshness, RequestView, TokenVerifier, VerifiedToken};
use portcullis_conformance::{AUDIENCE, CLIENT_ID, MemoryStore, T0, World, state_keys};
use portcullis_testing::{Answer, Endpoint, Fault, SigningAlgorithm};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

/// How often a handler's type was made of what a server said, in each of the tests.
static MADE: [AtomicUsize; 3] = [const { AtomicUsize::new(0) }; 3];

/// The handler's type, in one of the tests.
struct Said<const TEST: usize>(Value);

impl<'de, const TEST: usize> Deserialize<'de> for Said<TEST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        MADE[TEST].fetch_add(1, Ordering::SeqCst);
        Value::deserialize(deserializer).map(Self)
    }
}

/// A handler that is shown a token.
struct Handler {
    world: World,
    authenticator: Arc<Authenticator>,
    token: String,
}

impl Handler {
    fn new(world: World, verifier: impl TokenVerifier, token: String) -> Self {
        Self {
            world,
            authenticator: Arc::new(Authenticator::new(verifier)),
            token,
        }
    }

    /// The token of a request, as the verifier sees it without being asked for more.
    async fn admitted(&self) -> VerifiedToken {
        let request = Request::get("/")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .body(())
            .unwrap();
        let request = RequestView::from(&request);
        let admitted = self.authenticator.authenticate(request).await;
        self.world.clock.advance(Duration::from_millis(1));
        admitted.unwrap().unwrap()
    }

    /// The same after a call of its own, which the server answers.
    async fn asked(&self) -> VerifiedToken {
        let calls = self.world.calls();
        let token = self.admitted().await.refreshed(Freshness::Live).await;
        assert_eq!(self.world.calls(), calls + 1);
        token.unwrap()
    }
}

/// Asserts what the handler is told, and of how many different texts in all.
fn assert_told<const TEST: usize>(token: &VerifiedToken, subject: &str, texts: usize) {
    assert_eq!(token.claims::<Said<TEST>>().unwrap().0["sub"], subject);
    assert_eq!(MADE[TEST].load(Ordering::SeqCst), texts);
}

#[tokio::test]
async fn about_a_jwt_that_is_verified_here() {
    let world = World::start().await;
    let issuer = world.asking().connect().await.unwrap();
    let token = world.server.token().subject("alice").jwt();
    let said = world.server.introspect(&token);
    let handler = Handler::new(world, issuer.hybrid(), token);
    for (scope, texts) in [("a", 1), ("a", 1), ("b", 2), ("b", 2), ("a", 3)] {
        let mut said = said.clone();
        said["scope"] = scope.into();
        let server = &handler.world.server;
        server.clear_faults(Endpoint::Introspection);
        server.inject(Endpoint::Introspection, Fault::answer(Answer::json(&said)));
        let token = handler.asked().await;
        assert_told::<0>(&token, "alice", texts);
        assert!(token.facts().registered().scope.contains(scope));
    }
}

/// The signature and its date are new each time.
#[tokio::test]
async fn in_an_answer_that_is_signed() {
    let world = World::start().await;
    let issuer = world.asking().signed_introspection();
    let issuer = issuer.connect().await.unwrap();
    let key = world.server.signing_key(SigningAlgorithm::RS256);
    let header = json!({"alg": "RS256", "kid": key.key_id(), "typ": "token-introspection+jwt"});
    let said = |subject: &str, number: u64| {
        let issuer = world.server.issuer();
        let payload = json!({
            "iss": issuer, "aud": CLIENT_ID, "iat": T0, "jti": number.to_string(),
            "token_introspection": {
                "active": true, "iss": issuer, "aud": AUDIENCE, "sub": subject, "exp": T0 + 300,
            },
        });
        let answer = Answer::new(200)
            .header("content-type", "application/token-introspection+jwt")
            .body(key.sign_raw(header.to_string(), payload.to_string()));
        Fault::answer(answer)
    };
    let subjects = ["alice", "alice", "bob", "bob", "alice"];
    let answers: Vec<_> = (0..)
        .zip(subjects)
        .map(|(number, it)| said(it, number))
        .collect();
    let token = world.server.token().opaque();
    let handler = Handler::new(world, issuer.introspection(), token);
    let server = &handler.world.server;
    server.inject(Endpoint::Introspection, answers[0].clone());
    handler.admitted().await;
    for ((answer, subject), texts) in answers.into_iter().zip(subjects).zip([1, 1, 2, 2, 3]) {
        server.clear_faults(Endpoint::Introspection);
        server.inject(Endpoint::Introspection, answer);
        let token = handler.asked().await;
        assert_told::<1>(&token, subject, texts);
    }
}

/// What it has read before is here as if it had been read here.
#[tokio::test]
async fn by_another_instance() {
    let world = World::start().await;
    let store = MemoryStore::new(&world.clock);
    let instance = async || {
        let issuer = world.asking().shared_store(store.clone(), &state_keys());
        issuer.connect().await.unwrap()
    };
    let (one, other) = (instance().await, instance().await);
    let token = world.server.token().subject("alice").opaque();
    let one = Handler::new(world, one.introspection(), token);
    one.admitted().await;
    portcullis_conformance::until(|| !store.entries().is_empty()).await;
    let Handler { world, token, .. } = one;
    let other = Handler::new(world, other.introspection(), token);
    let taken_over = other.admitted().await;
    assert_eq!(other.world.calls(), 1);
    assert_told::<2>(&taken_over, "alice", 1);
    for _ in 0..2 {
        let token = other.asked().await;
        assert_eq!(token.facts().json(), taken_over.facts().json());
        assert_told::<2>(&token, "alice", 1);
    }
}

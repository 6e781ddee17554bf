//! "Inactive" is remembered shortly and apart from the good answers; errors are not remembered.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use portcullis::{
    AccessToken, Credentials, Freshness, HttpClient, HttpError, HttpFuture, Issuer, Limits,
    ManualClock, TokenVerifier,
};
use portcullis_conformance::{
    AUDIENCE, CLIENT_ID, CLIENT_SECRET, Mishap, T0, WatchedClient, World, get, protected,
};
use portcullis_testing::{Client, Endpoint, Fault};

use crate::support::{assert_ok, calls, seconds};

/// A server without a network: it calls every token active that begins with `good`.
#[derive(Debug, Clone, Default)]
struct Oracle {
    calls: Arc<AtomicUsize>,
}

impl Oracle {
    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// A verifier that asks this server and nobody else.
    fn verifier(&self, cache_bytes: u64) -> impl TokenVerifier {
        Issuer::builder("https://id.example.com")
            .unwrap()
            .audience(AUDIENCE)
            .client_secret(CLIENT_ID, CLIENT_SECRET)
            .introspection_endpoint("https://id.example.com/introspect")
            .introspection_cache_bytes(cache_bytes)
            .http_client(self.clone())
            .clock(ManualClock::at(T0))
            .build()
            .unwrap()
            .introspection()
    }
}

impl HttpClient for Oracle {
    fn send(&self, request: Request<Bytes>, _: Limits) -> HttpFuture {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let is_active = request.body().starts_with(b"token=good");
        let answer = format!(r#"{{"active":{is_active},"aud":"{AUDIENCE}"}}"#);
        let response = Response::builder()
            .header("content-type", "application/json")
            .body(Bytes::from(answer))
            .unwrap();
        Box::pin(async move { Ok(response) })
    }
}

async fn is_good(verifier: &impl TokenVerifier, token: &str) -> bool {
    let credentials = Credentials::bearer(AccessToken::new(token).unwrap());
    verifier
        .verify(&credentials, Freshness::AsConfigured)
        .await
        .is_ok()
}

#[tokio::test]
async fn e7_inactive_is_repeated_for_five_seconds() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().introspection());
    let token = world.server.token().opaque();
    world.server.revoke(&token);
    get(&router, &token).await.assert_invalid_token();
    world.clock.advance(seconds(4));
    get(&router, &token).await.assert_invalid_token();
    assert_eq!(calls(&world), 1);
    world.clock.advance(seconds(1));
    get(&router, &token).await.assert_invalid_token();
    assert_eq!(calls(&world), 2);
}

#[tokio::test]
async fn e7_a_flood_of_bad_tokens_pushes_out_no_good_one() {
    let oracle = Oracle::default();
    // Room for the good ones and hardly more.
    let verifier = oracle.verifier(200 * 1024);
    let good = (0..50).map(|number| format!("good-{number}"));
    for token in good.clone() {
        assert!(is_good(&verifier, &token).await);
    }
    for number in 0..100_000 {
        assert!(!is_good(&verifier, &format!("bad-{number}")).await);
    }
    assert_eq!(oracle.calls(), 50 + 100_000);
    for token in good {
        assert!(is_good(&verifier, &token).await);
    }
    assert_eq!(oracle.calls(), 50 + 100_000, "every good one is remembered");
}

#[tokio::test]
async fn e7_good_answers_take_no_more_memory_than_allowed() {
    let oracle = Oracle::default();
    let verifier = oracle.verifier(16 * 1024);
    let tokens: Vec<String> = (0..2_000).map(|number| format!("good-{number}")).collect();
    for _ in 0..2 {
        for token in &tokens {
            assert!(is_good(&verifier, token).await);
        }
    }
    let remembered = 2 * tokens.len() - oracle.calls();
    // An answer counts for more than half a KiB, so 16 KiB have room for fewer than 32.
    assert!(remembered < 32, "{remembered} are remembered");
}

#[tokio::test]
async fn e8_errors_of_the_server_are_not_remembered() {
    for fault in [
        Fault::status(500).times(1),
        Fault::status(502).times(1),
        Fault::status(503).header("retry-after", "7").times(1),
        Fault::status(504).times(1),
        Fault::status(429).times(1),
        Fault::status(413).times(1),
        Fault::status(400).times(1),
        Fault::status(204).times(1),
        Fault::garbage().times(1),
        Fault::html().times(1),
        // A lost connection is tried once more.
        Fault::drop_before_answer().times(2),
        Fault::drop_mid_answer().times(1),
        Fault::endless_body().times(1),
    ] {
        let world = World::start().await;
        let router = protected(world.asking().build().unwrap().introspection());
        let token = world.server.token().opaque();
        world.server.inject(Endpoint::Introspection, fault.clone());
        let reply = get(&router, &token).await;
        assert_eq!(reply.status, 503, "{fault:?}");
        reply.assert_unavailable();
        // A server that fails at one token only is not asked about that token for a second.
        world.clock.advance(seconds(1));
        assert_eq!(
            get(&router, &token).await.status,
            StatusCode::OK,
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn e8_errors_on_the_way_are_not_remembered() {
    for error in [
        HttpError::Timeout,
        HttpError::Unreachable("no route".to_owned()),
        HttpError::Broken("too short".to_owned()),
        HttpError::BodyTooLong { limit: 1 },
    ] {
        let world = World::start().await;
        let client = WatchedClient::new();
        let issuer = world.asking().http_client(client.clone()).build().unwrap();
        let router = protected(issuer.introspection());
        let token = world.server.token().opaque();
        client.befall(Mishap::Error(error.clone()));
        get(&router, &token).await.assert_unavailable();
        assert_eq!(calls(&world), 0);
        assert_eq!(get(&router, &token).await.status, StatusCode::OK, "{error}");
    }
}

#[tokio::test]
async fn e8_a_refusal_of_our_credentials_is_not_held_against_the_token() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().introspection());
    let token = world.server.token().opaque();
    world.server.add_client(Client::new(CLIENT_ID, "renewed"));
    assert_eq!(get(&router, &token).await.status, 500);
    world
        .server
        .add_client(Client::new(CLIENT_ID, CLIENT_SECRET));
    world.clock.advance(seconds(5));
    assert_ok(&get(&router, &token).await);
}

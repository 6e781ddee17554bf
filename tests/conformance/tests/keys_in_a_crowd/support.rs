use std::{
    collections::HashMap,
    task::Poll,
    time::{Duration, UNIX_EPOCH},
};

use axum::Router;
use http::StatusCode;
use portcullis_conformance::{World, base64url, getting, parts, poll_once};
use portcullis_testing::{Endpoint, SigningAlgorithm};
use tokio::{
    sync::{Mutex, MutexGuard},
    task::JoinSet,
};

/// Each of these tests keeps the machine busy, and a token waits for its key in real time.
pub(crate) async fn alone() -> MutexGuard<'static, ()> {
    static MACHINE: Mutex<()> = Mutex::const_new(());
    MACHINE.lock().await
}

/// A good token that lives for a day.
pub(crate) fn lasting(world: &World) -> String {
    let token = world.server.token();
    token.expires_in(Duration::from_secs(86_400)).jwt()
}

/// How often the key set was fetched.
pub(crate) fn fetches(world: &World) -> usize {
    world.server.request_count(Endpoint::Jwks)
}

/// Asserts that a token is answered without waiting for anything.
pub(crate) fn assert_good_at_once(router: &Router, token: &str) {
    let Poll::Ready(reply) = poll_once(&mut Box::pin(getting(router, token))) else {
        panic!("a known key waits");
    };
    assert_eq!(reply.status, StatusCode::OK);
}

/// Tokens of made-up keys, which differ in their `kid`. Nobody has to sign what is never verified.
pub(crate) fn strangers(world: &World, iat: u64) -> impl Fn(usize) -> String + use<> {
    let model = world
        .server
        .token()
        .algorithm(SigningAlgorithm::EdDSA)
        .issued_at(UNIX_EPOCH + Duration::from_secs(iat))
        .jwt();
    let [_, payload, signature] = parts(&model).map(str::to_owned);
    move |number| {
        let header = format!(r#"{{"alg":"EdDSA","typ":"JWT","kid":"stranger-{number}"}}"#);
        format!("{}.{payload}.{signature}", base64url(header))
    }
}

/// What came of each of these requests: how many got which status.
pub(crate) async fn statuses(crowd: JoinSet<StatusCode>) -> HashMap<StatusCode, usize> {
    let mut counted = HashMap::new();
    for status in crowd.join_all().await {
        *counted.entry(status).or_default() += 1;
    }
    counted
}

/// `count` requests at once, by these tokens in turn.
pub(crate) fn crowd(router: &Router, tokens: &[String], count: usize) -> JoinSet<StatusCode> {
    let tokens = tokens.iter().cycle().take(count);
    tokens
        .map(|token| {
            let request = getting(router, token);
            async move { request.await.status }
        })
        .collect()
}

//! D16–D19: the server refuses us, or the token for a reason of ours.

use http::StatusCode;
use portcullis_conformance::{
    AUDIENCE, CLIENT_ID, CLIENT_SECRET, CapturedLog, World, get, post_active, protected,
};
use portcullis_testing::{Answer, Client, Endpoint, Fault};
use serde_json::json;
use std::time::Duration;
use tracing::Level;

use crate::support::Told;

/// Longer than the server's refusal of our credentials is taken for granted.
const COOL_DOWN: Duration = Duration::from_secs(6);

fn oauth_error(status: u16, error: &str, description: &str) -> Answer {
    let body = json!({"error": error, "error_description": description});
    Answer::json(&body).status(status)
}

#[tokio::test]
async fn d16_refused_credentials_are_our_error() {
    for answer in [
        oauth_error(401, "invalid_client", "Invalid client credentials"),
        oauth_error(401, "invalid_request", "Authentication failed."),
        oauth_error(403, "invalid_request", "Client not allowed."),
        Answer::new(401),
        // A body that looks like an answer does not make it one.
        Answer::json(&json!({"active": false})).status(401),
        Answer::json(&json!({"active": true, "aud": AUDIENCE})).status(401),
    ] {
        let told = Told::start().await;
        let token = told.token();
        let server = &told.world.server;
        server.set_introspection_answer(&token, told.good());
        server.inject(Endpoint::Introspection, Fault::answer(answer.clone()));
        let reply = get(&told.router, &token).await;
        assert_eq!(
            reply.status,
            StatusCode::INTERNAL_SERVER_ERROR,
            "{answer:?}"
        );
        assert_eq!(reply.retry_after(), None);
        assert!(reply.challenge().is_none());

        // Nothing was learned about the token.
        server.clear_faults(Endpoint::Introspection);
        told.world.clock.advance(COOL_DOWN);
        let reply = get(&told.router, &token).await;
        assert_eq!(reply.status, StatusCode::OK, "{answer:?}");
    }
}

#[tokio::test]
async fn d16_a_renewed_secret_shows_as_our_error() {
    let told = Told::start().await;
    let logs = CapturedLog::start();
    let server = &told.world.server;
    server.add_client(Client::new(CLIENT_ID, "renewed"));
    let reply = told.reply_to(told.good()).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    let lines = logs.matching(Level::ERROR, "client credentials");
    assert_eq!(lines.len(), 1, "{:?}", logs.lines());
    let line = &lines[0];
    assert!(line.text.contains("client_credentials_refused"));
    assert!(line.text.contains(CLIENT_ID) && !line.text.contains(CLIENT_SECRET));

    server.add_client(Client::new(CLIENT_ID, CLIENT_SECRET));
    told.world.clock.advance(COOL_DOWN);
    assert_eq!(told.reply_to(told.good()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn d17_a_thousand_requests_cause_a_handful_of_calls() {
    for status in [401, 403] {
        let told = Told::start().await;
        let server = &told.world.server;
        server.inject(Endpoint::Introspection, Fault::status(status));
        for _ in 0..1000 {
            let reply = told.reply_to(told.good()).await;
            assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        }
        assert!(told.calls() <= 5, "{}", told.calls());

        server.clear_faults(Endpoint::Introspection);
        told.world.clock.advance(COOL_DOWN);
        assert_eq!(told.reply_to(told.good()).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn d17_calls_that_are_queued_when_the_refusal_comes_are_not_made() {
    let told = Told::with(|issuer| issuer.introspection_calls(3)).await;
    let server = &told.world.server;
    server.inject(Endpoint::Introspection, Fault::status(401));
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        let (router, token) = (told.router.clone(), told.token());
        requests.spawn(async move { get(&router, &token).await.status });
    }
    for status in requests.join_all().await {
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    }
    // As many as may be under way at once, and the probe.
    assert!(told.calls() <= 4, "{}", told.calls());
}

#[tokio::test]
async fn d18_a_400_for_every_token_is_our_error() {
    for description in ["Failed to introspect token.", "Token not provided."] {
        let told = Told::start().await;
        let server = &told.world.server;
        let refusal = oauth_error(400, "invalid_request", description);
        server.inject(Endpoint::Introspection, Fault::answer(refusal));
        let token = told.token();
        server.set_introspection_answer(&token, told.good());
        let reply = get(&told.router, &token).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);

        server.clear_faults(Endpoint::Introspection);
        told.world.clock.advance(COOL_DOWN);
        assert_eq!(get(&told.router, &token).await.status, StatusCode::OK);
    }
}

/// The client chooses the token: what the server says to one of them says nothing of others.
#[tokio::test]
async fn d18_a_400_for_one_token_harms_no_other() {
    let told = Told::start().await;
    let server = &told.world.server;
    let refusal = oauth_error(400, "invalid_request", "Failed to introspect token.");
    let poison = Fault::answer(refusal).for_token("poison");
    server.inject(Endpoint::Introspection, poison);
    for _ in 0..50 {
        get(&told.router, "poison").await.assert_unavailable();
        assert_eq!(told.reply_to(told.good()).await.status, StatusCode::OK);
    }
    server.clear_faults(Endpoint::Introspection);
    server.set_introspection_answer("poison", told.good());
    let reply = get(&told.router, "poison").await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn d19_want_of_our_audience_is_explained_once() {
    let logs = CapturedLog::start();
    let world = World::start().await;
    world.server.set_audience_rule(true);
    world.server.add_client(Client::new("payments-rs", "s"));
    let issuer = world.realm().client_secret("payments-rs", "s");
    let router = protected(issuer.build().unwrap().hybrid());
    for _ in 0..3 {
        let token = world.server.token().jwt();
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);
        post_active(&router, &token).await.assert_invalid_token();
    }
    let lines = logs.matching(Level::WARN, "audience mapper");
    assert_eq!(lines.len(), 1, "{:?}", logs.lines());
    assert!(lines[0].text.contains("payments-rs"));

    // With the mapper, all is well.
    let token = world.server.token();
    let token = token.claim("aud", json!([AUDIENCE, "payments-rs"])).jwt();
    assert_eq!(post_active(&router, &token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn d19_a_token_that_is_over_is_not_explained_so() {
    let logs = CapturedLog::start();
    let world = World::start().await;
    world.server.set_audience_rule(true);
    let router = protected(world.asking().build().unwrap().hybrid());
    let token = world.server.token().jwt();
    assert_eq!(post_active(&router, &token).await.status, StatusCode::OK);
    world.server.revoke(&token);
    post_active(&router, &token).await.assert_invalid_token();
    let lines = logs.matching(Level::WARN, "audience mapper");
    assert!(lines.is_empty(), "{lines:?}");
}

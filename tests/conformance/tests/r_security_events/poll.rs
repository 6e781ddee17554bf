//! R14: polls, and what is said of what they have brought (RFC 8936).

use std::time::Duration;

use http::{StatusCode, header};
use portcullis::{AccessToken, HttpError, IssuerBuilder, Readiness};
use portcullis_conformance::{AUDIENCE, CapturedLog, MemoryFeed, World, get, protected, until};
use portcullis_testing::Endpoint;
use serde_json::json;
use tokio::time::Instant;
use tracing::Level;

use crate::{
    support::{MINUTE, VERIFICATION},
    transmitter::{Polling, members},
};

#[tokio::test(start_paused = true)]
async fn r14_a_poll_is_a_post_of_json_with_a_bearer_token() {
    let mut polling = Polling::start().await;
    let poll = polling.transmitter.poll().await;
    assert_eq!(poll.headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(poll.headers[header::ACCEPT], "application/json");
    let credentials = &poll.headers[header::AUTHORIZATION];
    assert_eq!(credentials, "Bearer of-the-receiver");
    assert!(credentials.is_sensitive());
    assert_eq!(members(&poll.body), ["maxEvents", "returnImmediately"]);
    assert_eq!(poll.body["returnImmediately"], true);
    assert!(poll.body["maxEvents"].as_u64().unwrap() > 1);
    poll.deliver(&[]);
    // From then on the transmitter may wait until there is something.
    let poll = polling.transmitter.poll().await;
    assert_eq!(poll.body["returnImmediately"], false);
}

#[tokio::test(start_paused = true)]
async fn r14_what_was_taken_is_acknowledged_by_the_next_poll() {
    let mut polling = Polling::start().await;
    let [alice, bob] = ["alice", "bob"].map(|user| polling.world.server.login(user));
    let tokens = [alice.token().jwt(), bob.token().jwt()];
    for token in &tokens {
        assert_eq!(polling.status(token).await, StatusCode::OK);
    }
    let revoked = |session: &portcullis_testing::Session, jti: &str| {
        json!(session.session_revoked().claim("jti", jti).jwt())
    };
    let (one, two) = (revoked(&alice, "one"), revoked(&bob, "two"));
    polling
        .transmitter
        .poll()
        .await
        .deliver(&[("one", one), ("two", two)]);
    let poll = polling.transmitter.poll().await;
    assert_eq!(poll.body["ack"], json!(["one", "two"]));
    assert_eq!(poll.body["returnImmediately"], true);
    assert!(poll.body.get("setErrs").is_none(), "{}", poll.body);
    for token in &tokens {
        assert_eq!(polling.status(token).await, StatusCode::UNAUTHORIZED);
        assert_eq!(polling.world.calls_about(token), 0);
    }
    poll.deliver(&[]);
    let poll = polling.transmitter.poll().await;
    assert_eq!(members(&poll.body), ["maxEvents", "returnImmediately"]);
}

#[tokio::test(start_paused = true)]
async fn r14_a_bad_event_is_reported_and_the_good_ones_are_taken() {
    let logs = CapturedLog::start();
    let mut polling = Polling::start().await;
    let alice = polling.world.server.login("alice");
    let token = alice.token().jwt();
    let event = |jti: &str| alice.session_revoked().claim("jti", jti);
    let state = json!({ "state": "another" });
    let verification = polling.world.server.security_event(VERIFICATION, state);
    let foreign = "https://id.example.com";
    polling.transmitter.poll().await.deliver(&[
        ("a", json!(event("a").header("typ", "JWT").jwt())),
        ("b", json!(event("b").signature(*b"forged").jwt())),
        ("c", json!(event("c").claim("iss", foreign).jwt())),
        ("d", json!(event("d").audience("stock-api").jwt())),
        ("e", json!(verification.claim("jti", "e").jwt())),
        ("f", json!(event("another").jwt())),
        ("g", json!({ "not": "a text" })),
        (
            "h",
            json!(event("h").claim("txn", "x".repeat(65_536)).jwt()),
        ),
        ("i", json!("no event")),
        ("y", json!(event("y").jwt())),
        ("z", json!(event("z").header("kid", "made-up").jwt())),
    ]);
    let poll = polling.transmitter.poll().await;
    assert_eq!(poll.body["ack"], json!(["y"]));
    let errors = poll.body["setErrs"].as_object().unwrap();
    let codes: Vec<_> = errors
        .iter()
        .map(|(jti, error)| (jti.as_str(), error["err"].as_str().unwrap()))
        .collect();
    assert_eq!(
        codes,
        [
            ("a", "invalid_request"),
            ("b", "invalid_key"),
            ("c", "invalid_issuer"),
            ("d", "invalid_audience"),
            ("e", "invalid_state"),
            ("f", "invalid_request"),
            ("g", "invalid_request"),
            ("h", "invalid_request"),
            ("i", "invalid_request"),
            ("z", "invalid_key"),
        ]
    );
    assert!(
        errors
            .values()
            .all(|error| error["description"].is_string())
    );
    assert_eq!(poll.headers[header::CONTENT_LANGUAGE], "en");
    // The operator hears of each kind once.
    let said = |code: &str| logs.matching(Level::WARN, &format!("refused with `{code}`"));
    for (_, code) in codes {
        assert_eq!(said(code).len(), 1, "{code}");
    }
    assert_eq!(polling.status(&token).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test(start_paused = true)]
async fn r14_what_was_not_acknowledged_for_lack_of_an_answer_is_acknowledged_again() {
    let mut polling = Polling::start().await;
    let event = polling.world.server.login("alice").session_revoked();
    let event = json!(event.claim("jti", "one").jwt());
    polling
        .transmitter
        .poll()
        .await
        .deliver(&[("one", event.clone())]);
    for _ in 0..2 {
        let poll = polling.transmitter.poll().await;
        assert_eq!(poll.body["ack"], json!(["one"]));
        poll.fail(HttpError::Broken("cut off".to_owned()));
    }
    polling.transmitter.poll().await.answer(400, "{}");
    // Perhaps it is this that is not understood. Then the event comes again.
    let poll = polling.transmitter.poll().await;
    assert!(poll.body.get("ack").is_none(), "{}", poll.body);
    poll.deliver(&[("one", event)]);
    let poll = polling.transmitter.poll().await;
    assert_eq!(poll.body["ack"], json!(["one"]));
}

#[tokio::test(start_paused = true)]
async fn r14_a_transmitter_that_does_not_wait_is_asked_once_a_second() {
    let mut polling = Polling::start().await;
    let began = Instant::now();
    polling.transmitter.poll().await.deliver(&[]);
    polling.transmitter.poll().await.deliver(&[]);
    for _ in 0..10 {
        polling.transmitter.poll().await.deliver(&[]);
    }
    assert_eq!(began.elapsed(), Duration::from_millis(10_100));
    // One that waits is asked again at once.
    for _ in 0..10 {
        let poll = polling.transmitter.poll().await;
        let asked = Instant::now();
        tokio::time::sleep(Duration::from_secs(20)).await;
        poll.deliver(&[]);
        polling.transmitter.poll().await.deliver(&[]);
        assert_eq!(asked.elapsed().as_secs(), 20);
    }
}

/// What cannot be told to the other instances at the moment delays nothing here.
#[tokio::test(start_paused = true)]
async fn r14_events_do_not_wait_for_each_other() {
    let feed = MemoryFeed::new();
    feed.set_stuck(true);
    let bearer = || async { AccessToken::new("of-the-receiver") };
    let fed = |issuer: IssuerBuilder<_>| issuer.revocation_feed(feed.clone());
    let mut polling = Polling::over(bearer, fed).await;
    let names: Vec<_> = (0..100).map(|number| format!("event-{number}")).collect();
    let revoked = |jti: &String| {
        let session = polling.world.server.login("alice");
        json!(session.session_revoked().claim("jti", &**jti).jwt())
    };
    let sets: Vec<_> = names.iter().map(|jti| (&**jti, revoked(jti))).collect();
    let poll = polling.transmitter.poll().await;
    let began = Instant::now();
    poll.deliver(&sets);
    let poll = polling.transmitter.poll().await;
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!(poll.body["ack"].as_array().unwrap().len(), names.len());
    assert_eq!(polling.issuer.revocations().len(), names.len());
    assert_eq!(feed.published().len(), names.len());
}

#[tokio::test(start_paused = true)]
async fn r14_polls_end_with_the_last_who_uses_the_issuer() {
    let polling = Polling::start().await;
    let mut transmitter = polling.transmitter;
    transmitter.poll().await.deliver(&[]);
    let poll = transmitter.poll().await;
    drop((polling.issuer, polling.router));
    tokio::time::sleep(MINUTE).await;
    drop(poll);
    tokio::time::sleep(MINUTE).await;
    assert!(transmitter.is_idle());
}

#[tokio::test]
async fn r14_events_come_by_polls_over_http() {
    let world = World::start().await;
    world
        .server
        .set_security_event_bearer(Some("of-the-receiver"));
    let [first, second] = ["alice", "bob"].map(|user| world.server.login(user));
    let address = world.server.url(Endpoint::SecurityEvents);
    let issuer = world
        .asking()
        .security_event_audience(AUDIENCE)
        .poll_security_events(address, || async { AccessToken::new("of-the-receiver") })
        .connect()
        .await
        .unwrap();
    let router = protected(issuer.hybrid());
    for session in [first, second] {
        let token = session.token().jwt();
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);
        world
            .server
            .queue_security_event(session.session_revoked().jwt());
        until(|| world.server.queued_security_events().is_empty()).await;
        assert_eq!(get(&router, &token).await.status, StatusCode::UNAUTHORIZED);
    }
    assert!(world.server.security_event_errors().is_empty());
    assert_eq!(issuer.readiness(), Readiness::Ready);
}

//! R14, R17, V25: a transmitter that does not answer, and what cannot be judged.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use http::{StatusCode, header};
use portcullis::{AccessToken, BearerUnavailable, Cause, HttpError, Readiness};
use portcullis_conformance::CapturedLog;
use portcullis_testing::{Rotation, SigningAlgorithm};
use serde_json::json;
use tokio::time::Instant;
use tracing::Level;

use crate::{
    support::MINUTE,
    transmitter::{Polling, members},
};

#[tokio::test(start_paused = true)]
async fn r14_one_that_waits_longer_than_we_do_is_not_failing() {
    let mut polling = Polling::start().await;
    polling.transmitter.poll().await.deliver(&[]);
    for _ in 0..5 {
        let poll = polling.transmitter.poll().await;
        assert_eq!(poll.body["returnImmediately"], false);
        poll.ignore();
        let poll = polling.transmitter.poll().await;
        assert_eq!(poll.body["returnImmediately"], true);
        poll.deliver(&[]);
        assert_eq!(polling.issuer.readiness(), Readiness::Ready);
    }
}

/// Ready, or degraded by this alone.
fn silent() -> Readiness {
    Readiness::Degraded(vec![Cause::SecurityEventsSilent])
}

#[tokio::test(start_paused = true)]
async fn r14_a_transmitter_that_fails_for_long_degrades_and_is_asked_again() {
    let logs = CapturedLog::start();
    let mut polling = Polling::start().await;
    let token = polling.world.server.login("alice").token().jwt();
    for failures in 0..6 {
        let poll = polling.transmitter.poll().await;
        let readiness = polling.readiness();
        let expected = if failures > 2 {
            silent()
        } else {
            Readiness::Ready
        };
        assert_eq!(readiness, expected, "after {failures}");
        match failures % 6 {
            0 => poll.answer(503, ""),
            1 => poll.answer(401, ""),
            2 => poll.answer(200, "<html>"),
            3 => poll.answer(200, "{}"),
            4 => poll.ignore(),
            _ => poll.fail(HttpError::Unreachable("refused".to_owned())),
        }
        // V25: what is verified goes on, by itself.
        assert_eq!(polling.status(&token).await, StatusCode::OK);
    }
    // That is said once.
    let said = logs.matching(Level::WARN, "cannot be polled for");
    assert_eq!(said.len(), 1, "{said:?}");
    polling.transmitter.poll().await.deliver(&[]);
    polling.transmitter.poll().await;
    assert_eq!(polling.readiness(), Readiness::Ready);
    assert_eq!(polling.world.calls_about(&token), 0);
}

#[tokio::test(start_paused = true)]
async fn v25_a_source_of_events_that_is_down_does_not_touch_verification() {
    let mut polling = Polling::start().await;
    let alice = polling.world.server.login("alice");
    let (old, ended) = (alice.token().jwt(), polling.world.server.login("bob"));
    let over = ended.token().jwt();
    let event = ended.session_revoked().claim("jti", "one").jwt();
    polling
        .transmitter
        .poll()
        .await
        .deliver(&[("one", json!(event))]);
    for _ in 0..30 {
        let poll = polling.transmitter.poll().await;
        poll.fail(HttpError::Unreachable("refused".to_owned()));
        polling.world.clock.advance(Duration::from_secs(5));
        let fresh = alice.token().jwt();
        for token in [&old, &fresh] {
            assert_eq!(polling.status(token).await, StatusCode::OK);
            assert_eq!(polling.world.calls_about(token), 0);
        }
        // What was known before still is.
        assert_eq!(polling.status(&over).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(polling.readiness(), silent());
}

#[tokio::test(start_paused = true)]
async fn r14_each_poll_has_a_token_of_its_own_and_without_one_there_is_no_poll() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let mut polling = Polling::with(|| async {
        match ASKED.fetch_add(1, Ordering::SeqCst) {
            2..5 => Err(BearerUnavailable::because("the client is disabled")),
            number => Ok(AccessToken::new(&format!("token-{number}")).unwrap()),
        }
    })
    .await;
    for number in [0, 1] {
        let poll = polling.transmitter.poll().await;
        let credentials = format!("Bearer token-{number}");
        assert_eq!(poll.headers[header::AUTHORIZATION], credentials);
        poll.deliver(&[]);
    }
    let poll = polling.transmitter.poll().await;
    assert_eq!(poll.headers[header::AUTHORIZATION], "Bearer token-5");
    assert_eq!(polling.readiness(), silent());
    poll.deliver(&[]);
    polling.transmitter.poll().await;
    assert_eq!(polling.readiness(), Readiness::Ready);
}

#[tokio::test(start_paused = true)]
async fn r14_a_source_of_tokens_that_panics_is_asked_again() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let mut polling = Polling::with(|| async {
        assert!(ASKED.fetch_add(1, Ordering::SeqCst) > 2, "a defect");
        AccessToken::new("at-last")
    })
    .await;
    let poll = polling.transmitter.poll().await;
    assert_eq!(poll.headers[header::AUTHORIZATION], "Bearer at-last");
    assert_eq!(polling.readiness(), silent());
}

#[tokio::test(start_paused = true)]
async fn r17_a_polled_event_that_cannot_be_judged_is_neither_acknowledged_nor_reported() {
    let mut polling = Polling::start().await;
    let [alice, bob] = ["alice", "bob"].map(|user| polling.world.server.login(user));
    let [of_alice, of_bob] = [&alice, &bob].map(|session| session.token().jwt());
    let known = bob.session_revoked().claim("jti", "z-known").jwt();
    let server = &polling.world.server;
    server.rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
    let unknown = alice.session_revoked().claim("jti", "a-unknown").jwt();
    polling.publish(None);

    let events = [("a-unknown", json!(unknown)), ("z-known", json!(known))];
    polling.transmitter.poll().await.deliver(&events);
    // The one that can be judged does not wait for the other.
    let poll = polling.transmitter.poll().await;
    assert_eq!(poll.body["ack"], json!(["z-known"]));
    assert_eq!(polling.status(&of_bob).await, StatusCode::UNAUTHORIZED);
    assert!(poll.body.get("setErrs").is_none(), "{}", poll.body);
    poll.deliver(&events[..1]);
    let answered = Instant::now();
    let poll = polling.transmitter.poll().await;
    assert_eq!(members(&poll.body), ["maxEvents", "returnImmediately"]);
    // The transmitter is given a rest.
    assert_eq!(answered.elapsed(), Duration::from_secs(5));
    assert_eq!(polling.status(&of_alice).await, StatusCode::OK);

    polling.publish(Some(polling.world.server.jwks()));
    polling.world.clock.advance(MINUTE);
    poll.deliver(&events[..1]);
    let poll = polling.transmitter.poll().await;
    assert_eq!(poll.body["ack"], json!(["a-unknown"]));
    assert_eq!(polling.status(&of_alice).await, StatusCode::UNAUTHORIZED);
}

//! R9, R10, R11, R16: what comes of an event, and what does not.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{CapturedLog, get, post_active};
use serde_json::{Value, json};
use tracing::Level;

use crate::support::{CREDENTIAL_CHANGE, MINUTE, SESSION_REVOKED, Scene};

#[tokio::test]
async fn r9_unknown_fields_are_passed_over() {
    let scene = Scene::start().await;
    let alice = scene.world.server.login("alice");
    let event = alice
        .session_revoked()
        .claim("txn", "8675309")
        .claim("of-our-own", json!({ "a": [1, 2] }))
        .event(
            SESSION_REVOKED,
            json!({
                "event_timestamp": scene.now(),
                "initiating_entity": "policy",
                "reason_admin": { "en": "Landspeed" },
                "of-our-own": [null],
            }),
        );
    scene.take(&event.jwt()).await;
    scene.assert_over(&alice.token().jwt(), "taken").await;
}

#[tokio::test]
async fn r9_an_unknown_event_is_accepted_and_changes_nothing() {
    let scene = Scene::start().await;
    let alice = scene.world.server.login("alice");
    let token = alice.token().jwt();
    for event_type in [
        "https://schemas.openid.net/secevent/caep/event-type/token-claims-change",
        "https://schemas.openid.net/secevent/risc/event-type/account-disabled",
        "https://schemas.openid.net/secevent/ssf/event-type/stream-updated",
        "https://example.com/session-revoked",
        "",
    ] {
        let about = scene.user("alice");
        scene.take(&scene.event(event_type, &about)).await;
        for odd in [Value::Null, json!("now"), json!([])] {
            if event_type.starts_with("https://example.com") {
                let event = scene.world.server.security_event(event_type, odd);
                scene.take(&event.without_claim("sub_id").jwt()).await;
            }
        }
    }
    assert!(scene.revocations.is_empty());
    scene.assert_good(&token, 0, "untouched").await;
}

#[tokio::test]
async fn r9_a_stream_that_is_stopped_is_said_aloud() {
    let logs = CapturedLog::start();
    let scene = Scene::start().await;
    let event_type = "https://schemas.openid.net/secevent/ssf/event-type/stream-updated";
    for (status, said) in [("enabled", 0), ("paused", 1), ("disabled", 2), ("odd", 2)] {
        let event = json!({ "status": status });
        let event = scene.world.server.security_event(event_type, event);
        scene.take(&event.without_claim("sub_id").jwt()).await;
        let lines = logs.matching(Level::WARN, "stopped the stream");
        assert_eq!(lines.len(), said, "{status}");
    }
}

#[tokio::test]
async fn r10_a_replay_is_accepted_again_and_changes_nothing() {
    let scene = Scene::start().await;
    let alice = scene.world.server.login("alice");
    let (event, token) = (alice.session_revoked().jwt(), alice.token().jwt());
    for _ in 0..3 {
        scene.take(&event).await;
        assert_eq!(scene.revocations.len(), 1);
        scene.assert_over(&token, "over").await;
    }
    // What was asked about is not asked about again for a replay.
    let bob = scene.world.server.login("bob");
    let (event, token) = (bob.credential_change().jwt(), bob.token().jwt());
    for asked in [1, 0, 0] {
        scene.take(&event).await;
        scene.world.clock.advance(Duration::from_secs(1));
        scene.assert_good(&token, asked, "asked about once").await;
    }
}

#[tokio::test]
async fn r10_a_replay_in_another_order_takes_nothing_back() {
    let scene = Scene::start().await;
    let early = scene.event(SESSION_REVOKED, &scene.user("alice"));
    scene.world.clock.advance(MINUTE);
    let token = scene.world.server.login("alice").token().jwt();
    let late = scene.event(SESSION_REVOKED, &scene.user("alice"));
    for event in [&late, &early, &early, &late] {
        scene.take(event).await;
        scene.assert_over(&token, "the later one counts").await;
    }
}

#[tokio::test]
async fn r11_tokens_issued_after_the_event_stay_valid() {
    let scene = Scene::start().await;
    let before = scene.world.server.login("alice").token().jwt();
    scene.world.clock.advance(Duration::from_secs(1));
    scene
        .take(&scene.event(SESSION_REVOKED, &scene.user("alice")))
        .await;
    let at = scene.world.server.login("alice").token().jwt();
    scene.world.clock.advance(Duration::from_secs(1));
    let after = scene.world.server.login("alice").token().jwt();
    scene.assert_over(&before, "before").await;
    scene.assert_over(&at, "in the same second").await;
    // For a moment newer tokens are asked about, then they are clear.
    scene.assert_good(&after, 1, "after").await;
    scene.world.clock.advance(2 * MINUTE);
    scene.assert_good(&after, 0, "later").await;
    let fresh = scene.world.server.login("alice").token().jwt();
    scene.assert_good(&fresh, 0, "a new login").await;
    scene.assert_over(&before, "still").await;
}

/// Before which of three tokens, 20 seconds apart, an event with this `event_timestamp` happened; the
/// event itself is dated with the last of them.
async fn survivors(timestamp: impl FnOnce(i64) -> Option<Value>) -> Vec<bool> {
    let scene = Scene::start().await;
    let start = scene.now();
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(scene.world.server.login("alice").token().jwt());
        scene.world.clock.advance(Duration::from_secs(20));
    }
    let mut event = json!({});
    if let Some(timestamp) = timestamp(start) {
        event["event_timestamp"] = timestamp;
    }
    let event = scene.world.server.security_event(SESSION_REVOKED, event);
    let dated = scene.world.clock.system_time() - Duration::from_secs(20);
    let event = event.subject_id(scene.user("alice")).issued_at(dated);
    scene.take(&event.jwt()).await;
    let mut survivors = Vec::new();
    for token in &tokens {
        survivors.push(scene.status(token).await == StatusCode::OK);
    }
    survivors
}

#[tokio::test]
async fn r11_the_event_timestamp_counts_in_seconds() {
    assert_eq!(
        survivors(|start| Some(json!(start + 20))).await,
        [false, false, true]
    );
    assert_eq!(
        survivors(|start| Some(json!(start as f64 + 19.5))).await,
        [false, true, true]
    );
}

#[tokio::test]
async fn r11_one_that_is_only_a_moment_in_milliseconds_is_taken_as_such() {
    assert_eq!(
        survivors(|start| Some(json!((start + 20) * 1000))).await,
        [false, false, true]
    );
}

#[tokio::test]
async fn r11_without_an_event_timestamp_iat_counts() {
    for odd in [
        None,
        Some(Value::Null),
        Some(json!(0)),
        Some(json!(-5)),
        Some(json!("1700000000")),
        Some(json!(1e300)),
    ] {
        let case = format!("{odd:?}");
        assert_eq!(survivors(|_| odd).await, [false; 3], "{case}");
    }
}

#[tokio::test]
async fn r11_a_moment_ahead_is_not_obeyed_for_longer_than_clocks_may_differ() {
    let scene = Scene::start().await;
    let event = json!({ "event_timestamp": scene.now() + 86_400 });
    let event = scene.world.server.security_event(SESSION_REVOKED, event);
    let event = event.subject_id(scene.user("alice")).jwt();
    scene.take(&event).await;
    scene.world.clock.advance(2 * MINUTE);
    let token = scene.world.server.login("alice").token().jwt();
    scene.assert_good(&token, 0, "a new login").await;
    // Neither when it comes again.
    scene.take(&event).await;
    scene.assert_good(&token, 0, "and again").await;
}

#[tokio::test]
async fn r11_an_event_of_which_no_token_is_left_has_nobody_asked_about() {
    let scene = Scene::start().await;
    let events = [SESSION_REVOKED, CREDENTIAL_CHANGE]
        .map(|event_type| scene.event(event_type, &scene.user("alice")));
    scene.world.clock.advance(62 * MINUTE);
    let token = scene.world.server.login("alice").token().jwt();
    for event in &events {
        scene.take(event).await;
        scene.assert_good(&token, 0, "a new login").await;
    }
}

#[tokio::test]
async fn r8_an_ended_session_is_over_whoever_vouches_for_it() {
    let scene = Scene::start().await;
    let alice = scene.world.server.login("alice");
    scene.take(&alice.session_revoked().jwt()).await;
    // The session goes on at the server, and a token is issued later.
    scene.world.clock.advance(MINUTE);
    let token = alice.token().jwt();
    scene.assert_over(&token, "on a local route").await;
    let live = post_active(&scene.router, &token).await;
    assert_eq!(live.status, StatusCode::UNAUTHORIZED, "{live:?}");
}

#[tokio::test]
async fn r16_what_did_not_survive_a_changed_credential_is_refused() {
    let scene = Scene::start().await;
    let alice = scene.world.server.login("alice");
    let token = alice.token().jwt();
    scene.assert_good(&token, 0, "before").await;
    alice.end();
    scene.assert_good(&token, 0, "nobody has told").await;
    scene.take(&alice.credential_change().jwt()).await;
    let reply = get(&scene.router, &token).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{reply:?}");
    assert_eq!(scene.world.calls_about(&token), 1);
}

#[tokio::test]
async fn r16_where_nobody_can_be_asked_the_token_is_refused() {
    let scene = Scene::local().await;
    let alice = scene.world.server.login("alice");
    let token = alice.token().jwt();
    assert_eq!(scene.status(&token).await, StatusCode::OK);
    scene.take(&alice.credential_change().jwt()).await;
    scene.assert_over(&token, "unconfirmed").await;
    scene.world.clock.advance(Duration::from_secs(1));
    let token = scene.world.server.login("alice").token().jwt();
    assert_eq!(scene.status(&token).await, StatusCode::OK);
}

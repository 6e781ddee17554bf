//! V3–V8, V22: what a status says.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{CLIENT_ID, CapturedLog, World, get, protected};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::json;
use tracing::Level;

use crate::support::{COOL_DOWN, SHORT, Ways};

/// `Retry-After` as the server sends it, and as the client gets it. By the clock of the test it
/// is 22:13:20 on that Tuesday.
const WAITS: [(Option<&str>, u64); 12] = [
    (None, 1),
    (Some("7"), 7),
    (Some("1"), 1),
    (Some("60"), 60),
    (Some("0"), 1),
    (Some("61"), 60),
    (Some("86400"), 60),
    (Some("-5"), 1),
    (Some("soon"), 1),
    (Some("Tue, 14 Nov 2023 22:13:40 GMT"), 20),
    (Some("Tue, 14 Nov 2023 22:00:00 GMT"), 1),
    (Some("Wed, 15 Nov 2023 22:13:20 GMT"), 60),
];

async fn assert_trouble(status: u16) {
    for (sent, expected) in WAITS {
        let world = World::start().await;
        let ways = Ways::of(&world).await;
        let mut fault = Fault::status(status);
        if let Some(sent) = sent {
            fault = fault.header("retry-after", sent);
        }
        world.server.inject(Endpoint::Introspection, fault);
        let case = format!("{status} {sent:?}");
        ways.assert_unavailable(&case, Some(expected)).await;
        assert_eq!(ways.local().await.status, StatusCode::OK, "{case}");
        world.server.clear_faults(Endpoint::Introspection);
        // Nobody asks before the server wants to be asked.
        world.clock.advance(Duration::from_secs(expected));
        ways.assert_good(&case).await;
    }
}

#[tokio::test]
async fn v3_server_errors_are_503_and_retry_after_is_clamped() {
    for status in [500, 502, 503, 504] {
        assert_trouble(status).await;
    }
}

#[tokio::test]
async fn v3_server_errors_while_keys_or_metadata_are_fetched_are_503() {
    let world = World::start().await;
    let token = world.server.token().jwt();
    for endpoint in [Endpoint::Discovery, Endpoint::Jwks] {
        for status in [500, 502, 503, 504, 429] {
            let router = protected(world.realm().build().unwrap().jwt());
            world.server.inject(endpoint, Fault::status(status));
            let reply = get(&router, &token).await;
            let case = format!("{endpoint:?} {status}");
            assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{case}");
            reply.assert_unavailable();
            world.server.clear_faults(endpoint);
            world.clock.advance(COOL_DOWN);
            assert_eq!(get(&router, &token).await.status, StatusCode::OK, "{case}");
        }
    }
}

#[tokio::test]
async fn v4_too_many_requests_is_503() {
    assert_trouble(429).await;
}

#[tokio::test]
async fn v5_refused_client_credentials_are_500() {
    let world = World::start().await;
    for status in [401, 403] {
        let logs = CapturedLog::start();
        let ways = Ways::of(&world).await;
        let fault = Fault::status(status);
        world.server.inject(Endpoint::Introspection, fault);
        world.server.clear_requests();
        let case = status.to_string();
        ways.assert_misconfigured(&case).await;
        let errors = logs.matching(Level::ERROR, "client_credentials_refused");
        assert_eq!(errors.len(), 3, "{:?}", logs.lines());
        assert!(errors.iter().all(|line| line.text.contains(CLIENT_ID)));
        // Cool-down: the first call and the probe, and no more.
        ways.assert_misconfigured(&case).await;
        assert_eq!(world.server.request_count(Endpoint::Introspection), 2);
        assert_eq!(ways.local().await.status, StatusCode::OK);

        world.server.clear_faults(Endpoint::Introspection);
        world.clock.advance(COOL_DOWN);
        ways.assert_good(&case).await;
    }
}

#[tokio::test]
async fn v5_a_realm_switched_off_is_503() {
    let world = World::start().await;
    let logs = CapturedLog::start();
    let ways = Ways::of(&world).await;
    let off = Answer::json(&json!({
        "error": "access_denied",
        "error_description": "Realm not enabled",
    }));
    let fault = Fault::answer(off.status(403));
    world.server.inject(Endpoint::Introspection, fault);
    ways.assert_unavailable("realm off", None).await;
    assert_eq!(ways.local().await.status, StatusCode::OK);
    let lines = logs.matching(Level::WARN, "the realm is switched off");
    assert_eq!(lines.len(), 3, "{:?}", logs.lines());
    assert!(logs.matching(Level::ERROR, "").is_empty());

    // Switched on again, nothing has to be waited for.
    world.server.clear_faults(Endpoint::Introspection);
    ways.assert_good("realm on").await;
}

#[tokio::test]
async fn v6_other_client_errors_are_500_when_the_probe_agrees() {
    let world = World::start().await;
    for status in [400, 404, 405, 406, 410, 415, 422] {
        let ways = Ways::of(&world).await;
        let fault = Fault::status(status);
        world.server.inject(Endpoint::Introspection, fault);
        ways.assert_misconfigured(&status.to_string()).await;
        assert_eq!(ways.local().await.status, StatusCode::OK);
        world.server.clear_faults(Endpoint::Introspection);
        world.clock.advance(COOL_DOWN);
        ways.assert_good(&status.to_string()).await;
    }
}

#[tokio::test]
async fn v6_the_same_status_for_one_token_only_is_503() {
    let world = World::start().await;
    for status in [400, 401, 403, 404, 405, 415] {
        let ways = Ways::of(&world).await;
        let router = protected(world.asking().build().unwrap().introspection());
        let poison = world.server.token().opaque();
        let fault = Fault::status(status).for_token(&poison);
        world.server.inject(Endpoint::Introspection, fault);
        world.server.clear_requests();
        get(&router, &poison).await.assert_unavailable();
        // The probe is a token of ours, and says so.
        let asked = world.server.requests(Endpoint::Introspection);
        let tokens: Vec<_> = asked
            .iter()
            .map(|request| request.form_value("token").unwrap())
            .collect();
        assert_eq!(tokens.len(), 2, "{status}");
        assert_eq!(tokens[0], poison);
        assert_ne!(tokens[1], poison);
        ways.assert_good(&status.to_string()).await;
        let other = world.server.token().opaque();
        assert_eq!(get(&router, &other).await.status, StatusCode::OK);

        world.server.clear_faults(Endpoint::Introspection);
        let reply = get(&router, &poison).await;
        assert_eq!(reply.status, StatusCode::OK, "{status}");
    }
}

#[tokio::test]
async fn v6_a_token_too_long_for_the_server_is_503() {
    let logs = CapturedLog::start();
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().introspection());
    let long = world.server.token().opaque_value("x".repeat(16_000));
    let fault = Fault::status(413).for_token(&long);
    world.server.inject(Endpoint::Introspection, fault);
    get(&router, &long).await.assert_unavailable();
    let lines = logs.matching(Level::WARN, "too long for the server");
    assert_eq!(lines.len(), 1, "{:?}", logs.lines());
    assert!(lines[0].text.contains("max_token_len"));
    let other = world.server.token().opaque();
    assert_eq!(get(&router, &other).await.status, StatusCode::OK);
}

#[tokio::test]
async fn v7_a_redirect_is_500_and_not_followed() {
    let elsewhere = World::start().await;
    let world = World::start().await;
    let target = elsewhere.server.url(Endpoint::Introspection);
    for status in [300, 301, 302, 303, 304, 307, 308] {
        let ways = Ways::of(&world).await;
        let fault = Fault::status(status).header("location", target.as_str());
        world.server.inject(Endpoint::Introspection, fault);
        ways.assert_misconfigured(&status.to_string()).await;
        assert_eq!(elsewhere.server.connection_count(), 0, "{status}");
        world.server.clear_faults(Endpoint::Introspection);
        world.clock.advance(COOL_DOWN);
        ways.assert_good(&status.to_string()).await;
    }
    let target = world.server.url(Endpoint::Other);
    let fault = Fault::status(307).header("location", target.as_str());
    world.server.inject(Endpoint::Introspection, fault);
    let ways = Ways::of(&world).await;
    ways.assert_misconfigured("the same host").await;
    assert_eq!(world.server.request_count(Endpoint::Other), 0);
}

#[tokio::test]
async fn v8_odd_statuses_are_503() {
    let world = World::start().await;
    let active = json!({"active": true, "aud": "orders-api", "sub": "mallory"});
    for status in [
        100, 101, 103, 199, 201, 202, 203, 204, 205, 206, 207, 299, 600, 999,
    ] {
        // Some of these promise an answer that never comes.
        let is_interim = status < 200;
        let ways = Ways::with(&world, |issuer| match is_interim {
            true => issuer.introspection_deadline(SHORT),
            false => issuer,
        });
        let ways = ways.await;
        let answer = Answer::json(&active).status(status);
        let fault = Fault::answer(if is_interim {
            Answer::new(status)
        } else {
            answer
        });
        world.server.inject(Endpoint::Introspection, fault);
        ways.assert_unavailable(&status.to_string(), None).await;
        assert_eq!(ways.local().await.status, StatusCode::OK, "{status}");
        world.server.clear_faults(Endpoint::Introspection);
        world.clock.advance(COOL_DOWN);
    }
    Ways::of(&world).await.assert_good("200").await;
}

#[tokio::test]
async fn v22_a_status_is_never_tried_again() {
    let world = World::start().await;
    for status in [429, 500, 502, 503, 504, 413] {
        let router = protected(world.asking().build().unwrap().introspection());
        // One more try would find a good answer.
        let fault = Fault::status(status).times(1);
        world.server.inject(Endpoint::Introspection, fault);
        world.server.clear_requests();
        let token = world.server.token().opaque();
        get(&router, &token).await.assert_unavailable();
        assert_eq!(world.calls_about(&token), 1, "{status}");
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn v22_an_answer_that_has_begun_is_never_asked_for_again() {
    let world = World::start().await;
    for fault in [
        Fault::drop_mid_answer(),
        Fault::content_length(10_000),
        Fault::garbage(),
        Fault::html(),
    ] {
        let router = protected(world.asking().build().unwrap().introspection());
        world.server.inject(Endpoint::Introspection, fault.times(1));
        world.server.clear_requests();
        let token = world.server.token().opaque();
        get(&router, &token).await.assert_unavailable();
        assert_eq!(world.server.request_count(Endpoint::Introspection), 1);
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    }
}

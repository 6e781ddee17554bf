//! What is counted of introspection.

use std::time::Duration;

use http::StatusCode;
use portcullis::{Reason, StatusLists};
use portcullis_conformance::{
    Crowd, MemoryStore, Recorded, World, get, getting, post_active, posting_active, protected,
    state_keys,
};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::json;

use crate::dashboard::described;

/// One issuer's numbers.
struct Numbers<'a> {
    recorded: &'a Recorded,
    issuer: &'a str,
}

impl Numbers<'_> {
    fn of(&self, metric: &str, outcome: &str) -> f64 {
        let issuer = self.issuer;
        let series = format!("{metric}{{issuer=\"{issuer}\",outcome=\"{outcome}\"}}");
        self.recorded.value(&series)
    }

    fn cache(&self, outcome: &str) -> f64 {
        self.of("portcullis_introspection_cache_lookups_total", outcome)
    }

    fn boardings(&self, outcome: &str) -> f64 {
        self.of("portcullis_introspection_boardings_total", outcome)
    }

    fn calls(&self, outcome: &str) -> f64 {
        self.of("portcullis_introspection_calls_total", outcome)
    }

    fn plain(&self, metric: &str) -> Option<f64> {
        self.recorded
            .seen(&format!("{metric}{{issuer=\"{}\"}}", self.issuer))
    }
}

/// A counter that appears with its first event has never increased, as Prometheus sees it.
#[tokio::test]
async fn every_counter_begins_at_nought() {
    let recorded = Recorded::start();
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let counters = [
        ("portcullis_introspection_cache_lookups_total", 6),
        ("portcullis_introspection_boardings_total", 3),
        ("portcullis_introspection_calls_total", 8),
        ("portcullis_introspection_retries_total", 1),
        ("portcullis_introspection_breaker_openings_total", 1),
        ("portcullis_jwks_fetches_total", 3),
        ("portcullis_jwt_signatures_total", 2),
    ];
    for (metric, series) in counters {
        assert_eq!(recorded.series(metric), vec![0.0; series], "{metric}");
    }

    let router = protected(issuer.hybrid());
    let reasons = Reason::ALL.len();
    let counters = [
        ("portcullis_requests_total", 3),
        ("portcullis_rejections_total", reasons),
    ];
    for (metric, series) in counters {
        assert_eq!(recorded.series(metric), vec![0.0; series], "{metric}");
    }

    let opaque = world.server.token().opaque();
    assert_eq!(get(&router, &opaque).await.status, StatusCode::OK);
    let jwt = world.server.token().jwt();
    assert_eq!(get(&router, &jwt).await.status, StatusCode::OK);
    get(&router, "").await;
    let counters: Vec<_> = recorded
        .names()
        .into_iter()
        .filter(|name| name.ends_with("_total"))
        .map(|name| recorded.series(&name).len())
        .collect();
    assert_eq!(counters.iter().sum::<usize>(), 27 + reasons);
}

#[tokio::test]
async fn lookups_are_counted_by_what_was_found() {
    let recorded = Recorded::start();
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().introspection());
    let numbers = Numbers {
        recorded: &recorded,
        issuer: world.server.issuer(),
    };
    let ended = world.server.login("ali");
    let (good, inactive) = (world.server.token().opaque(), ended.token().opaque());
    ended.end();

    for _ in 0..3 {
        assert_eq!(get(&router, &good).await.status, StatusCode::OK);
    }
    for _ in 0..2 {
        let reply = get(&router, &inactive).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(post_active(&router, &good).await.status, StatusCode::OK);

    assert_eq!(numbers.cache("miss"), 2.0);
    assert!(numbers.cache("active") >= 2.0, "{}", recorded.text());
    assert_eq!(numbers.cache("inactive"), 1.0);
    assert_eq!(numbers.cache("bypassed"), 1.0);
    assert_eq!(
        (numbers.calls("active"), numbers.calls("inactive")),
        (2.0, 1.0)
    );
    let durations = "portcullis_introspection_call_duration_seconds";
    assert_eq!(numbers.plain(durations), Some(3.0));
}

#[tokio::test]
async fn those_who_wait_for_a_call_are_counted_by_how_they_came_to_it() {
    let recorded = Recorded::start();
    let world = World::start().await;
    let issuer = world.asking().connect().await.unwrap();
    let router = protected(issuer.introspection());
    let numbers = Numbers {
        recorded: &recorded,
        issuer: world.server.issuer(),
    };
    let token = world.server.token().opaque();
    let crowd = Crowd::of(10, |_| getting(&router, &token));
    let live = Crowd::of(5, |_| posting_active(&router, &token));
    let mut replies = crowd.replies().await;
    replies.extend(live.replies().await);
    assert!(replies.iter().all(|reply| reply.status == StatusCode::OK));

    // The layer asks as it is configured and joins; the guard joins nothing that is under way, so
    // the first of the guards starts a call and the others book the one after it.
    assert_eq!(numbers.boardings("started"), 2.0);
    assert_eq!(numbers.boardings("joined"), 14.0);
    assert_eq!(numbers.boardings("booked"), 4.0);
    assert_eq!(numbers.calls("active") as usize, world.calls_about(&token));
}

#[tokio::test]
async fn calls_are_counted_by_their_outcome() {
    let odd = json!({"active": true, "refreshes": true});
    for (fault, outcome) in [
        (Fault::status(500), "trouble"),
        (Fault::status(429), "trouble"),
        (Fault::garbage(), "malformed"),
        (Fault::status(400), "refused"),
        (Fault::status(302), "refused"),
        (Fault::drop_before_answer(), "unreachable"),
        (Fault::hang(), "timeout"),
        (Fault::answer(Answer::json(&odd)), "not_an_access_token"),
    ] {
        let recorded = Recorded::start();
        let world = World::start().await;
        let asking = world.asking();
        let asking = asking
            .introspection_deadline(Duration::from_millis(300))
            .access_tokens_lack(["refreshes"]);
        let router = protected(asking.connect().await.unwrap().introspection());
        world.server.inject(Endpoint::Introspection, fault);
        get(&router, &world.server.token().opaque()).await;
        let numbers = Numbers {
            recorded: &recorded,
            issuer: world.server.issuer(),
        };
        assert!(
            numbers.calls(outcome) >= 1.0,
            "{outcome}: {}",
            recorded.text()
        );
    }
}

#[tokio::test]
async fn a_circuit_that_opens_is_seen_to_and_everything_that_can_be_counted_was() {
    let recorded = Recorded::start();
    let world = World::start().await;
    let issuer = world
        .asking()
        .logout_audiences(["shop-web"])
        .shared_store(MemoryStore::new(&world.clock), &state_keys())
        .recheck_every(Duration::from_secs(10))
        .status_lists(StatusLists::at_issuer())
        .connect()
        .await
        .unwrap();
    let router = protected(issuer.hybrid());
    let numbers = Numbers {
        recorded: &recorded,
        issuer: world.server.issuer(),
    };
    let state = || numbers.plain("portcullis_introspection_breaker_state");
    let openings = || numbers.plain("portcullis_introspection_breaker_openings_total");
    let opaque = || world.server.token().opaque();
    assert_eq!(get(&router, &opaque()).await.status, StatusCode::OK);
    assert_eq!((state(), openings()), (Some(0.0), Some(0.0)));

    // By then that answer speaks for the server no longer.
    world.clock.advance(Duration::from_secs(6));
    world
        .server
        .inject(Endpoint::Introspection, Fault::drop_before_answer());
    for _ in 0..10 {
        get(&router, &opaque()).await.assert_unavailable();
    }
    assert_eq!((state(), openings()), (Some(2.0), Some(1.0)));

    world.server.clear_faults(Endpoint::Introspection);
    world.clock.advance(Duration::from_secs(120));
    assert_eq!(get(&router, &opaque()).await.status, StatusCode::OK);
    assert_eq!((state(), openings()), (Some(0.0), Some(1.0)));

    let _ = (issuer.readiness(), issuer.uma());
    assert_eq!(recorded.names(), described());
}

#[tokio::test]
async fn facts_that_stand_in_and_tokens_that_lately_failed_are_counted() {
    let recorded = Recorded::start();
    let world = World::start().await;
    let issuer = world.asking().connect().await.unwrap();
    let hour = Duration::from_secs(3600);
    let router = protected(issuer.introspection().stale_within(hour));
    let numbers = Numbers {
        recorded: &recorded,
        issuer: world.server.issuer(),
    };
    let (known, failing) = (world.server.token().opaque(), world.server.token().opaque());
    assert_eq!(get(&router, &known).await.status, StatusCode::OK);
    world.clock.advance(Duration::from_secs(31));
    world
        .server
        .inject(Endpoint::Introspection, Fault::drop_before_answer());
    assert_eq!(get(&router, &known).await.status, StatusCode::OK);
    assert_eq!(numbers.cache("stale"), 1.0);
    world.server.clear_faults(Endpoint::Introspection);
    // What a probe has found stands for a second.
    world.clock.advance(Duration::from_secs(1));

    // The token's own fault: the probe is answered.
    world
        .server
        .inject(Endpoint::Introspection, Fault::status(500).times(1));
    get(&router, &failing).await.assert_unavailable();
    get(&router, &failing).await.assert_unavailable();
    assert_eq!(numbers.cache("failed"), 1.0);
}

//! What is counted of the issuer's keys.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{Recorded, T0, World, get, protected};
use portcullis_testing::{Answer, Endpoint, Fault};

#[tokio::test]
async fn fetches_of_keys_are_counted_and_their_age_is_known() {
    let recorded = Recorded::start();
    let world = World::start().await;
    let issuer = world.realm().build().unwrap();
    let router = protected(issuer.jwt());
    let name = world.server.issuer();
    let fetches = |outcome| {
        recorded.value(&format!(
            "portcullis_jwks_fetches_total{{issuer=\"{name}\",outcome=\"{outcome}\"}}"
        ))
    };
    let gauge = |metric| recorded.seen(&format!("{metric}{{issuer=\"{name}\"}}"));
    let fetched_at = || gauge("portcullis_jwks_fetched_timestamp_seconds");

    assert_eq!(fetched_at(), None);
    assert_eq!(gauge("portcullis_jwks_usable_keys"), Some(0.0));
    world.server.inject(Endpoint::Jwks, Fault::status(500));
    let token = world.server.token().jwt();
    let reply = get(&router, &token).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((fetches("fetched"), fetches("failed")), (0.0, 1.0));
    assert_eq!(fetched_at(), None);

    world.server.clear_faults(Endpoint::Jwks);
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    assert_eq!((fetches("fetched"), fetches("failed")), (1.0, 1.0));
    assert_eq!(fetched_at(), Some((T0 + 5) as f64));
    assert!(gauge("portcullis_jwks_usable_keys").is_some_and(|keys| keys >= 1.0));
}

#[tokio::test]
async fn keys_that_were_given_are_counted() {
    let recorded = Recorded::start();
    let world = World::start().await;
    let name = world.server.issuer();
    let keys = world.server.jwks().to_string();
    let _issuer = world.realm().keys(keys).build().unwrap();
    let usable = recorded.seen(&format!("portcullis_jwks_usable_keys{{issuer=\"{name}\"}}"));
    assert!(usable.is_some_and(|keys| keys >= 1.0), "{usable:?}");
    // Nothing is ever fetched.
    let fetches = recorded.series("portcullis_jwks_fetches_total");
    assert!(fetches.is_empty(), "{}", recorded.text());
}

#[tokio::test]
async fn a_set_that_is_still_the_newest_is_counted_as_unchanged() {
    let recorded = Recorded::start();
    let world = World::start().await;
    let router = protected(world.realm().build().unwrap().jwt());
    let name = world.server.issuer();
    let token = world
        .server
        .token()
        .expires_in(Duration::from_secs(3600))
        .jwt();
    let tagged = Fault::headers().header("etag", "\"one\"").times(1);
    world.server.inject(Endpoint::Jwks, tagged);
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);

    let unchanged = Fault::answer(Answer::new(304).header("etag", "\"one\""));
    world.server.inject(Endpoint::Jwks, unchanged);
    // Old enough that it is waited for.
    world.clock.advance(Duration::from_secs(600));
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);

    for outcome in ["fetched", "unchanged"] {
        let fetches =
            format!("portcullis_jwks_fetches_total{{issuer=\"{name}\",outcome=\"{outcome}\"}}");
        assert_eq!(recorded.value(&fetches), 1.0, "{outcome}");
    }
    let fetched = format!("portcullis_jwks_fetched_timestamp_seconds{{issuer=\"{name}\"}}");
    assert_eq!(recorded.seen(&fetched), Some((T0 + 600) as f64));
}

/// What lay in a cache for half a minute is half a minute old.
#[tokio::test]
async fn the_age_of_keys_counts_the_time_in_caches() {
    let recorded = Recorded::start();
    let world = World::start().await;
    let router = protected(world.realm().build().unwrap().jwt());
    let cached = Fault::headers().header("age", "30");
    world.server.inject(Endpoint::Jwks, cached);
    let token = world.server.token().jwt();
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    let name = world.server.issuer();
    let fetched = format!("portcullis_jwks_fetched_timestamp_seconds{{issuer=\"{name}\"}}");
    assert_eq!(recorded.seen(&fetched), Some((T0 - 30) as f64));
}

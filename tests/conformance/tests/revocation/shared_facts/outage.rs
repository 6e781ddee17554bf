//! A store that is away: each instance goes on alone, and no request waits for long.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::Recorded;
use tokio::time::Instant;

use super::Pair;
use crate::support::{MINUTE, SECOND, status};

#[tokio::test]
async fn while_the_store_is_down_each_goes_on_alone() {
    let recorded = Recorded::start();
    let pair = Pair::start().await;
    pair.store.set_down(true);
    let token = pair.opaque("opaque-token");
    let began = Instant::now();
    for instance in [pair.here(), &pair.other] {
        for _ in 0..3 {
            assert_eq!(status(&instance.hybrid, &token).await, StatusCode::OK);
        }
    }
    assert_eq!(pair.air.server.calls(), 2);
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(pair.shared(&recorded, "failed"), 2.0);
    // It is tried again after a second.
    pair.store.set_down(false);
    pair.air.world.clock.advance(31 * SECOND);
    assert_eq!(status(&pair.here().hybrid, &token).await, StatusCode::OK);
    pair.settle().await;
    assert_eq!(status(&pair.other.hybrid, &token).await, StatusCode::OK);
    assert_eq!(pair.air.server.calls(), 3);
}

#[tokio::test]
async fn a_store_that_is_stuck_costs_a_tenth_of_a_second_once() {
    let pair = Pair::start().await;
    pair.store.set_stuck(true);
    let began = Instant::now();
    let token = pair.opaque("opaque-token");
    assert_eq!(status(&pair.here().hybrid, &token).await, StatusCode::OK);
    let first = began.elapsed();
    let tenth = Duration::from_millis(100);
    assert!(first >= tenth && first < tenth + tenth / 10, "{first:?}");
    let began = Instant::now();
    for number in 0..50 {
        let token = pair.opaque(&format!("opaque-{number}"));
        assert_eq!(status(&pair.here().hybrid, &token).await, StatusCode::OK);
    }
    assert_eq!(began.elapsed(), Duration::ZERO, "nobody tries for a second");
}

/// A request that waits for its answer, as an idle token's does, waits for the store no longer.
#[tokio::test]
async fn a_recheck_costs_no_more_than_that_either() {
    let pair = Pair::with(|issuer| issuer.recheck_every(10 * SECOND)).await;
    pair.store.set_stuck(true);
    let token = pair.air.world.server.token().jwt();
    pair.air.world.clock.advance(MINUTE);
    let began = Instant::now();
    assert_eq!(status(&pair.here().hybrid, &token).await, StatusCode::OK);
    assert!(began.elapsed() < Duration::from_millis(110));
    assert_eq!(pair.air.server.calls(), 1);
}

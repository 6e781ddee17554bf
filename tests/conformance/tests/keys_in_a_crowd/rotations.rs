//! Rotations in the middle of a crowd.
//!
//! Where all of a crowd must be served, patience has to outlast a slow machine: the keys come without
//! a network, and tokio's time is paused.

use std::{collections::HashMap, time::Duration};

use axum::Router;
use http::StatusCode;
use portcullis_conformance::{KeyServer, T0, World, get, getting, poll_once, protected};
use portcullis_testing::{Rotation, SigningAlgorithm};
use tokio::task::{JoinSet, yield_now};

use crate::support::{alone, assert_good_at_once, crowd, lasting, statuses, strangers};

const SECOND: Duration = Duration::from_secs(1);

async fn patient() -> (World, KeyServer, Router) {
    let world = World::start().await;
    let keys = KeyServer::of(&world, &[]);
    let router = keys.patient_router(&world).await;
    (world, keys, router)
}

fn rotate(world: &World, keys: &KeyServer, rotation: Rotation) {
    world.server.rotate(SigningAlgorithm::RS256, rotation);
    keys.publish(world, &[]);
}

/// Everybody has a token of the new key at the same moment, and none of the old ones is forgotten.
#[tokio::test]
async fn i8_twenty_thousand_requests_survive_a_rotation_in_their_middle() {
    let (world, keys, router) = patient().await;
    let tokens = || (0..10).map(|_| lasting(&world)).collect::<Vec<_>>();
    let all_good = |count| HashMap::from([(StatusCode::OK, count)]);
    let old = tokens();
    for _ in 0..3 {
        let wave = crowd(&router, &old, 2500);
        assert_eq!(statuses(wave).await, all_good(2500));
    }
    let last_wave = crowd(&router, &old, 2500);
    rotate(&world, &keys, Rotation::KeepOld);
    let new_wave = crowd(&router, &tokens(), 10_000);
    assert_eq!(statuses(new_wave).await, all_good(10_000));
    assert_eq!(statuses(last_wave).await, all_good(2500));
    assert_eq!(keys.asked(), 2);
}

/// The same while the answer is on its way: those of the new key wait for it, all of them, and
/// those of the old one for nobody.
#[tokio::test]
async fn i8_ten_thousand_new_tokens_wait_for_one_fetch() {
    let (world, keys, router) = patient().await;
    let old = lasting(&world);
    rotate(&world, &keys, Rotation::KeepOld);
    let new: Vec<_> = (0..10).map(|_| lasting(&world)).collect();
    let held = keys.hold();
    let mut waiting = Vec::new();
    for token in new.iter().cycle().take(10_000) {
        let mut request = Box::pin(getting(&router, token));
        assert!(poll_once(&mut request).is_pending());
        waiting.push(request);
        assert_good_at_once(&router, &old);
    }
    drop(held);
    for request in waiting {
        assert_eq!(request.await.status, StatusCode::OK);
    }
    assert_eq!(keys.asked(), 2);
}

/// Where the old keys are gone at once, their tokens are refused as soon as that is known; those
/// of the new key are all good.
#[tokio::test]
async fn i8_ten_thousand_new_tokens_survive_a_rotation_that_drops_the_old_keys() {
    let (world, keys, router) = patient().await;
    let old: Vec<_> = (0..5).map(|_| lasting(&world)).collect();
    rotate(&world, &keys, Rotation::DropOld);
    let new: Vec<_> = (0..5).map(|_| lasting(&world)).collect();
    let old_wave = crowd(&router, &old, 1000);
    let new_wave = statuses(crowd(&router, &new, 10_000)).await;
    assert_eq!(new_wave, HashMap::from([(StatusCode::OK, 10_000)]));
    // The old ones are unknown from then on, and cost what strangers cost.
    let honest = [
        StatusCode::OK,
        StatusCode::UNAUTHORIZED,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    let old_wave = statuses(old_wave).await;
    assert!(old_wave.keys().all(|status| honest.contains(status)));
    assert!(keys.asked() <= 6, "{}", keys.asked());
    world.clock.advance(10 * SECOND);
    get(&router, &old[0]).await.assert_invalid_token();
    assert_good_at_once(&router, &new[0]);
}

/// A crowd that found a fetch under way which is too old for it needs one more, and no place.
#[tokio::test]
async fn i8_a_crowd_that_joins_a_fetch_from_before_the_rotation_is_served_by_the_next() {
    let (world, keys, router) = patient().await;
    let held = keys.hold();
    let stranger = strangers(&world, T0 - 60)(0);
    let mut first = Box::pin(getting(&router, &stranger));
    assert!(poll_once(&mut first).is_pending());
    while keys.asked() < 2 {
        yield_now().await;
    }
    rotate(&world, &keys, Rotation::KeepOld);
    let honest = lasting(&world);
    let mut waiting = Vec::new();
    for number in 0..1000 {
        let mut request = Box::pin(getting(&router, &honest));
        assert!(poll_once(&mut request).is_pending(), "{number}");
        waiting.push(request);
    }
    drop(held);
    first.await.assert_invalid_token();
    for request in waiting {
        assert_eq!(request.await.status, StatusCode::OK);
    }
    assert_eq!(keys.asked(), 3);
}

/// In a flood that takes every fetch there is, good tokens of a new key are never refused, and
/// served ten seconds later at the latest. This one is over the wire and on four threads, so by
/// real time a token may be told to come again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn i14_a_rotation_in_a_flood_is_picked_up_within_ten_seconds() {
    let _alone = alone().await;
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    let old = strangers(&world, T0 - 60);
    let mut young_ones = JoinSet::new();
    let mut honest = Vec::new();
    let mut statuses_of_honest = Vec::new();
    for second in 0..=24_usize {
        if second == 14 {
            let _new = world
                .server
                .rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
        }
        let young = strangers(&world, T0 + second as u64);
        let mut old_ones = JoinSet::new();
        for number in 0..300 {
            let number = second * 300 + number;
            let request = getting(&router, &old(number));
            old_ones.spawn(async move { request.await.status });
            let request = getting(&router, &young(number));
            young_ones.spawn(async move { request.await.status });
        }
        let flood = statuses(old_ones).await;
        assert!(!flood.contains_key(&StatusCode::OK));
        if second >= 14 {
            honest.push(lasting(&world));
            for token in &honest {
                let mut status = get(&router, token).await.status;
                for _ in 0..100 {
                    if second < 24 || status != StatusCode::SERVICE_UNAVAILABLE {
                        break;
                    }
                    status = get(&router, token).await.status;
                }
                statuses_of_honest.push((second, status));
            }
        }
        world.clock.advance(SECOND);
    }
    assert!(!statuses(young_ones).await.contains_key(&StatusCode::OK));
    for (second, status) in statuses_of_honest {
        let is_late = second >= 24;
        let is_good = status == StatusCode::OK;
        let is_unknown_yet = status == StatusCode::SERVICE_UNAVAILABLE;
        assert!(
            is_good || (is_unknown_yet && !is_late),
            "{second}: {status}"
        );
    }
}

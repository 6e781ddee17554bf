//! Crowds of tokens whose keys nobody knows.

use std::{
    collections::HashMap,
    task::Poll,
    time::{Duration, UNIX_EPOCH},
};

use http::StatusCode;
use portcullis_conformance::{T0, World, base64url, get, getting, parts, poll_once, protected};
use portcullis_testing::{Endpoint, Fault};
use tokio::task::JoinSet;

use crate::support::{alone, assert_good_at_once, fetches, lasting, statuses, strangers};

const SECOND: Duration = Duration::from_secs(1);

/// Half of the strangers say they were issued just now, half a minute ago; to the server no answer
/// may be stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn i9_a_hundred_thousand_random_kids_in_a_minute_cause_twelve_fetches_at_the_most() {
    let _alone = alone().await;
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    let known = lasting(&world);
    let uncached = Fault::headers().header("cache-control", "no-store");
    world.server.inject(Endpoint::Jwks, uncached);
    world.server.clear_requests();
    let mut counted = HashMap::<_, usize>::new();
    // Who says it is new may wait, in real time: nobody here waits for that before the end.
    let mut young_ones = JoinSet::new();
    let old = strangers(&world, T0 - 60);
    for second in 0..60 {
        let young = strangers(&world, T0 + second as u64);
        let numbers = (second * 1667..100_000).take(1667);
        let mut old_ones = JoinSet::new();
        for number in numbers {
            let (crowd, token) = if number % 2 == 0 {
                (&mut young_ones, young(number))
            } else {
                (&mut old_ones, old(number))
            };
            let request = getting(&router, &token);
            crowd.spawn(async move { request.await.status });
        }
        for (status, count) in statuses(old_ones).await {
            *counted.entry(status).or_default() += count;
        }
        assert_good_at_once(&router, &known);
        world.clock.advance(SECOND);
    }
    for (status, count) in statuses(young_ones).await {
        *counted.entry(status).or_default() += count;
    }
    assert_eq!(counted.values().sum::<usize>(), 100_000);
    let judged = [StatusCode::UNAUTHORIZED, StatusCode::SERVICE_UNAVAILABLE];
    assert!(counted.keys().all(|status| judged.contains(status)));
    assert!(fetches(&world) <= 12, "{}", fetches(&world));
    assert_eq!(world.server.total_request_count(), fetches(&world));
}

/// What fails before its key is looked for is never worth a call, however much of it comes.
#[tokio::test]
async fn i9_random_kids_on_tokens_that_are_bad_anyway_cause_no_fetch() {
    let _alone = alone().await;
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    world.server.clear_requests();
    let past = UNIX_EPOCH + Duration::from_secs(T0 - 300);
    let token = || world.server.token().issued_at(past);
    for (algorithm, model) in [
        ("RS256", token().claim("iss", "https://evil.example").jwt()),
        ("RS256", token().audience("other").jwt()),
        ("RS256", token().expires_at(past).jwt()),
        ("HS256", token().jwt()),
        ("none", token().jwt()),
    ] {
        let [_, payload, signature] = parts(&model);
        for number in 0..1000 {
            let header = format!(r#"{{"alg":"{algorithm}","typ":"JWT","kid":"{number}"}}"#);
            let token = format!("{}.{payload}.{signature}", base64url(header));
            let reply = get(&router, &token).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        }
    }
    assert_eq!(world.server.total_request_count(), 0);
}

/// While the fetch hangs, 32,768 strangers wait for it and all others are answered at once, by the
/// set that is here if it can be the judge.
#[tokio::test]
async fn i14_known_keys_wait_for_nobody_while_a_hundred_thousand_strangers_do() {
    let _alone = alone().await;
    let world = World::start().await;
    // However slow this machine is, the fetch is under way to the end.
    let issuer = world.realm().fetch_deadline(600 * SECOND);
    let router = protected(issuer.connect().await.unwrap().jwt());
    let known: Vec<_> = (0..10).map(|_| lasting(&world)).collect();
    let mut known = known.iter().cycle();
    world.server.inject(Endpoint::Jwks, Fault::hang());
    let (young, old) = (strangers(&world, T0), strangers(&world, T0 - 60));
    let mut waiting = Vec::new();
    let mut answered = HashMap::<_, usize>::new();
    for number in 0..100_000 {
        let token = if number % 2 == 0 {
            young(number)
        } else {
            old(number)
        };
        let mut request = Box::pin(getting(&router, &token));
        match poll_once(&mut request) {
            Poll::Pending => waiting.push(request),
            Poll::Ready(reply) => *answered.entry(reply.status).or_default() += 1,
        }
        if number % 10 == 0 {
            assert_good_at_once(&router, known.next().unwrap());
        }
    }
    assert_eq!(waiting.len(), 32_768);
    let each = (100_000 - 32_768) / 2;
    let expected = [StatusCode::UNAUTHORIZED, StatusCode::SERVICE_UNAVAILABLE];
    assert_eq!(
        answered,
        HashMap::from(expected.map(|status| (status, each)))
    );
    assert!(fetches(&world) <= 2);
}

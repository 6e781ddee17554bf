//! Tokens that were never seen active have calls of their own.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{WatchedClient, World, get, post_active, protected};
use portcullis_testing::{Endpoint, Fault, HoldPoint};
use tokio::task::JoinSet;

use crate::support::{active, slow};

const CALLS: usize = 4;

#[tokio::test]
async fn known_tokens_never_wait_behind_strangers() {
    let world = World::start().await;
    let issuer = world.asking().introspection_calls(CALLS).build().unwrap();
    let router = protected(issuer.hybrid());
    let (known, signed) = (world.server.token().opaque(), world.server.token().jwt());
    assert_eq!(get(&router, &known).await.status, StatusCode::OK);
    // What was kept about the known token is too old from here on.
    world.clock.advance(Duration::from_secs(31));

    // Strangers fill their lane, and more of them queue for it.
    let gate = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    let mut strangers = JoinSet::new();
    for number in 0..10 * CALLS {
        let router = router.clone();
        strangers.spawn(async move { get(&router, &format!("stranger-{number}")).await.status });
    }
    gate.wait_for(CALLS).await;
    gate.admit_no_more();

    assert_eq!(post_active(&router, &signed).await.status, StatusCode::OK);
    assert_eq!(get(&router, &known).await.status, StatusCode::OK);
    assert_eq!(gate.waiting(), CALLS);

    gate.release();
    for status in strangers.join_all().await {
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_flood_of_strangers_costs_known_tokens_nothing_and_the_server_no_more_than_a_lane() {
    const STRANGERS: usize = 20_000;
    let world = World::start().await;
    let client = WatchedClient::new();
    let issuer = world.asking().http_client(client.clone());
    let issuer = issuer.introspection_deadline(Duration::from_secs(600));
    let router = protected(issuer.connect().await.unwrap().hybrid());
    let (opaque, signed) = (world.server.token().opaque(), world.server.token().jwt());
    assert_eq!(get(&router, &opaque).await.status, StatusCode::OK);

    let mut strangers = JoinSet::new();
    for number in 0..STRANGERS {
        let router = router.clone();
        strangers.spawn(async move { get(&router, &format!("stranger-{number}")).await });
    }
    // One after another, with the strangers between them.
    for _ in 0..100 {
        for token in [&opaque, &signed] {
            assert_eq!(post_active(&router, token).await.status, StatusCode::OK);
        }
    }
    let mut refused = 0;
    for reply in strangers.join_all().await {
        if reply.status == StatusCode::SERVICE_UNAVAILABLE {
            reply.assert_unavailable();
            refused += 1;
        } else {
            reply.assert_invalid_token();
        }
    }
    // What found no place in the queue was shed, and cost no call.
    assert_eq!(client.calls(), 1 + 200 + STRANGERS - refused);
    assert!(client.most_at_once() <= 64 + 1, "{}", client.most_at_once());
}

#[tokio::test]
async fn strangers_that_the_server_never_answers_about_take_nobody_else_down() {
    let world = World::start().await;
    let issuer = world
        .asking()
        .introspection_calls(CALLS)
        .introspection_deadline(Duration::from_millis(300));
    let router = protected(issuer.connect().await.unwrap().hybrid());
    let signed = world.server.token().jwt();
    let mut strangers = JoinSet::new();
    for number in 0..50 * CALLS {
        let token = format!("stranger-{number}");
        let hang = Fault::hang().for_token(&token);
        world.server.inject(Endpoint::Introspection, hang);
        let router = router.clone();
        strangers.spawn(async move { get(&router, &token).await });
    }
    let mut refused = 0;
    while let Some(reply) = strangers.join_next().await {
        // Some had no place in time, some no answer; neither says anything of the server.
        reply.unwrap().assert_unavailable();
        refused += 1;
        if refused % CALLS == 0 {
            assert_eq!(post_active(&router, &signed).await.status, StatusCode::OK);
        }
    }
}

/// They wait as long as the deadline lets them, and not only for a part of it.
#[tokio::test]
async fn a_crowd_of_known_tokens_is_served_within_the_deadline() {
    const TAKES: Duration = Duration::from_millis(80);
    let world = World::start().await;
    let tokens: Vec<_> = (0..1500).map(|number| format!("known-{number}")).collect();
    let answers = tokens.iter().map(|token| (token.clone(), active(&world)));
    let issuer = slow(&world, TAKES, answers).connect().await.unwrap();
    let router = protected(issuer.introspection());
    tokio::time::pause();
    for token in &tokens {
        assert_eq!(get(&router, token).await.status, StatusCode::OK);
    }
    let began = tokio::time::Instant::now();
    let mut crowd = JoinSet::new();
    for token in tokens {
        let router = router.clone();
        crowd.spawn(async move { post_active(&router, &token).await.status });
    }
    for status in crowd.join_all().await {
        assert_eq!(status, StatusCode::OK);
    }
    // One lane of 64 places.
    assert!(began.elapsed() >= 1500_u32.div_ceil(64) * TAKES);
}

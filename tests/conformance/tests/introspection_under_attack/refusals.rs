//! A server that refuses what is not shaped like its own tokens, and refusals that pass.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{World, get, post_active, protected};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{PROBE, SECOND, lasting_jwt};

#[tokio::test]
async fn one_refused_token_is_nobody_elses_trouble() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    let (opaque, jwt) = (world.server.token().opaque(), world.server.token().jwt());
    for token in [PROBE, "odd"] {
        let refused = Fault::status(400).for_token(token);
        world.server.inject(Endpoint::Introspection, refused);
    }
    assert_eq!(post_active(&router, &jwt).await.status, StatusCode::OK);
    get(&router, "odd").await.assert_unavailable();
    assert_eq!(post_active(&router, &jwt).await.status, StatusCode::OK);
    assert_eq!(post_active(&router, &opaque).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_server_that_refuses_everything_is_our_trouble() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    world
        .server
        .inject(Endpoint::Introspection, Fault::status(400));
    let reply = get(&router, "any").await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn statuses_that_pass_are_503_and_hold_nobody_up() {
    for status in [408, 421, 425, 431, 414, 413, 429] {
        let world = World::start().await;
        let router = protected(world.asking().build().unwrap().hybrid());
        world
            .server
            .inject(Endpoint::Introspection, Fault::status(status).times(1));
        get(&router, "any").await.assert_unavailable();
        get(&router, "other").await.assert_invalid_token();
        // For a second nobody asks about the token that it was about.
        get(&router, "any").await.assert_unavailable();
        assert_eq!(world.calls_about("any"), 1, "{status}");
        world.clock.advance(Duration::from_secs(1));
        get(&router, "any").await.assert_invalid_token();
    }
}

/// One deadline covers the call and the finding out whose fault its refusal is.
#[tokio::test]
async fn a_hanging_probe_keeps_no_token_beyond_its_deadline() {
    let world = World::start().await;
    let deadline = Duration::from_millis(200);
    let issuer = world.asking().introspection_deadline(deadline);
    let router = protected(issuer.build().unwrap().hybrid());
    let hang = Fault::hang().for_token(PROBE);
    world.server.inject(Endpoint::Introspection, hang);
    let mut refused = JoinSet::new();
    for number in 0..16 {
        let token = format!("odd-{number}");
        let fault = Fault::status(400).for_token(&token);
        world.server.inject(Endpoint::Introspection, fault);
        let router = router.clone();
        refused.spawn(async move { get(&router, &token).await });
    }
    // One after another the probes would take 16 deadlines.
    let all = tokio::time::timeout(10 * deadline, refused.join_all());
    for reply in all.await.unwrap() {
        reply.assert_unavailable();
    }
}

/// A server that answers 400 about whatever it has not issued, and was asked about nothing else
/// for a while.
#[tokio::test]
async fn an_invention_makes_no_500_at_a_quiet_moment() {
    let world = World::start().await;
    let router = protected(world.asking().connect().await.unwrap().hybrid());
    for token in [PROBE, "invention"] {
        let fault = Fault::status(400).for_token(token);
        world.server.inject(Endpoint::Introspection, fault);
    }
    let known = lasting_jwt(&world);
    assert_eq!(post_active(&router, &known).await.status, StatusCode::OK);
    for _ in 0..3 {
        get(&router, "invention").await.assert_unavailable();
        world.clock.advance(6 * SECOND);
    }
    assert_eq!(post_active(&router, &known).await.status, StatusCode::OK);
}

/// The same server says 401, which it would of our credentials, too.
#[tokio::test]
async fn an_invention_does_not_make_500_of_everybody_elses_good_token() {
    let spoken = json!({"error": "invalid_token"});
    for answer in [Answer::new(401), Answer::json(&spoken).status(401)] {
        let world = World::start().await;
        let router = protected(world.asking().connect().await.unwrap().hybrid());
        for token in [PROBE, "invention"] {
            let fault = Fault::answer(answer.clone()).for_token(token);
            world.server.inject(Endpoint::Introspection, fault);
        }
        let known = lasting_jwt(&world);
        for _ in 0..3 {
            let reply = post_active(&router, &known).await;
            assert_eq!(reply.status, StatusCode::OK, "{answer:?}");
            get(&router, "invention").await.assert_unavailable();
        }
        let reply = post_active(&router, &known).await;
        assert_eq!(reply.status, StatusCode::OK, "{answer:?}");
    }
}

/// A server that refuses what it has not issued, and stumbles over some of it.
#[tokio::test]
async fn odd_tokens_do_not_open_the_circuit_at_a_quiet_moment() {
    let world = World::start().await;
    let router = protected(world.asking().connect().await.unwrap().hybrid());
    let refused = Fault::status(400).for_token(PROBE);
    world.server.inject(Endpoint::Introspection, refused);
    let known = lasting_jwt(&world);
    assert_eq!(post_active(&router, &known).await.status, StatusCode::OK);
    world.clock.advance(6 * SECOND);
    for number in 0..8 {
        let token = format!("odd-{number}");
        let fault = Fault::status(500).for_token(&token);
        world.server.inject(Endpoint::Introspection, fault);
        get(&router, &token).await.assert_unavailable();
    }
    // Not even for those of whom nothing is known yet.
    for token in [world.server.token().opaque(), known] {
        assert_eq!(post_active(&router, &token).await.status, StatusCode::OK);
    }
}

use std::time::Duration;

use portcullis_conformance::{Crowd, World, get, getting, poll_once, protected};
use portcullis_testing::{Answer, Endpoint, Fault, HoldPoint, Rotation, SigningAlgorithm};

use crate::support::{SECOND, assert_ok, at_once, fetches, lasting, stranger};

#[tokio::test]
async fn y6_hydra_2535_all_tokens_of_a_new_key_share_one_fetch() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::DropOld);
    let gate = world.server.hold(Endpoint::Jwks, HoldPoint::BeforeAnswer);
    let crowd = Crowd::of(100, |_| getting(&router, &world.server.token().jwt()));
    gate.wait_for(1).await;
    gate.release();
    for reply in crowd.replies().await {
        assert_ok(&reply);
    }
    assert_eq!(fetches(&world), 2);
}

#[tokio::test]
async fn y7_spring_security_8741_a_key_that_was_dropped_is_forgotten() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    let token = lasting(&world);
    world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::DropOld);
    assert_ok(&at_once(&router, &token));
    // No unknown kid helps: age alone brings the new set.
    world.clock.advance(Duration::from_secs(600));
    get(&router, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn y15_aspnet_katana_342_the_first_request_after_a_rollover_is_served() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    let known = lasting(&world);
    world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
    // The refresh goes on behind the requests; who needs it waits for it.
    world.clock.advance(Duration::from_secs(545));
    let gate = world.server.hold(Endpoint::Jwks, HoldPoint::BeforeAnswer);
    assert_ok(&at_once(&router, &known));
    let first = lasting(&world);
    let mut first = Box::pin(get(&router, &first));
    assert!(poll_once(&mut first).is_pending());
    gate.wait_for(1).await;
    gate.release();
    assert_ok(&first.await);
    assert_eq!(fetches(&world), 2);
}

#[tokio::test]
async fn y16_libjwt_313_lifetime_miss_cool_down_and_size_are_what_newcomers_ask_for() {
    let world = World::start().await;
    let issuer = world.realm().jwks_max_age(Duration::from_secs(60));
    let router = protected(issuer.connect().await.unwrap().jwt());
    let known = lasting(&world);
    // A lifetime.
    world.clock.advance(Duration::from_secs(60));
    assert_ok(&get(&router, &known).await);
    assert_eq!(fetches(&world), 2);
    // A fetch for a key id that is missed.
    world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
    assert_ok(&get(&router, &lasting(&world)).await);
    assert_eq!(fetches(&world), 3);
    // A bound on the size, and a set that is not replaced by one beyond it.
    let oversized = Answer::json(&world.server.jwks()).body(vec![b' '; 1024 * 1024]);
    world
        .server
        .inject(Endpoint::Jwks, Fault::answer(oversized));
    let unknown = stranger(&world, "stranger");
    get(&router, &unknown).await.assert_unavailable();
    assert_eq!(fetches(&world), 4);
    assert_ok(&at_once(&router, &known));
    // A cool-down after a failure.
    at_once(&router, &unknown).assert_unavailable();
    assert_eq!(fetches(&world), 4);
    world.server.clear_faults(Endpoint::Jwks);
    world.clock.advance(SECOND);
    get(&router, &unknown).await.assert_invalid_token();
    assert_eq!(fetches(&world), 5);
}

#[tokio::test]
async fn y16_kilork_openid_59_a_set_that_has_not_changed_is_not_sent_again() {
    const TAG: &str = "\"one\"";
    let world = World::start().await;
    let tagged = Fault::headers().header("etag", TAG).times(1);
    world.server.inject(Endpoint::Jwks, tagged);
    let router = protected(world.realm().connect().await.unwrap().jwt());
    let token = lasting(&world);
    let unchanged = Answer::new(304).header("etag", TAG);
    world
        .server
        .inject(Endpoint::Jwks, Fault::answer(unchanged));
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(600));
        assert_ok(&get(&router, &token).await);
    }
    let requests = world.server.requests(Endpoint::Jwks);
    let conditions: Vec<_> = requests
        .iter()
        .map(|request| request.header("if-none-match"))
        .collect();
    assert_eq!(conditions, [None, Some(TAG), Some(TAG), Some(TAG)]);
}

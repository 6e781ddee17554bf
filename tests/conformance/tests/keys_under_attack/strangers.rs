//! Tokens of keys that nobody knows, and honest ones of keys that are new.

use std::{task::Poll, time::Duration};

use http::StatusCode;
use portcullis::{IssuerBuilder, ManualClock};
use portcullis_conformance::{
    AUDIENCE, CLIENT_ID, CLIENT_SECRET, T0, World, get, poll_once, protected,
};
use portcullis_testing::{
    AuthorizationServer, Endpoint, Fault, HoldPoint, Rotation, SigningAlgorithm,
};

use crate::support::{fetches, lasting, unknown};

/// Our clock is ahead of the issuer's by this many seconds.
async fn skewed(seconds: u64) -> World {
    let clock = ManualClock::at(T0 + seconds);
    let time = clock.clone();
    let server = AuthorizationServer::builder()
        .clock(move || time.system_time() - Duration::from_secs(seconds))
        .audience(AUDIENCE)
        .client(CLIENT_ID, CLIENT_SECRET)
        .start()
        .await
        .unwrap();
    World { server, clock }
}

#[tokio::test]
async fn a_new_key_of_an_issuer_whose_clock_differs_is_no_verdict() {
    for leeway in [30, 60] {
        let world = skewed(leeway).await;
        let issuer = world.realm().leeway(Duration::from_secs(leeway));
        let router = protected(issuer.connect().await.unwrap().jwt());
        for number in 0..5 {
            let token = unknown(&world, &format!("stranger-{number}"), T0 - 60);
            get(&router, &token).await.assert_invalid_token();
        }
        let _new = world
            .server
            .rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
        let honest = world.server.token().jwt();
        get(&router, &honest).await.assert_unavailable();
        world.clock.advance(Duration::from_secs(10));
        assert_eq!(get(&router, &honest).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn who_waits_for_a_fetch_under_way_needs_a_place_and_patience() {
    let world = World::start().await;
    let issuer = world.realm().fetch_deadline(Duration::from_secs(600));
    let router = protected(issuer.connect().await.unwrap().jwt());
    world.server.inject(Endpoint::Jwks, Fault::hang());
    let ask = |number: usize, iat: u64| {
        let token = unknown(&world, &format!("stranger-{number}"), iat);
        let router = router.clone();
        Box::pin(async move { get(&router, &token).await })
    };
    let mut waiting = Vec::new();
    for number in 0..256 {
        let mut request = ask(number, T0);
        assert!(poll_once(&mut request).is_pending(), "{number}");
        waiting.push(request);
    }
    // For whom there is no place the set that is there is the judge, where it can be.
    let Poll::Ready(reply) = poll_once(&mut ask(256, T0)) else {
        panic!("it waits");
    };
    reply.assert_unavailable();
    let Poll::Ready(reply) = poll_once(&mut ask(257, T0 - 60)) else {
        panic!("it waits");
    };
    reply.assert_invalid_token();
    // Known keys wait for nobody.
    let known = world.server.token().jwt();
    let Poll::Ready(reply) = poll_once(&mut Box::pin(get(&router, &known))) else {
        panic!("it waits");
    };
    assert_eq!(reply.status, StatusCode::OK);
    // The fetch hangs for ten minutes; nobody waits for that.
    for request in waiting {
        request.await.assert_unavailable();
    }
    assert_eq!(fetches(&world), 2);
}

#[tokio::test]
async fn who_begins_a_fetch_for_an_unknown_key_waits_no_longer_than_others() {
    let world = World::start().await;
    let issuer = world.realm().fetch_deadline(Duration::from_secs(600));
    let router = protected(issuer.connect().await.unwrap().jwt());
    world.server.inject(Endpoint::Jwks, Fault::hang());
    let token = unknown(&world, "stranger", T0 - 60);
    get(&router, &token).await.assert_unavailable();

    // Nor does it when the set is too old for those whose keys it has.
    world.clock.advance(Duration::from_secs(600));
    let token = unknown(&world, "another", T0 + 500);
    get(&router, &token).await.assert_unavailable();
    assert_eq!(fetches(&world), 2);
}

#[tokio::test]
async fn a_cool_down_costs_none_of_the_fetches_for_unknown_keys() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    world
        .server
        .inject(Endpoint::Jwks, Fault::status(500).times(1));
    for number in 0..100 {
        let token = unknown(&world, &format!("stranger-{number}"), T0 - 60);
        get(&router, &token).await.assert_unavailable();
    }
    assert_eq!(fetches(&world), 2);
    world.clock.advance(Duration::from_secs(1));
    let _new = world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
    let honest = world.server.token().jwt();
    assert_eq!(get(&router, &honest).await.status, StatusCode::OK);
    assert_eq!(fetches(&world), 3);
}

#[tokio::test]
async fn endless_settings_end_nothing() {
    let world = World::start().await;
    let issuer = world
        .realm()
        .jwks_max_stale(Duration::MAX)
        .unknown_key_fetches(100, Duration::from_secs(1))
        .fetch_deadline(Duration::MAX);
    let router = protected(issuer.connect().await.unwrap().jwt());
    let token = lasting(&world);
    let stranger = unknown(&world, "stranger", T0 - 60);
    get(&router, &stranger).await.assert_invalid_token();
    world.clock.advance(Duration::from_secs(500));
    get(&router, &stranger).await.assert_invalid_token();
    world.server.stop().await.unwrap();
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(3600));
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    }
    let forever = world.realm().jwks_max_age(Duration::MAX).build().unwrap();
    world.server.restart().await.unwrap();
    let router = protected(forever.jwt());
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn settings_that_bound_nothing_are_refused() {
    let world = World::start().await;
    let refused = |issuer: IssuerBuilder| issuer.build().err().map(|error| error.setting());
    for (burst, seconds) in [(0, 10), (u32::MAX, 10), (5, 0)] {
        let issuer = world.realm();
        let issuer = issuer.unknown_key_fetches(burst, Duration::from_secs(seconds));
        assert_eq!(refused(issuer), Some("unknown_key_fetches"));
    }
    let eager = world.realm().jwks_max_age(Duration::ZERO);
    assert_eq!(refused(eager), Some("jwks_max_age"));
    let nobody = world.realm().authorized_parties(Vec::<String>::new());
    assert_eq!(refused(nobody), Some("authorized_parties"));
    let hasty = world.realm().fetch_deadline(Duration::ZERO);
    assert_eq!(refused(hasty), Some("fetch_deadline"));
}

/// The fetch under way was answered before the key was made: it is not the last word about it.
#[tokio::test]
async fn a_key_that_is_newer_than_the_fetch_under_way_is_found_by_the_next() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    let gate = world.server.hold(Endpoint::Jwks, HoldPoint::AfterAnswer);
    let stranger = unknown(&world, "stranger", T0 - 60);
    let strangers_router = router.clone();
    let refused = tokio::spawn(async move { get(&strangers_router, &stranger).await });
    gate.wait_for(1).await;
    gate.admit_no_more();

    world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
    let honest = world.server.token().jwt();
    let mut waiting = Box::pin(get(&router, &honest));
    assert!(poll_once(&mut waiting).is_pending());
    gate.release();

    refused.await.unwrap().assert_invalid_token();
    assert_eq!(waiting.await.status, StatusCode::OK);
    assert_eq!(fetches(&world), 3);
}

//! Tokens of keys that nobody knows, and honest ones of keys that are new.

use std::{task::Poll, time::Duration};

use http::StatusCode;
use portcullis::{IssuerBuilder, ManualClock};
use portcullis_conformance::{
    AUDIENCE, CLIENT_ID, CLIENT_SECRET, T0, World, get, getting, poll_once, protected,
    with_signature,
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
async fn who_waits_for_a_fetch_under_way_does_so_only_as_long_as_patience_lasts() {
    let world = World::start().await;
    let issuer = world.realm().fetch_deadline(Duration::from_secs(600));
    let router = protected(issuer.connect().await.unwrap().jwt());
    world.server.inject(Endpoint::Jwks, Fault::hang());
    let mut waiting = Vec::new();
    for number in 0..300 {
        let token = unknown(&world, &format!("stranger-{number}"), T0);
        let mut request = Box::pin(getting(&router, &token));
        assert!(poll_once(&mut request).is_pending(), "{number}");
        waiting.push(request);
    }
    // The fetch hangs for ten minutes; nobody waits for that.
    for request in waiting {
        request.await.assert_unavailable();
    }
    assert_eq!(fetches(&world), 2);
}

/// A long token takes the room of many.
#[tokio::test]
async fn what_waits_for_a_fetch_under_way_is_bounded_in_bytes_too() {
    let world = World::start().await;
    let issuer = world.realm().fetch_deadline(Duration::from_secs(600));
    let router = protected(issuer.connect().await.unwrap().jwt());
    world.server.inject(Endpoint::Jwks, Fault::hang());
    let padding = "x".repeat(9 * 1024);
    let long = world
        .server
        .token()
        .algorithm(SigningAlgorithm::EdDSA)
        .claim("padding", padding)
        .header("kid", "stranger")
        .jwt();
    let kibibytes = long.len().div_ceil(1024);
    assert!((12..16).contains(&kibibytes), "{kibibytes}");
    let room = 64 * 1024 / kibibytes;
    let mut waiting = Vec::new();
    for number in 0..room {
        let mut request = Box::pin(getting(&router, &long));
        assert!(poll_once(&mut request).is_pending(), "{number}");
        waiting.push(request);
    }
    let ask = || poll_once(&mut Box::pin(getting(&router, &long)));
    let Poll::Ready(reply) = ask() else {
        panic!("there is no end to them");
    };
    reply.assert_unavailable();

    // One who goes away makes room for another.
    waiting.pop();
    assert!(ask().is_pending());
}

/// The known key id of a forged token is as cheap as an unknown one.
#[tokio::test]
async fn what_waits_with_a_known_key_id_for_a_set_that_is_too_old_is_bounded_too() {
    let world = World::start().await;
    let issuer = world.realm().fetch_deadline(Duration::from_secs(600));
    let router = protected(issuer.connect().await.unwrap().jwt());
    world.server.inject(Endpoint::Jwks, Fault::hang());
    let honest = lasting(&world);
    let long = world.server.token().claim("padding", "x".repeat(9 * 1024));
    let long = long.expires_in(Duration::from_secs(2 * 86_400)).jwt();
    let forged = with_signature(&long, b"forged");
    let room = 64 * 1024 / forged.len().div_ceil(1024);
    world.clock.advance(Duration::from_secs(600));
    let mut waiting = Vec::new();
    // Lets this token come again and again, until it is answered at once.
    let mut crowd = |token: &str| {
        loop {
            let mut request = Box::pin(getting(&router, token));
            match poll_once(&mut request) {
                Poll::Pending => waiting.push(request),
                Poll::Ready(reply) => return (waiting.len(), reply),
            }
            assert!(waiting.len() < 40_000, "there is no end to them");
        }
    };
    let (places, reply) = crowd(&forged);
    assert_eq!(places, room);
    reply.assert_invalid_token();
    // Short ones take what room is left; then the old set serves, as long as it may stand in.
    let (_, reply) = crowd(&honest);
    assert_eq!(reply.status, StatusCode::OK);
    world.clock.advance(Duration::from_secs(3600));
    for token in [&forged, &honest] {
        crowd(token).1.assert_unavailable();
    }

    // One who goes away makes room for another.
    drop(waiting.swap_remove(0));
    assert!(poll_once(&mut Box::pin(getting(&router, &forged))).is_pending());
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

//! I10–I13: what a set is worth while nothing newer can be had, and a key that is gone.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{World, get, post_active, protected};
use portcullis_testing::{Endpoint, Fault, Rotation, SigningAlgorithm};

use crate::support::{fetches, lasting, unknown};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn i10_a_failed_refetch_keeps_the_set() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    let known = lasting(&world);
    for fault in [
        Fault::status(500),
        Fault::status(503),
        Fault::drop_before_answer(),
        Fault::drop_mid_answer(),
    ] {
        world.server.inject(Endpoint::Jwks, fault);
        let before = fetches(&world);
        get(&router, &unknown(&world, "new"))
            .await
            .assert_unavailable();
        assert!(fetches(&world) > before);
        assert_eq!(get(&router, &known).await.status, StatusCode::OK);
        world.server.clear_faults(Endpoint::Jwks);
        world.clock.advance(SECOND);
    }
    world.server.stop().await.unwrap();
    get(&router, &unknown(&world, "new"))
        .await
        .assert_unavailable();
    assert_eq!(get(&router, &known).await.status, StatusCode::OK);
}

#[tokio::test]
async fn i11_a_stale_set_serves_for_a_limited_time() {
    let (max_age, max_stale) = (Duration::from_secs(600), Duration::from_secs(3600));
    for configured in [false, true] {
        let world = World::start().await;
        let (mut issuer, mut max_age, mut max_stale) = (world.realm(), max_age, max_stale);
        if configured {
            (max_age, max_stale) = (Duration::from_secs(60), Duration::from_secs(120));
            issuer = issuer.jwks_max_age(max_age).jwks_max_stale(max_stale);
        }
        let router = protected(issuer.connect().await.unwrap().jwt());
        let token = lasting(&world);
        world.server.stop().await.unwrap();

        world.clock.advance(max_age - SECOND);
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);
        for _ in 0..10 {
            world.clock.advance(max_stale / 10);
            assert_eq!(get(&router, &token).await.status, StatusCode::OK);
        }
        // Now the set is a second short of its end.
        world.clock.advance(SECOND);
        get(&router, &token).await.assert_unavailable();

        world.server.restart().await.unwrap();
        world.clock.advance(SECOND);
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn i12_a_withdrawn_key_stops_verifying() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    let token = lasting(&world);
    let _new = world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::DropOld);
    // The set that is there knows the key still; that it is asked for nothing newer is what makes
    // it fast.
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    assert_eq!(fetches(&world), 1);

    world.clock.advance(Duration::from_secs(600));
    get(&router, &token).await.assert_invalid_token();
    assert_eq!(get(&router, &lasting(&world)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn i12_the_period_can_be_shortened() {
    let world = World::start().await;
    let issuer = world.realm().jwks_max_age(Duration::from_secs(30));
    let router = protected(issuer.connect().await.unwrap().jwt());
    let token = lasting(&world);
    let _new = world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::DropOld);
    world.clock.advance(Duration::from_secs(30));
    get(&router, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn i13_never_loaded_is_503_and_heals_by_itself() {
    let world = World::start().await;
    world.server.stop().await.unwrap();
    let issuer = world.asking().build().unwrap();
    let router = protected(issuer.hybrid());
    let token = world.server.token().jwt();
    for _ in 0..3 {
        get(&router, &token).await.assert_unavailable();
        post_active(&router, &token).await.assert_unavailable();
        world.clock.advance(SECOND);
    }
    assert!(world.realm().connect().await.is_err());

    world.server.restart().await.unwrap();
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    assert_eq!(post_active(&router, &token).await.status, StatusCode::OK);
}

/// While nothing was ever loaded, every token waits for the same few attempts.
#[tokio::test]
async fn i13_an_outage_at_the_start_is_not_hammered() {
    let world = World::start().await;
    world.server.inject(Endpoint::Jwks, Fault::status(500));
    let router = protected(world.realm().build().unwrap().jwt());
    for _ in 0..100 {
        let token = world.server.token().jwt();
        get(&router, &token).await.assert_unavailable();
    }
    assert_eq!(fetches(&world), 1);

    world.server.clear_faults(Endpoint::Jwks);
    world.clock.advance(SECOND);
    let reply = get(&router, &world.server.token().jwt()).await;
    assert_eq!(reply.status, StatusCode::OK);
}

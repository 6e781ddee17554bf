use http::StatusCode;
use portcullis_conformance::{World, get, poll_once, protected};
use portcullis_testing::{Endpoint, Fault, HoldPoint, Rotation, SigningAlgorithm};
use std::time::Duration;

use crate::support::{assert_ok, at_once, fetches, stranger};

#[tokio::test]
async fn y1_go_oidc_482_a_minute_of_random_kids_causes_a_dozen_fetches() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    for second in 0..60 {
        for number in 0..20 {
            let token = stranger(&world, &format!("{second}-{number}"));
            get(&router, &token).await.assert_invalid_token();
        }
        world.clock.advance(Duration::from_secs(1));
    }
    assert!(fetches(&world) <= 12, "{}", fetches(&world));
}

#[tokio::test]
async fn y2_lua_resty_openidc_468_an_invalid_kid_is_not_a_download_each_time() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    let token = stranger(&world, "the-same-each-time");
    world.server.clear_requests();
    for _ in 0..100 {
        get(&router, &token).await.assert_invalid_token();
    }
    assert!(fetches(&world) <= 5, "{}", fetches(&world));
}

#[tokio::test]
async fn y3_jwks_rsa_java_173_bad_kids_lock_out_no_good_token() {
    let world = World::start().await;
    let algorithms = [
        SigningAlgorithm::RS256,
        SigningAlgorithm::ES256,
        SigningAlgorithm::EdDSA,
    ];
    // Published before the set is fetched; nobody has used them yet.
    let tokens = algorithms.map(|algorithm| world.server.token().algorithm(algorithm).jwt());
    let router = protected(world.realm().connect().await.unwrap().jwt());
    for number in 0..50 {
        let token = stranger(&world, &format!("stranger-{number}"));
        get(&router, &token).await.assert_invalid_token();
    }
    let fetched = fetches(&world);
    for token in tokens {
        assert_ok(&at_once(&router, &token));
    }
    assert_eq!(fetches(&world), fetched);
}

#[tokio::test]
async fn y4_backstage_35233_a_real_rotation_meets_no_cool_down() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    let rotations = [
        SigningAlgorithm::RS256,
        SigningAlgorithm::ES256,
        SigningAlgorithm::RS256,
    ];
    for algorithm in rotations {
        // All in the second in which the last set was fetched.
        world.server.rotate(algorithm, Rotation::DropOld);
        let token = world.server.token().algorithm(algorithm).jwt();
        assert_ok(&get(&router, &token).await);
    }
    assert_eq!(fetches(&world), 4);
}

#[tokio::test]
async fn y5_fastapi_zitadel_auth_156_an_unknown_kid_empties_no_cache_and_delays_nobody() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    let known = world.server.token().jwt();
    let gate = world.server.hold(Endpoint::Jwks, HoldPoint::BeforeAnswer);
    world.server.inject(Endpoint::Jwks, Fault::status(500));
    let token = stranger(&world, "stranger");
    let mut unknown = Box::pin(get(&router, &token));
    assert!(poll_once(&mut unknown).is_pending());
    gate.wait_for(1).await;
    assert_ok(&at_once(&router, &known));
    gate.release();
    let reply = unknown.await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_ok(&at_once(&router, &known));
}

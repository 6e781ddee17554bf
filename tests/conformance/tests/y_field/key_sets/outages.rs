use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{World, get, protected};
use portcullis_testing::{Endpoint, Fault, Rotation, SigningAlgorithm};

use crate::support::{SECOND, SHORT, Unconnected, assert_ok, at_once, fetches, lasting, stranger};

#[tokio::test]
async fn y8_spring_security_14269_19474_a_fetch_of_keys_ends_and_is_given_its_time() {
    let world = World::start().await;
    let token = world.server.token().jwt();
    world.server.inject(Endpoint::Jwks, Fault::hang().times(1));
    let hasty = world.realm().fetch_deadline(SHORT);
    let router = protected(hasty.build().unwrap().jwt());
    get(&router, &token).await.assert_unavailable();
    world.clock.advance(SECOND);
    assert_ok(&get(&router, &token).await);

    // Half a second was too short for real servers.
    let client = Unconnected::default();
    let patient = world.realm().http_client(client.clone());
    let patient = patient.jwks_uri(world.server.url(Endpoint::Jwks));
    let router = protected(patient.build().unwrap().jwt());
    get(&router, &token).await.assert_unavailable();
    assert_eq!(client.deadlines(), [Duration::from_secs(5)]);
}

#[tokio::test]
async fn y9_envoy_14557_keys_are_renewed_behind_the_requests_kept_and_tried_for_again() {
    let world = World::start().await;
    let issuer = world.realm().unknown_key_fetches(1, 86_400 * SECOND);
    let router = protected(issuer.connect().await.unwrap().jwt());
    let known = lasting(&world);
    // An unknown kid is worth a fetch, and there is no other left.
    let unknown = stranger(&world, "stranger");
    get(&router, &unknown).await.assert_invalid_token();
    assert_eq!(fetches(&world), 2);

    world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
    world.clock.advance(540 * SECOND);
    assert_ok(&at_once(&router, &known));
    assert_ok(&get(&router, &lasting(&world)).await);
    assert_eq!(fetches(&world), 3, "the new key came with the renewal");

    world.server.inject(Endpoint::Jwks, Fault::status(500));
    world.clock.advance(700 * SECOND);
    assert_ok(&get(&router, &known).await);
    assert_eq!(fetches(&world), 4);
    world.clock.advance(SECOND);
    assert_ok(&at_once(&router, &known));
    world.server.wait_for_requests(Endpoint::Jwks, 5).await;
}

#[tokio::test]
async fn y10_envoy_13705_31324_keys_that_cannot_be_had_are_503() {
    let world = World::start().await;
    let warm = protected(world.realm().connect().await.unwrap().jwt());
    let cold = protected(world.realm().build().unwrap().jwt());
    let known = world.server.token().jwt();
    world.server.stop().await.unwrap();
    get(&cold, &known).await.assert_unavailable();
    assert_ok(&get(&warm, &known).await);
    let unknown = stranger(&world, "stranger");
    get(&warm, &unknown).await.assert_unavailable();
}

#[tokio::test]
async fn y10_kgateway_4838_a_connection_that_the_server_has_closed_fails_no_request() {
    let world = World::start().await;
    let issuer = world.asking().connect().await.unwrap();
    let (local, asking) = (protected(issuer.jwt()), protected(issuer.introspection()));
    assert_ok(&get(&asking, &world.server.token().opaque()).await);
    for _ in 0..3 {
        // Closes every connection, those that wait in a pool as well.
        world.server.stop().await.unwrap();
        world.server.restart().await.unwrap();
        assert_ok(&get(&asking, &world.server.token().opaque()).await);
        world.server.stop().await.unwrap();
        world.server.restart().await.unwrap();
        world
            .server
            .rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
        assert_ok(&get(&local, &world.server.token().jwt()).await);
    }
    // Closed while the request is on its way: it is sent once more.
    let closing = Fault::drop_before_answer().times(1);
    world.server.inject(Endpoint::Introspection, closing);
    assert_ok(&get(&asking, &world.server.token().opaque()).await);
}

#[tokio::test]
async fn y11_istio_58101_connection_problems_drop_no_key_set() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    let known = lasting(&world);
    let faults = [
        Fault::drop_before_answer(),
        Fault::drop_mid_answer(),
        Fault::garbage(),
        Fault::status(500),
    ];
    for fault in faults {
        world.server.inject(Endpoint::Jwks, fault);
        world.clock.advance(Duration::from_secs(600));
        assert_ok(&get(&router, &known).await);
        world.server.clear_faults(Endpoint::Jwks);
        world.clock.advance(SECOND);
    }
}

#[tokio::test]
async fn y11_istio_51636_one_bad_address_stops_no_refresh_elsewhere() {
    let (bad, good) = (World::start().await, World::start().await);
    let router = protected(bad.realm().build().unwrap().jwt());
    let other = protected(good.realm().connect().await.unwrap().jwt());
    bad.server.inject(Endpoint::Jwks, Fault::status(404));
    let token = bad.server.token().jwt();
    get(&router, &token).await.assert_unavailable();
    good.server
        .rotate(SigningAlgorithm::RS256, Rotation::DropOld);
    assert_ok(&get(&other, &good.server.token().jwt()).await);
}

#[tokio::test]
async fn y11_istio_37456_a_first_fetch_that_fails_is_made_up_for_in_a_second() {
    let world = World::start().await;
    let failing = Fault::status(503).times(1);
    world.server.inject(Endpoint::Jwks, failing);
    let router = protected(world.realm().build().unwrap().jwt());
    let token = world.server.token().jwt();
    get(&router, &token).await.assert_unavailable();
    world.clock.advance(SECOND);
    assert_ok(&get(&router, &token).await);
}

#[tokio::test]
async fn y12_node_jwks_rsa_385_the_end_of_a_sets_life_makes_no_outage_of_ours() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    let token = lasting(&world);
    world.server.stop().await.unwrap();
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(600));
        assert_ok(&get(&router, &token).await);
    }
}

#[tokio::test]
async fn y13_mecatl_449_a_stale_set_has_an_end_and_then_it_is_503() {
    let world = World::start().await;
    let router = protected(world.realm().connect().await.unwrap().jwt());
    let token = lasting(&world);
    world.server.stop().await.unwrap();
    world
        .clock
        .advance(Duration::from_secs(600 + 3600) - SECOND);
    assert_ok(&get(&router, &token).await);
    world.clock.advance(SECOND);
    get(&router, &token).await.assert_unavailable();
}

#[tokio::test]
async fn y14_fhir_server_2209_short_trouble_with_keys_is_never_401() {
    let world = World::start().await;
    let transient = Fault::status(502).times(20);
    world.server.inject(Endpoint::Jwks, transient);
    let token = world.server.token().jwt();
    let fleet: Vec<_> = (0..35)
        .map(|_| protected(world.realm().build().unwrap().jwt()))
        .collect();
    let mut failed = 0;
    for router in &fleet {
        let reply = get(router, &token).await;
        if reply.status != StatusCode::OK {
            reply.assert_unavailable();
            failed += 1;
        }
    }
    assert_eq!(failed, 20);
    world.clock.advance(SECOND);
    for router in &fleet {
        assert_ok(&get(router, &token).await);
    }
}

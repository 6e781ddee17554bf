//! What one verifier of an issuer has learned, the others know.

use std::time::Duration;

use http::StatusCode;
use portcullis::{AccessToken, Credentials, Freshness, HttpError, Reason, TokenVerifier};
use portcullis_conformance::{AnsweringClient, World, get, post_active, protected};
use portcullis_testing::{Answer, Endpoint, Fault};

use crate::support::inactive;

#[tokio::test]
async fn what_the_introspecting_route_has_seen_end_the_hybrid_route_refuses() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let hybrid = protected(issuer.hybrid());
    let token = world.server.token().jwt();
    assert_eq!(get(&hybrid, &token).await.status, StatusCode::OK);
    world.server.revoke(&token);

    post_active(&protected(issuer.introspection()), &token)
        .await
        .assert_invalid_token();
    get(&hybrid, &token).await.assert_invalid_token();

    // The doubt outlives the few seconds for which "inactive" is repeated unasked.
    world.clock.advance(Duration::from_secs(6));
    let calls = world.server.request_count(Endpoint::Introspection);
    get(&hybrid, &token).await.assert_invalid_token();
    assert_eq!(
        world.server.request_count(Endpoint::Introspection),
        calls + 1
    );
}

#[tokio::test]
async fn a_cache_in_between_does_not_clear_a_doubt() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    let token = world.server.token().jwt();
    let active = world.server.introspect(&token);
    world.server.revoke(&token);
    post_active(&router, &token).await.assert_invalid_token();

    world.clock.advance(Duration::from_secs(6));
    let repeated = Fault::answer(Answer::json(&active)).header("age", "16");
    world.server.inject(Endpoint::Introspection, repeated);
    for _ in 0..3 {
        get(&router, &token).await.assert_unavailable();
    }
    world.server.clear_faults(Endpoint::Introspection);
    get(&router, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn a_cache_in_between_ends_no_token_either() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    let token = world.server.token().jwt();
    let inactive = Answer::json(&serde_json::json!({ "active": false }));
    let repeated = Fault::answer(inactive).header("age", "30");
    world.server.inject(Endpoint::Introspection, repeated);
    post_active(&router, &token).await.assert_unavailable();
    world.server.clear_faults(Endpoint::Introspection);
    let calls = world.server.request_count(Endpoint::Introspection);
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    assert_eq!(world.server.request_count(Endpoint::Introspection), calls);
}

/// By then it may be forgotten that it was called inactive.
#[tokio::test]
async fn a_cache_in_between_vouches_for_no_jwt_that_is_over() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().introspection());
    let lifetime = Duration::from_secs(60);
    let token = world.server.token().expires_in(lifetime).jwt();
    let mut active = world.server.introspect(&token);
    active.as_object_mut().unwrap().remove("exp");
    let repeated = Fault::answer(Answer::json(&active)).header("age", "16");
    world.server.inject(Endpoint::Introspection, repeated);
    world.clock.advance(lifetime + Duration::from_secs(29));
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    world.clock.advance(Duration::from_secs(1));
    get(&router, &token).await.assert_unavailable();
}

#[tokio::test]
async fn a_jwt_that_only_the_introspecting_route_knew_stays_in_doubt() {
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let token = world.server.token().jwt();
    world.server.revoke(&token);
    get(&protected(issuer.introspection()), &token)
        .await
        .assert_invalid_token();
    world.clock.advance(Duration::from_secs(60));
    get(&protected(issuer.hybrid()), &token)
        .await
        .assert_invalid_token();
}

/// Of the token nothing was known but that it is inactive.
#[tokio::test]
async fn a_flood_of_inventions_clears_no_doubt() {
    let world = World::start().await;
    let client = AnsweringClient::new(|_| async { Ok::<_, HttpError>(inactive()) });
    let issuer = world.asking().http_client(client).connect().await.unwrap();
    let token = world.server.token().jwt();
    let introspection = issuer.introspection();
    get(&protected(introspection.clone()), &token)
        .await
        .assert_invalid_token();
    for number in 0..101_000 {
        let invention = AccessToken::new(&format!("invention-{number}")).unwrap();
        let invention = Credentials::bearer(invention);
        let answer = introspection.verify(&invention, Freshness::AsConfigured);
        assert_eq!(answer.await.unwrap_err().reason(), Reason::Inactive);
    }
    get(&protected(issuer.hybrid()), &token)
        .await
        .assert_invalid_token();
}

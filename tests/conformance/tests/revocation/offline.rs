//! Offline sessions have the name of the login session that they began in, and outlive it.

use http::StatusCode;
use portcullis::{AccessTokenProfile, Issuer, Reason};
use portcullis_conformance::{
    AUDIENCE, CLIENT_ID, CLIENT_SECRET, FRONT_END, Instance, World, get, post_active,
};
use portcullis_testing::{Session, TokenBuilder};

use crate::support::{MINUTE, SECOND, admitted_after, rejection, status, told};

fn offline(session: &Session) -> TokenBuilder {
    session.token().scope("openid offline_access")
}

#[tokio::test]
async fn what_was_issued_up_to_the_notice_is_over_and_later_ones_are_asked_about_once() {
    let (world, instance) = told().await;
    let session = world.server.login("alice");
    let before = offline(&session).jwt();
    world.clock.advance(SECOND);
    let same_second = offline(&session).jwt();
    instance.hear_of(&session).await;
    instance.refuses_unasked(&world, &before).await;
    instance.refuses_unasked(&world, &same_second).await;

    world.clock.advance(SECOND);
    let after = offline(&session).jwt();
    admitted_after(&world, &instance.hybrid, &after, 1).await;
    for _ in 0..4 {
        world.clock.advance(MINUTE);
        admitted_after(&world, &instance.hybrid, &after, 1).await;
    }
    // An answer vouches for its own token and for no other.
    let next = offline(&session).jwt();
    admitted_after(&world, &instance.hybrid, &next, 1).await;
    // The session that was not offline has ended all the same.
    let online = session.token().jwt();
    instance.refuses_unasked(&world, &online).await;
}

#[tokio::test]
async fn a_later_one_is_refused_where_the_server_says_so() {
    let (world, instance) = told().await;
    instance.subscribe(&world).await;
    let session = world.server.login("alice");
    session.joined_by(FRONT_END);
    session.log_out().await;
    world.clock.advance(SECOND);
    let after = offline(&session).jwt();
    for router in [&instance.hybrid, &instance.introspection] {
        get(router, &after).await.assert_invalid_token();
        post_active(router, &after).await.assert_invalid_token();
    }
}

#[tokio::test]
async fn keycloak_marks_it_in_the_jti_as_well() {
    let (world, instance) = told().await;
    let session = world.server.login("alice");
    instance.hear_of(&session).await;
    world.clock.advance(SECOND);
    for jti in ["ofrtro:1", "oflttr:2", "ftrtte:3"] {
        let token = session.token().claim("jti", jti).jwt();
        admitted_after(&world, &instance.hybrid, &token, 1).await;
    }
    for jti in ["onrtro:4", "trrtcc:5", "x-of:6"] {
        let token = session.token().claim("jti", jti).jwt();
        instance.refuses_unasked(&world, &token).await;
    }
}

/// Elsewhere a `jti` that begins so says nothing.
#[tokio::test]
async fn the_jti_is_a_mark_of_keycloak_alone() {
    let world = World::start().await;
    let issuer = Issuer::builder(world.server.issuer())
        .unwrap()
        .audience(AUDIENCE)
        .profile(AccessTokenProfile::Keycloak)
        .clock(world.clock.clone())
        .client_secret(CLIENT_ID, CLIENT_SECRET)
        .logout_audiences([FRONT_END]);
    let instance = Instance::with(&world, issuer).await;
    let session = world.server.login("alice");
    instance.hear_of(&session).await;
    world.clock.advance(SECOND);
    let marked = session.token().claim("jti", "ofrtro:1").jwt();
    instance.refuses_unasked(&world, &marked).await;
    let scoped = offline(&session).jwt();
    assert_eq!(status(&instance.hybrid, &scoped).await, StatusCode::OK);
}

#[tokio::test]
async fn where_nobody_can_be_asked_a_later_one_is_refused() {
    let (world, instance) = told().await;
    let session = world.server.login("alice");
    instance.hear_of(&session).await;
    world.clock.advance(SECOND);
    let after = offline(&session).jwt();
    let rejection = rejection(instance.issuer.jwt(), &after).await;
    assert_eq!(rejection.reason(), Reason::Unconfirmed);
    assert_eq!(rejection.status(), StatusCode::UNAUTHORIZED);
    assert!(rejection.diagnosis().detail().contains("hybrid()"));
}

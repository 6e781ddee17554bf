//! Where nobody can be asked: what becomes of a token that may be over.

use http::StatusCode;
use portcullis::{Cause, Readiness, Reason};
use portcullis_conformance::{FRONT_END, Instance, World, pass_start, protected};

use crate::support::{MINUTE, SECOND, live_status, rejection, status, told};

#[tokio::test]
async fn one_that_was_called_inactive_is_inactive() {
    let (world, instance) = told().await;
    let token = world.server.token().jwt();
    assert_eq!(status(&instance.jwt, &token).await, StatusCode::OK);
    world.server.revoke(&token);
    live_status(&instance.hybrid, &token).await;
    let rejection = rejection(instance.issuer.jwt(), &token).await;
    assert_eq!(rejection.reason(), Reason::Inactive);
    assert_eq!(rejection.status(), StatusCode::UNAUTHORIZED);
}

/// Until an answer says otherwise, whoever has asked for it.
#[tokio::test]
async fn one_that_is_called_active_again_is_good_again() {
    let (world, instance) = told().await;
    let token = world.server.token().subject("ali").jwt();
    world.server.disable_user("ali");
    assert_eq!(
        live_status(&instance.hybrid, &token).await,
        StatusCode::UNAUTHORIZED
    );
    world.server.enable_user("ali");
    world.clock.advance(MINUTE);
    assert_eq!(
        status(&instance.jwt, &token).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(live_status(&instance.hybrid, &token).await, StatusCode::OK);
    assert_eq!(status(&instance.jwt, &token).await, StatusCode::OK);
}

/// It is let in, and the service says that it knows no better.
#[tokio::test]
async fn one_from_before_the_start_is_borne_and_the_service_degraded() {
    let world = World::start().await;
    let issuer = world.realm().logout_audiences([FRONT_END]);
    let issuer = issuer
        .max_token_lifetime(10 * MINUTE)
        .connect()
        .await
        .unwrap();
    let router = protected(issuer.jwt());
    let token = world.server.token().jwt();
    assert_eq!(status(&router, &token).await, StatusCode::OK);
    let incomplete = Readiness::Degraded(vec![Cause::RevocationsIncomplete]);
    assert_eq!(issuer.readiness(), incomplete);
    // It passes with the lifetime of tokens, and the keys are still young enough.
    world.clock.advance(10 * MINUTE);
    assert_eq!(
        status(&router, &world.server.token().jwt()).await,
        StatusCode::OK
    );
    world.clock.advance(61 * SECOND);
    assert_eq!(issuer.readiness(), Readiness::Ready);
}

#[tokio::test]
async fn by_a_switch_it_is_refused_and_the_service_ready() {
    let world = World::start().await;
    let issuer = world
        .realm()
        .logout_audiences([FRONT_END])
        .refuse_unconfirmed();
    let issuer = issuer.connect().await.unwrap();
    let router = protected(issuer.jwt());
    let old = world.server.token().jwt();
    let rejection = rejection(issuer.jwt(), &old).await;
    assert_eq!(rejection.reason(), Reason::Unconfirmed);
    assert_eq!(rejection.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(issuer.readiness(), Readiness::Ready);
    pass_start(&world);
    let new = world.server.token().jwt();
    assert_eq!(status(&router, &new).await, StatusCode::OK);
    assert_eq!(status(&router, &old).await, StatusCode::UNAUTHORIZED);
}

/// Where the issuer can be asked at all, one answer is enough for both.
#[tokio::test]
async fn an_answer_on_another_route_confirms_it_here() {
    let world = World::start().await;
    let old = world.server.token().jwt();
    world.clock.advance(MINUTE);
    let instance = Instance::new(world.told().refuse_unconfirmed()).await;
    instance.begin();
    world.clock.advance(SECOND);
    assert_eq!(status(&instance.jwt, &old).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&instance.hybrid, &old).await, StatusCode::OK);
    assert_eq!(status(&instance.jwt, &old).await, StatusCode::OK);
}

/// That it may be missing something is no excuse for what is known against it.
#[tokio::test]
async fn what_is_borne_hides_nothing_else() {
    let world = World::start().await;
    let instance = Instance::new(world.told()).await;
    instance.begin();
    let session = world.server.login("alice");
    let (of_session, revoked) = (session.token().jwt(), world.server.token().jwt());
    let too_long = world.server.token().expires_in(120 * MINUTE).jwt();
    assert_eq!(status(&instance.jwt, &of_session).await, StatusCode::OK);
    assert_eq!(status(&instance.jwt, &revoked).await, StatusCode::OK);
    world.server.revoke(&revoked);
    live_status(&instance.hybrid, &revoked).await;
    instance.hear_of(&session).await;
    for (token, reason) in [
        (&of_session, Reason::Revoked),
        (&revoked, Reason::Inactive),
        (&too_long, Reason::LivesTooLong),
    ] {
        let rejection = rejection(instance.issuer.jwt(), token).await;
        assert_eq!(rejection.reason(), reason);
    }
}

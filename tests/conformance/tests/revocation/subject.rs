//! A notice without `sid`: all sessions of a subject have ended, as far as can be told.

use http::StatusCode;
use portcullis::Reason;
use portcullis_conformance::{AUDIENCE, CapturedLog, FRONT_END, Instance, World, get, notify};
use portcullis_testing::Client;
use tracing::Level;

use crate::support::{MINUTE, SECOND, admitted_after, rejection, status, told};

async fn hear_of_alice(world: &World, instance: &Instance) {
    let notice = world.server.logout_token().subject("alice");
    let notice = notice.without_claim("sid").jwt();
    let reply = notify(&instance.receiver, &notice).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn what_was_issued_up_to_the_notice_is_over() {
    let (world, instance) = told().await;
    let one = world.server.login("alice").token().jwt();
    world.clock.advance(SECOND);
    let other = world.server.login("alice").token().jwt();
    instance.admits(&one).await;
    hear_of_alice(&world, &instance).await;
    for token in [&one, &other] {
        instance.refuses_unasked(&world, token).await;
    }
    world.clock.advance(2 * MINUTE);
    for token in [&one, &other] {
        instance.refuses_unasked(&world, token).await;
    }
}

/// The server ends the sessions after the notice only, so an early answer may come too early.
#[tokio::test]
async fn later_ones_are_asked_about_for_a_minute_and_every_five_seconds() {
    let (world, instance) = told().await;
    hear_of_alice(&world, &instance).await;
    world.clock.advance(SECOND);
    let token = world.server.login("alice").token().jwt();
    admitted_after(&world, &instance.hybrid, &token, 1).await;
    world.clock.advance(4 * SECOND);
    admitted_after(&world, &instance.hybrid, &token, 1).await;
    world.clock.advance(2 * SECOND);
    admitted_after(&world, &instance.hybrid, &token, 2).await;
    // 7 s have passed by now.
    world.clock.advance(52 * SECOND);
    admitted_after(&world, &instance.hybrid, &token, 3).await;
    world.clock.advance(2 * SECOND);
    admitted_after(&world, &instance.hybrid, &token, 3).await;
    world.clock.advance(MINUTE);
    admitted_after(&world, &instance.hybrid, &token, 3).await;
    let new = world.server.login("alice").token().jwt();
    admitted_after(&world, &instance.hybrid, &new, 0).await;
}

/// It was active when it was asked about first, since its session had not ended yet.
#[tokio::test]
async fn a_session_that_ends_behind_the_notice_is_found_within_five_seconds() {
    let (world, instance) = told().await;
    let session = world.server.login("alice");
    hear_of_alice(&world, &instance).await;
    world.clock.advance(SECOND);
    let late = session.token().jwt();
    admitted_after(&world, &instance.hybrid, &late, 1).await;
    session.end();
    world.clock.advance(6 * SECOND);
    get(&instance.hybrid, &late).await.assert_invalid_token();
    // It stays in doubt when the minute is over.
    world.clock.advance(2 * MINUTE);
    get(&instance.hybrid, &late).await.assert_invalid_token();
}

#[tokio::test]
async fn where_nobody_can_be_asked_later_ones_have_to_wait() {
    let (world, instance) = told().await;
    hear_of_alice(&world, &instance).await;
    world.clock.advance(SECOND);
    let token = world.server.login("alice").token().jwt();
    let reply = get(&instance.jwt, &token).await;
    reply.assert_unavailable();
    assert_eq!(reply.retry_after(), Some(60));
    let rejection = rejection(instance.issuer.jwt(), &token).await;
    assert_eq!(rejection.reason(), Reason::RevocationPending);
    world.clock.advance(MINUTE);
    assert_eq!(status(&instance.jwt, &token).await, StatusCode::OK);
}

#[tokio::test]
async fn nobody_else_is_meant() {
    let (world, instance) = told().await;
    let tokens = [
        world.server.login("bob").token().jwt(),
        world.server.login("Alice").token().jwt(),
        world.server.token().without_claim("sub").jwt(),
        // Another `sub` of the same user: a pairwise one.
        world.server.token().subject("alice-at-shop").jwt(),
    ];
    hear_of_alice(&world, &instance).await;
    for token in &tokens {
        instance.admits(token).await;
    }
}

/// It does not say whose it is. Where the server has said so, it is known.
#[tokio::test]
async fn a_lightweight_token_is_meant_where_its_subject_is_known() {
    let (world, instance) = told().await;
    let session = world.server.login("alice");
    let light = session.token().audience(AUDIENCE).lightweight();
    hear_of_alice(&world, &instance).await;
    assert_eq!(status(&instance.jwt, &light).await, StatusCode::OK);
    get(&instance.hybrid, &light).await.assert_invalid_token();
}

#[tokio::test]
async fn the_operator_is_told_once_for_each_client() {
    let log = CapturedLog::start();
    let world = World::start().await;
    let issuer = world.told().logout_audiences(["other-app"]);
    let instance = Instance::with(&world, issuer).await;
    for client in [FRONT_END, "other-app"] {
        let client = Client::public(client).backchannel_session_required(false);
        instance.subscribe_as(&world, client).await;
    }
    for _ in 0..3 {
        let session = world.server.login("alice");
        session.joined_by(FRONT_END);
        session.joined_by("other-app");
        for delivery in session.log_out().await {
            assert_eq!(delivery.status(), Some(200));
        }
        world.clock.advance(SECOND);
    }
    for client in [FRONT_END, "other-app"] {
        let lines = log.matching(Level::WARN, &format!("`{client}` names no session"));
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(
            lines[0]
                .text
                .contains("Backchannel logout session required")
        );
    }
}

/// The later of two counts, whichever comes last.
#[tokio::test]
async fn an_older_notice_undoes_nothing() {
    let (world, instance) = told().await;
    let older = world.server.logout_token().without_claim("sid").jwt();
    world.clock.advance(10 * SECOND);
    let token = world.server.login("alice").token().jwt();
    hear_of_alice(&world, &instance).await;
    instance.refuses_unasked(&world, &token).await;
    let reply = notify(&instance.receiver, &older).await;
    assert_eq!(reply.status, StatusCode::OK);
    instance.refuses_unasked(&world, &token).await;
}

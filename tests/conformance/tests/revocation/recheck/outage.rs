//! While the server cannot be asked: routes go on and say so, and those that insist are closed.

use axum::{Router, routing::post};
use http::StatusCode;
use portcullis::{AuthenticateLayer, Cause, Readiness, RequireActiveLayer};
use portcullis_conformance::{Recorded, post_active};
use serde_json::json;

use super::{WINDOW, lasting, rechecking, used};
use crate::support::SECOND;

#[tokio::test]
async fn while_the_server_is_away_tokens_are_served_and_the_service_says_so() {
    let recorded = Recorded::start();
    let air = rechecking().await;
    let issuer = &air.instance.issuer;
    let within = Router::new()
        .route("/active", post(|| async {}))
        .route_layer(RequireActiveLayer::within(WINDOW))
        .layer(AuthenticateLayer::new(issuer.hybrid()));
    let token = lasting(&air).jwt();
    let name = air.world.server.issuer();
    let overdue = || {
        let series = format!("portcullis_recheck_overdue_seconds{{issuer=\"{name}\"}}");
        recorded.seen(&series)
    };
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    assert_eq!(overdue(), Some(0.0));

    air.server.set_away(true);
    air.world.clock.advance(WINDOW);
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    assert!(!issuer.readiness().causes().contains(&Cause::RecheckOverdue));
    air.world.clock.advance(4 * SECOND);
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    assert!(issuer.readiness().causes().contains(&Cause::RecheckOverdue));
    assert_eq!(overdue(), Some(4.0));
    // A route that wants an answer of at most that age has none.
    post_active(&within, &token).await.assert_unavailable();

    air.server.set_away(false);
    air.world.clock.advance(WINDOW);
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    air.world.clock.advance(WINDOW);
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    assert_eq!(issuer.readiness(), Readiness::Ready);
    assert_eq!(overdue(), Some(0.0));
    let rechecks = |outcome| recorded.outcomes("portcullis_rechecks_total", name, outcome);
    assert!(rechecks("failed") >= 1.0);
    assert!(rechecks("active") >= 2.0);
}

/// What ends meanwhile is found when it is back.
#[tokio::test]
async fn once_it_is_back_what_has_ended_is_found() {
    let air = rechecking().await;
    let token = lasting(&air).jwt();
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    air.server.set_away(true);
    air.server.end(&token);
    for _ in 0..10 {
        air.world.clock.advance(7 * SECOND);
        assert_eq!(used(&air, &token).await, StatusCode::OK);
    }
    air.server.set_away(false);
    air.world.clock.advance(WINDOW);
    assert_eq!(used(&air, &token).await, StatusCode::UNAUTHORIZED);
}

/// Whoever has chosen the token may have chosen that, so that its end is never found.
#[tokio::test]
async fn a_token_that_the_server_fails_at_alone_is_no_outage() {
    let air = rechecking().await;
    for status in [400, 413, 500] {
        let (token, other) = (lasting(&air).jwt(), lasting(&air).jwt());
        assert_eq!(used(&air, &token).await, StatusCode::OK);
        air.server.fail_at(&token, status);
        air.world.clock.advance(WINDOW);
        assert_eq!(used(&air, &other).await, StatusCode::OK);
        assert_eq!(used(&air, &token).await, StatusCode::OK, "asked about now");
        air.world.clock.advance(4 * SECOND);
        for _ in 0..10 {
            let refused = used(&air, &token).await;
            assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE, "{status}");
            assert_eq!(used(&air, &other).await, StatusCode::OK);
            air.world.clock.advance(2 * SECOND);
        }
        air.server.fail_at(&token, 200);
        air.world.clock.advance(WINDOW);
        assert_eq!(used(&air, &token).await, StatusCode::OK);
    }
}

/// As behind a firewall that drops what it does not like.
#[tokio::test]
async fn a_token_that_is_never_answered_about_is_no_outage_either() {
    let air = rechecking().await;
    let (token, other) = (lasting(&air).jwt(), lasting(&air).jwt());
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    air.server.hang_on(&token);
    air.world.clock.advance(2 * WINDOW);
    for _ in 0..5 {
        let refused = used(&air, &token).await;
        assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(used(&air, &other).await, StatusCode::OK);
        air.world.clock.advance(WINDOW);
    }
}

/// A call may be lost in a crowd.
#[tokio::test]
async fn one_call_without_an_answer_says_nothing_of_its_token() {
    let air = rechecking().await;
    let token = lasting(&air).jwt();
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    air.server.hang_on(&token);
    air.world.clock.advance(WINDOW);
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    tokio::time::sleep(4 * SECOND).await;
    for _ in 0..4 {
        air.world.clock.advance(2 * SECOND);
        assert_eq!(used(&air, &token).await, StatusCode::OK);
    }
    air.world.clock.advance(2 * SECOND);
    let refused = used(&air, &token).await;
    assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_realm_that_was_switched_off_is_no_outage_either() {
    let air = rechecking().await;
    let token = lasting(&air).jwt();
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    let problem = json!({"error": "access_denied", "error_description": "Realm not enabled"});
    for asked in [&token, "portcullis-probe"] {
        air.server.say(asked, problem.clone());
        air.server.fail_at(asked, 403);
    }
    air.world.clock.advance(2 * WINDOW);
    let refused = used(&air, &token).await;
    assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE);
}

/// In vain, too: a server in trouble is not asked by each request.
#[tokio::test]
async fn an_attempt_that_fails_is_the_attempt_of_its_window() {
    let recorded = Recorded::start();
    let air = rechecking().await;
    let token = lasting(&air).jwt();
    assert_eq!(used(&air, &token).await, StatusCode::OK);
    air.server.set_away(true);
    air.world.clock.advance(20 * SECOND);
    for _ in 0..50 {
        assert_eq!(used(&air, &token).await, StatusCode::OK);
    }
    let name = air.world.server.issuer();
    let failed = recorded.outcomes("portcullis_rechecks_total", name, "failed");
    assert_eq!(failed, 1.0);
}

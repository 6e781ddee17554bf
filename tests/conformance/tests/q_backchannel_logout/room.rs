//! For how many logout tokens there is room to wait for keys, and for how long.

use std::task::Poll;

use http::StatusCode;
use portcullis_conformance::{CapturedLog, Recorded, notify, poll_once};
use portcullis_testing::{Rotation, SigningAlgorithm};
use tracing::Level;

use crate::away::{Away, SECOND};

#[tokio::test]
async fn q13_one_that_comes_again_waits_once() {
    let recorded = Recorded::start();
    let away = Away::start().await;
    let logout_token = away.world.server.logout_token().jwt();
    for _ in 0..1_100 {
        away.parks(&logout_token).await;
    }
    let notices = |outcome| {
        let metric = "portcullis_revocation_notices_total";
        recorded.outcomes(metric, away.world.server.issuer(), outcome)
    };
    assert_eq!((notices("parked"), notices("dropped")), (1_100.0, 0.0));
    away.keys.publish(&away.world, &[]);
    away.pass(12).await;
    assert_eq!((notices("taken"), notices("repeated")), (1.0, 0.0));
}

/// Anybody may send one, so there is room for a thousand.
#[tokio::test]
async fn q13_a_thousand_wait_and_no_more() {
    let recorded = Recorded::start();
    let away = Away::start().await;
    let server = &away.world.server;
    let genuine = server.login("alice");
    away.parks(&genuine.logout_token().jwt()).await;
    let forged = server.logout_token().signature(vec![0; 256]);
    for number in 0..1_000 {
        let forged = forged.clone().session(format!("forged-{number}"));
        away.parks(&forged.jwt()).await;
    }
    let late = server.login("alice");
    away.parks(&late.logout_token().jwt()).await;
    let notices = |outcome| {
        let metric = "portcullis_revocation_notices_total";
        recorded.outcomes(metric, server.issuer(), outcome)
    };
    assert_eq!((notices("parked"), notices("dropped")), (1_000.0, 2.0));
    away.keys.publish(&away.world, &[]);
    away.pass(12).await;
    // The one that came in time is among those that were judged, and the forged ones are not.
    assert_eq!((notices("taken"), notices("refused")), (1.0, 999.0));
    assert_eq!(away.revocations().len(), 1);
    // There is room again.
    away.keys.answer(StatusCode::INTERNAL_SERVER_ERROR, &[], "");
    let rotation = Rotation::DropOld;
    server.rotate(SigningAlgorithm::RS256, rotation);
    away.parks(&server.logout_token().jwt()).await;
    assert_eq!((notices("parked"), notices("dropped")), (1_001.0, 2.0));
}

/// Anybody may fill it, and so would anybody the log.
#[tokio::test]
async fn q13_those_who_wait_are_worth_a_word_and_those_for_whom_there_is_no_room_another() {
    let log = CapturedLog::start();
    let away = Away::start().await;
    let forged = away.world.server.logout_token().signature(vec![0; 256]);
    for number in 0..1_100 {
        let forged = forged.clone().session(format!("forged-{number}"));
        away.parks(&forged.jwt()).await;
    }
    assert_eq!(log.matching(Level::WARN, "it waits for them").len(), 1);
    assert_eq!(log.matching(Level::WARN, "no room").len(), 1);
}

#[tokio::test]
async fn q13_long_ones_take_up_eight_mebibytes_and_no_more() {
    let recorded = Recorded::start();
    let away = Away::start().await;
    let forged = away.world.server.logout_token().signature(vec![0; 256]);
    let forged = forged.claim("padding", "x".repeat(45_000));
    for number in 0..200 {
        let forged = forged.clone().session(format!("forged-{number}"));
        away.parks(&forged.jwt()).await;
    }
    let metric = "portcullis_revocation_notices_total";
    let parked = recorded.outcomes(metric, away.world.server.issuer(), "parked");
    assert!((130.0..140.0).contains(&parked), "{parked} of 60 KiB each");
}

/// While keys are fetched, which may take its time.
#[tokio::test]
async fn q13_no_more_than_that_wait_for_a_fetch() {
    let away = Away::start().await;
    away.keys.publish(&away.world, &[]);
    let (held, before) = (away.keys.hold(), away.keys.asked());
    let forged = away.world.server.logout_token().signature(vec![0; 256]);
    let forged = forged.claim("padding", "x".repeat(45_000));
    let mut waiting = Vec::new();
    for number in 0..200 {
        let forged = forged.clone().session(format!("forged-{number}")).jwt();
        let receiver = away.receiver.clone();
        let mut sender = Box::pin(async move { notify(&receiver, &forged).await });
        match poll_once(&mut sender) {
            Poll::Pending => waiting.push(sender),
            Poll::Ready(reply) => assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE),
        }
    }
    let count = waiting.len();
    assert!((130..140).contains(&count), "{count} of 60 KiB each");
    drop(held);
    for sender in waiting {
        assert_eq!(sender.await.status, StatusCode::BAD_REQUEST);
    }
    // One for the keys, and one for the realm's document.
    assert_eq!(away.keys.asked(), before + 2);
}

#[tokio::test]
async fn q13_one_that_expires_while_it_waits_is_over() {
    let away = Away::start().await;
    away.parks(&away.world.server.logout_token().jwt()).await;
    away.pass(151).await;
    away.keys.publish(&away.world, &[]);
    away.pass(30).await;
    assert!(away.revocations().is_empty());
}

/// Whatever end it claims.
#[tokio::test]
async fn q13_none_waits_for_longer_than_ten_minutes() {
    let away = Away::start().await;
    let far = away.world.clock.system_time() + 86_400 * SECOND;
    let lasting = away.world.server.logout_token().expires_at(far).jwt();
    away.parks(&lasting).await;
    away.pass(601).await;
    away.keys.publish(&away.world, &[]);
    away.pass(30).await;
    assert!(away.revocations().is_empty());
    // Nobody has taken it, so it may come again.
    let reply = notify(&away.receiver, &lasting).await;
    assert_eq!(reply.status, StatusCode::OK);
}

//! Where the key comes from that a logout token was signed with, and who may have it fetched.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{CapturedLog, Instance, World, get, notify};
use portcullis_testing::{
    Endpoint, Fault, LogoutTokenBuilder, Rotation, SigningAlgorithm, SigningKey,
};
use tracing::Level;

use crate::support::Told;

fn fetches(told: &Told) -> usize {
    told.world.server.request_count(Endpoint::Jwks)
}

#[tokio::test]
async fn q13_a_known_key_needs_no_fetch() {
    let told = Told::start().await;
    let before = fetches(&told);
    for _ in 0..20 {
        told.takes(|token| token, "known key").await;
    }
    assert_eq!(fetches(&told), before);
}

/// The notice may be the first thing that a new key has signed.
#[tokio::test]
async fn q13_a_key_that_is_new_is_fetched() {
    for rotation in [Rotation::KeepOld, Rotation::DropOld] {
        let told = Told::start().await;
        let session = told.world.server.login("alice");
        let token = session.token().jwt();
        let before = fetches(&told);
        told.world.server.rotate(SigningAlgorithm::RS256, rotation);
        let status = told.tell(&session.logout_token().jwt()).await;
        assert_eq!(status, StatusCode::OK, "{rotation:?}");
        assert_eq!(fetches(&told), before + 1);
        let status = told.status_of(&token).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{rotation:?}");
    }
}

#[tokio::test]
async fn q13_a_key_that_a_younger_set_does_not_have_is_refused() {
    let told = Told::start().await;
    let stranger = SigningKey::generate(SigningAlgorithm::ES256);
    let before = fetches(&told);
    told.refuses(|token| token.signed_with(&stranger), "unknown key")
        .await;
    assert_eq!(fetches(&told), before + 1);
    // The set that was fetched for it is younger than this one: it needs no other.
    let earlier = told.at(-60);
    let old = |token: LogoutTokenBuilder| token.signed_with(&stranger).issued_at(earlier);
    told.refuses(old, "an older one").await;
    assert_eq!(fetches(&told), before + 1);
}

#[tokio::test]
async fn q13_nothing_is_fetched_for_what_is_wrong_anyway() {
    let told = Told::start().await;
    let stranger = SigningKey::generate(SigningAlgorithm::ES256);
    let before = fetches(&told);
    let ended = told.at(-60);
    told.refuses(
        |token| token.signed_with(&stranger).audience("others"),
        "aud",
    )
    .await;
    told.refuses(
        |token| token.signed_with(&stranger).expires_at(ended),
        "exp",
    )
    .await;
    told.refuses(
        |token| token.signed_with(&stranger).claim("nonce", "n"),
        "nonce",
    )
    .await;
    assert_eq!(fetches(&told), before);
}

/// Forged ones have a bucket of their own, and it is a small one.
#[tokio::test]
async fn q13_a_flood_of_unknown_keys_is_fetched_for_five_times() {
    let told = Told::start().await;
    let before = fetches(&told);
    let forged = |number: usize| {
        let token = told.world.server.logout_token();
        token.header("kid", format!("invented-{number}")).jwt()
    };
    for number in 0..100 {
        let status = told.tell(&forged(number)).await;
        let expected = match number {
            0..5 => StatusCode::BAD_REQUEST,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        assert_eq!(status, expected, "{number}");
    }
    assert_eq!(fetches(&told), before + 5);
    assert!(told.instance.issuer.revocations().is_empty());
    // Known keys do not wait for it,
    told.takes(|token| token, "a genuine one").await;
    // and neither do new keys of access tokens.
    let rotation = Rotation::KeepOld;
    told.world.server.rotate(SigningAlgorithm::RS256, rotation);
    let token = told.world.server.token().jwt();
    assert_eq!(told.status_of(&token).await, StatusCode::OK);
    assert_eq!(fetches(&told), before + 6);
}

/// And the other way round.
#[tokio::test]
async fn q13_a_flood_of_access_tokens_leaves_a_notice_its_fetch() {
    let told = Told::start().await;
    for number in 0..100 {
        let token = told.world.server.token().issued_at(told.at(-60));
        let token = token.header("kid", format!("invented-{number}")).jwt();
        get(&told.instance.jwt, &token).await.assert_invalid_token();
    }
    let session = told.world.server.login("alice");
    let rotation = Rotation::KeepOld;
    told.world.server.rotate(SigningAlgorithm::RS256, rotation);
    let status = told.tell(&session.logout_token().jwt()).await;
    assert_eq!(status, StatusCode::OK);
}

/// The bucket is for fetches. Where none was made, since the last has only just failed, none is
/// taken out of it.
#[tokio::test]
async fn q13_what_nobody_fetches_costs_no_fetch() {
    let told = Told::start().await;
    let server = &told.world.server;
    let before = fetches(&told);
    server.inject(Endpoint::Jwks, Fault::status(500));
    server.rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
    for _ in 0..20 {
        let status = told.tell(&server.logout_token().jwt()).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(fetches(&told), before + 1, "a failure stands for a second");
    server.clear_faults(Endpoint::Jwks);
    told.world.clock.advance(Duration::from_secs(1));
    let status = told.tell(&server.logout_token().jwt()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(fetches(&told), before + 2);
}

/// Then there is nothing to wait for.
#[tokio::test]
async fn q13_keys_that_were_given_are_all_there_are() {
    let world = World::start().await;
    let keys = world.server.jwks().to_string();
    let instance = Instance::with(&world, world.told().keys(keys)).await;
    let before = world.server.logout_token().jwt();
    world
        .server
        .rotate(SigningAlgorithm::RS256, Rotation::KeepOld);
    let after = world.server.logout_token().jwt();
    let taken = notify(&instance.receiver, &before).await;
    let refused = notify(&instance.receiver, &after).await;
    assert_eq!(taken.status, StatusCode::OK);
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.server.request_count(Endpoint::Jwks), 0);
}

#[tokio::test]
async fn q13_the_operator_reads_why_a_notice_was_not_taken() {
    let log = CapturedLog::start();
    let told = Told::start().await;
    told.refuses(|token| token.audience("others"), "aud").await;
    let lines = log.matching(Level::DEBUG, "logout_audiences");
    assert_eq!(lines.len(), 1, "{:?}", log.lines());
}

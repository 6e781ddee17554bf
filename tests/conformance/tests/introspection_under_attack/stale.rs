//! Old facts stand in for a server that is away, and for no server that is well.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::Router;
use http::StatusCode;
use portcullis::{IssuerBuilder, WithCredentials};
use portcullis_conformance::{AnsweringClient, World, get, post_active, protected};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{SECOND, active, inactive, lasting_opaque};

const HOUR: Duration = Duration::from_secs(3600);

/// A router that may live on facts of the last hour.
async fn forgiving(issuer: IssuerBuilder<WithCredentials>) -> Router {
    let issuer = issuer.connect().await.unwrap();
    protected(issuer.introspection().stale_within(HOUR))
}

#[tokio::test]
async fn a_revoked_token_that_the_server_fails_at_is_not_served_by_old_facts() {
    for (case, fault) in [
        ("400", Fault::status(400)),
        ("401", Fault::status(401)),
        ("404", Fault::status(404)),
        ("410", Fault::status(410)),
        ("413", Fault::status(413)),
        ("500", Fault::status(500)),
        ("302", Fault::status(302).header("location", "/login")),
        ("reset", Fault::drop_before_answer()),
        ("midway", Fault::drop_mid_answer()),
        ("html", Fault::html()),
        ("garbage", Fault::garbage()),
    ] {
        let world = World::start().await;
        let router = forgiving(world.asking()).await;
        let (token, other) = (lasting_opaque(&world), lasting_opaque(&world));
        assert_eq!(get(&router, &token).await.status, StatusCode::OK, "{case}");
        world.server.revoke(&token);
        let fault = fault.for_token(&token);
        world.server.inject(Endpoint::Introspection, fault);
        for minute in 1..50 {
            world.clock.advance(60 * SECOND);
            let others = post_active(&router, &other).await.status;
            assert_eq!(others, StatusCode::OK, "{case}");
            let reply = get(&router, &token).await;
            let case = format!("{case}, {minute}");
            assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{case}");
        }
    }
}

/// What a server without a network says once the tokens in question are revoked.
#[derive(Debug, Clone, Copy)]
enum Revoked {
    Hangs,
    AnswersAfter(Duration),
}

/// An issuer whose tokens are all good if they begin with `good`. Those that begin with
/// `good-revoked` are so until the flag is set; from then on the server is as `then` says, and
/// hangs on no others.
fn revoking(world: &World, then: Revoked) -> (IssuerBuilder<WithCredentials>, Arc<AtomicBool>) {
    let (active, are_revoked) = (active(world), Arc::new(AtomicBool::new(false)));
    let flag = are_revoked.clone();
    let client = AnsweringClient::new(move |token: String| {
        let is_later = flag.load(Ordering::SeqCst);
        let is_revoked = is_later && token.starts_with("good-revoked");
        let is_active = token.starts_with("good") && !is_revoked;
        let answer = if is_active {
            active.clone()
        } else {
            inactive()
        };
        async move {
            match then {
                Revoked::Hangs if is_revoked => std::future::pending().await,
                Revoked::AnswersAfter(takes) if is_later => tokio::time::sleep(takes).await,
                Revoked::Hangs | Revoked::AnswersAfter(_) => {}
            }
            Ok(answer)
        }
    });
    (world.asking().http_client(client), are_revoked)
}

const REVOKED: &str = "good-revoked";

#[tokio::test]
async fn a_revoked_token_that_the_server_hangs_on_is_not_served_by_old_facts() {
    let world = World::start().await;
    let (issuer, are_revoked) = revoking(&world, Revoked::Hangs);
    let router = forgiving(issuer).await;
    tokio::time::pause();
    assert_eq!(get(&router, REVOKED).await.status, StatusCode::OK);
    are_revoked.store(true, Ordering::SeqCst);
    for _ in 1..50 {
        world.clock.advance(60 * SECOND);
        assert_eq!(post_active(&router, "good").await.status, StatusCode::OK);
        get(&router, REVOKED).await.assert_unavailable();
    }
}

#[tokio::test]
async fn nobody_revives_a_revoked_token_by_what_a_firewall_drops() {
    let world = World::start().await;
    let router = forgiving(world.asking()).await;
    let token = lasting_opaque(&world);
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    world.server.revoke(&token);
    world.clock.advance(31 * SECOND);
    for number in 0..8 {
        let odd = format!("../../etc/passwd/{number}");
        let reset = Fault::drop_before_answer().for_token(&odd);
        world.server.inject(Endpoint::Introspection, reset);
        get(&router, &odd).await.assert_unavailable();
    }
    get(&router, &token).await.assert_invalid_token();
}

#[tokio::test]
async fn nobody_revives_a_revoked_token_by_a_crowd_of_strangers() {
    let world = World::start().await;
    let slow = Revoked::AnswersAfter(Duration::from_millis(650));
    let (issuer, are_revoked) = revoking(&world, slow);
    let issuer = issuer.introspection_calls(8).introspection_deadline(SECOND);
    let router = forgiving(issuer).await;
    tokio::time::pause();
    assert_eq!(get(&router, REVOKED).await.status, StatusCode::OK);
    are_revoked.store(true, Ordering::SeqCst);
    world.clock.advance(31 * SECOND);
    let mut strangers = JoinSet::new();
    for number in 0..64 {
        let (router, token) = (router.clone(), format!("stranger-{number}"));
        strangers.spawn(async move { get(&router, &token).await.status });
    }
    strangers.join_all().await;
    get(&router, REVOKED).await.assert_invalid_token();
}

/// Whoever has many tokens can keep the lane of genuine ones full.
#[tokio::test]
async fn nobody_revives_a_revoked_token_by_a_crowd_of_tokens_of_their_own() {
    let world = World::start().await;
    let slow = Revoked::AnswersAfter(Duration::from_millis(150));
    let (issuer, are_revoked) = revoking(&world, slow);
    let issuer = issuer
        .introspection_calls(2)
        .introspection_deadline(Duration::from_millis(600));
    let router = forgiving(issuer).await;
    tokio::time::pause();
    let own: Vec<_> = (0..40).map(|number| format!("good-{number}")).collect();
    for token in own.iter().map(String::as_str).chain([REVOKED]) {
        assert_eq!(get(&router, token).await.status, StatusCode::OK);
    }
    are_revoked.store(true, Ordering::SeqCst);
    world.clock.advance(31 * SECOND);
    let mut crowd = JoinSet::new();
    for token in own {
        let router = router.clone();
        crowd.spawn(async move { post_active(&router, &token).await.status });
    }
    // Time stands still until all of them wait.
    tokio::time::sleep(Duration::from_millis(1)).await;
    get(&router, REVOKED).await.assert_unavailable();
    assert!(
        crowd
            .join_all()
            .await
            .contains(&StatusCode::SERVICE_UNAVAILABLE)
    );
    get(&router, REVOKED).await.assert_invalid_token();
}

/// The call about the token finds the server in trouble, and the probe the realm switched off.
#[tokio::test]
async fn a_realm_that_was_switched_off_is_never_an_outage() {
    for trouble in [
        Fault::status(502),
        Fault::drop_mid_answer(),
        Fault::garbage(),
    ] {
        let world = World::start().await;
        let router = forgiving(world.asking()).await;
        let token = lasting_opaque(&world);
        assert_eq!(get(&router, &token).await.status, StatusCode::OK);
        world.clock.advance(60 * SECOND);
        let off = json!({"error": "access_denied", "error_description": "Realm not enabled"});
        let off = Fault::answer(Answer::json(&off).status(403));
        let server = &world.server;
        server.inject(Endpoint::Introspection, off.for_token("portcullis-probe"));
        server.inject(Endpoint::Introspection, trouble.for_token(&token));
        get(&router, &token).await.assert_unavailable();
    }
}

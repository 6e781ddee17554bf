//! How the service proves who it is.

use http::StatusCode;
use portcullis_conformance::{CapturedLog, get, post_active};
use tracing::Level;

use crate::world::{ORDERS, ORDERS_API, World, services};

#[tokio::test]
async fn a_secret_in_the_header_and_one_in_the_body_are_both_taken() {
    let Some(world) = World::start().await else {
        return;
    };
    let token = world.token(ORDERS).await;
    let (id, secret) = ORDERS_API;
    for (method, issuer) in [
        (
            "client_secret_basic",
            world.local().client_secret(id, secret),
        ),
        (
            "client_secret_post",
            world.local().client_secret_post(id, secret),
        ),
    ] {
        for (way, service) in services(issuer) {
            let reply = get(&service, &token).await;
            assert_eq!(reply.status, StatusCode::OK, "{method}: {way}: {reply:?}");
        }
    }
}

#[tokio::test]
async fn refused_credentials_are_500_whatever_the_token_and_the_log_says_it() {
    let Some(world) = World::start().await else {
        return;
    };
    let token = world.token(ORDERS).await;
    for (case, id, secret) in [
        ("a wrong secret", ORDERS_API.0, "not-the-one"),
        ("an unknown client", "nobody", "hush-hush"),
    ] {
        for (way, service) in services(world.local().client_secret(id, secret)) {
            let log = CapturedLog::start();
            for token in [&*token, "garbage"] {
                let reply = get(&service, token).await;
                let status = reply.status;
                assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{case}: {way}");
                assert!(reply.challenge().is_none(), "{case}: {way}");
            }
            let reply = post_active(&service, &token).await;
            assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "{case}");
            let said = log.matching(Level::ERROR, "client_credentials_refused");
            assert!(!said.is_empty(), "{case}: {way}: {:?}", log.lines());
            let lines = log.lines();
            let told = lines
                .iter()
                .any(|line| line.text.contains(&token) || line.text.contains(secret));
            assert!(!told, "{case}: {way}: {lines:?}");
        }
    }
}

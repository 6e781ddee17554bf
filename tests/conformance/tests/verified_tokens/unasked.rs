//! Nobody is asked about a token that is not good by what it says, whether or not it is remembered.

use std::time::Duration;

use http::StatusCode;
use portcullis::{AccessToken, Credentials, Freshness, Reason, TokenVerifier};
use portcullis_conformance::{AUDIENCE, T0, World, get, protected};
use portcullis_testing::{Endpoint, Fault};
use tokio::task::yield_now;

use crate::support::MINUTE;

/// Lets what has begun in the background get as far as the server.
async fn let_others_run() {
    for _ in 0..100 {
        yield_now().await;
    }
}

#[tokio::test]
async fn a_token_whose_time_is_over_is_not_asked_about_again() {
    let world = World::start().await;
    let issuer = world.asking().recheck_every(Duration::from_secs(10));
    let router = protected(issuer.connect().await.unwrap().hybrid());
    let token = world.server.token().expires_in(MINUTE / 2).jwt();
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    let_others_run().await;
    let calls = world.calls();
    world.clock.advance(2 * MINUTE);
    get(&router, &token).await.assert_invalid_token();
    let_others_run().await;
    assert_eq!(world.calls(), calls);
}

#[tokio::test]
async fn what_a_token_does_not_say_is_not_asked_for_after_its_end() {
    let world = World::start().await;
    let router = protected(world.asking().connect().await.unwrap().hybrid());
    let token = world.server.token().subject("alice").audience(AUDIENCE);
    let token = token.expires_in(MINUTE / 2).lightweight();
    assert_eq!(get(&router, &token).await.status, StatusCode::OK);
    world
        .server
        .inject(Endpoint::Introspection, Fault::status(503));
    let calls = world.calls();
    world.clock.advance(2 * MINUTE);
    get(&router, &token).await.assert_invalid_token();
    assert_eq!(world.calls(), calls);
}

/// Whoever builds a verifier on this one, and judges by rules of his own, is given nothing bad.
#[tokio::test]
async fn a_verifier_vouches_for_no_token_whose_time_is_over() {
    let world = World::start().await;
    let issuer = world.asking().connect().await.unwrap();
    let token = world.server.token().expires_in(MINUTE / 2).jwt();
    let credentials = Credentials::bearer(AccessToken::new(&token).unwrap());
    let verifiers: [&dyn TokenVerifier; 2] = [&issuer.jwt(), &issuer.hybrid()];
    let verify = |verifier: &dyn TokenVerifier| {
        let verification = verifier.verify(&credentials, Freshness::AsConfigured);
        async { verification.await.map_err(|rejection| rejection.reason()) }
    };
    for verifier in verifiers {
        assert!(verify(verifier).await.is_ok());
    }
    world.clock.advance(2 * MINUTE);
    for verifier in verifiers {
        assert_eq!(verify(verifier).await.err(), Some(Reason::Expired));
    }
    // A clock that was wrong and is put right.
    world.clock.jump_to(T0);
    for verifier in verifiers {
        assert!(verify(verifier).await.is_ok());
    }
}

#[tokio::test]
async fn a_live_answer_is_had_about_no_token_whose_time_is_over() {
    let world = World::start().await;
    let hybrid = world.asking().connect().await.unwrap().hybrid();
    let token = world.server.token().expires_in(MINUTE / 2).jwt();
    let credentials = Credentials::bearer(AccessToken::new(&token).unwrap());
    let verify = |freshness| hybrid.verify(&credentials, freshness);
    assert!(verify(Freshness::AsConfigured).await.is_ok());
    world.clock.advance(2 * MINUTE);
    for freshness in [Freshness::Live, Freshness::Within(MINUTE)] {
        let rejection = verify(freshness).await.err().unwrap();
        assert_eq!(rejection.reason(), Reason::Expired, "{freshness:?}");
    }
    assert_eq!(world.calls(), 0);
}

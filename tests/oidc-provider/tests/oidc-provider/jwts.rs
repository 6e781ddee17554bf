//! Tokens that are JWTs (RFC 9068). This server does not say anything about them: it answers 400
//! `unsupported_token_type` when one is introspected.

use axum::Router;
use http::StatusCode;
use portcullis::{IssuerBuilder, WithCredentials};
use portcullis_conformance::{get, post_active, protected};
use portcullis_oidc_provider_suite::{Resource, header_of};

use crate::world::{ALGORITHMS, LEDGER, ORDERS, World, services};

/// A service for JWTs, which takes the opaque tokens too.
fn asking(world: &World) -> IssuerBuilder<WithCredentials> {
    world.asking().resource(LEDGER)
}

fn local(world: &World) -> Router {
    protected(world.local().resource(LEDGER).build().unwrap().jwt())
}

#[tokio::test]
async fn an_access_token_of_rfc_9068_is_verified_here() {
    let Some(world) = World::start().await else {
        return;
    };
    let token = world.token(LEDGER).await;
    assert_eq!(header_of(&token)["typ"], "at+jwt");
    let [_, (_, hybrid)] = services(asking(&world));
    for service in [local(&world), hybrid] {
        let reply = get(&service, &token).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
        let claims = reply.json();
        assert_eq!(claims["aud"], LEDGER);
        assert_eq!(claims["scope"], "read");
        // In a JWT, unlike in an answer, a client of its own is its own subject.
        assert_eq!(
            (&claims["sub"], &claims["client_id"]),
            (&"shop".into(), &"shop".into())
        );
    }
}

#[tokio::test]
async fn each_algorithm_it_signs_with_is_verified_here() {
    let resource = |algorithm: &str| format!("https://{algorithm}.example").to_lowercase();
    let world = World::with(|configuration| {
        let configuration = configuration.signing_with(&ALGORITHMS);
        ALGORITHMS
            .iter()
            .fold(configuration, |configuration, algorithm| {
                configuration.resource(&resource(algorithm), Resource::jwt("read", algorithm))
            })
    });
    let Some(world) = world.await else {
        return;
    };
    for algorithm in ALGORITHMS {
        let token = world.token(&resource(algorithm)).await;
        assert_eq!(header_of(&token)["alg"], algorithm);
        let issuer = world.local().resource(resource(algorithm)).build().unwrap();
        let reply = get(&protected(issuer.jwt()), &token).await;
        assert_eq!(reply.status, StatusCode::OK, "{algorithm}: {reply:?}");
    }
}

#[tokio::test]
async fn what_the_server_does_not_say_about_a_jwt_is_not_known() {
    let Some(world) = World::start().await else {
        return;
    };
    let (jwt, opaque) = (world.token(LEDGER).await, world.token(ORDERS).await);
    let [(_, introspection), (_, hybrid)] = services(asking(&world));
    get(&introspection, &jwt).await.assert_unavailable();
    post_active(&introspection, &jwt).await.assert_unavailable();
    post_active(&hybrid, &jwt).await.assert_unavailable();
    // It is this one token that the server refuses: routes that do not ask go on, and so does
    // everybody else.
    assert_eq!(get(&hybrid, &jwt).await.status, StatusCode::OK);
    for service in [introspection, hybrid] {
        assert_eq!(post_active(&service, &opaque).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_jwt_that_somebody_else_made_is_refused_without_being_asked_about() {
    let (Some(world), Some(other)) = (World::start().await, World::start().await) else {
        return;
    };
    let token = other.token(LEDGER).await;
    let [_, (_, hybrid)] = services(asking(&world));
    for service in [local(&world), hybrid] {
        get(&service, &token).await.assert_invalid_token();
        post_active(&service, &token).await.assert_invalid_token();
    }
}

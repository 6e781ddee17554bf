//! Discovery documents that break, or that send us elsewhere.

use std::time::Duration;

use axum::Router;
use http::StatusCode;
use portcullis::{Issuer, IssuerBuilder, WithCredentials};
use portcullis_conformance::{AUDIENCE, CapturedLog, World, get, post_active, protected};
use portcullis_testing::{Endpoint, Fault};
use serde_json::json;
use tracing::Level;

use crate::support::{Canned, lasting};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// A router that has read the document and the keys.
async fn ready(world: &World) -> Router {
    let router = protected(world.asking().connect().await.unwrap().hybrid());
    let reply = post_active(&router, &lasting(world)).await;
    assert_eq!(reply.status, StatusCode::OK);
    router
}

#[tokio::test]
async fn a_broken_document_takes_down_no_endpoint_that_is_well() {
    for fault in [
        Fault::status(500),
        Fault::garbage(),
        Fault::drop_before_answer(),
        Fault::hang(),
    ] {
        let world = World::start().await;
        let router = ready(&world).await;
        let token = lasting(&world);
        world.server.inject(Endpoint::Discovery, fault);
        for _ in 0..22 {
            world.clock.advance(HOUR);
            assert_eq!(post_active(&router, &token).await.status, StatusCode::OK);
            assert_eq!(get(&router, &token).await.status, StatusCode::OK);
        }
    }
}

#[tokio::test]
async fn a_document_stands_in_for_a_day_and_heals() {
    let logs = CapturedLog::start();
    let world = World::start().await;
    let router = ready(&world).await;
    let token = lasting(&world);
    world.server.inject(Endpoint::Discovery, Fault::status(500));
    world.clock.advance(HOUR);
    assert_eq!(post_active(&router, &token).await.status, StatusCode::OK);
    let told = logs.matching(Level::WARN, "the last good document is used for now");
    assert!(!told.is_empty());

    world.clock.advance(23 * HOUR);
    post_active(&router, &token).await.assert_unavailable();
    world.server.clear_faults(Endpoint::Discovery);
    world.clock.advance(SECOND);
    assert_eq!(post_active(&router, &token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_document_that_becomes_somebody_elses_is_not_gone_on_without() {
    let world = World::start().await;
    let router = ready(&world).await;
    let token = lasting(&world);
    world
        .server
        .patch_discovery(&json!({"issuer": "https://evil.example.com"}));
    world.clock.advance(HOUR);
    for _ in 0..3 {
        post_active(&router, &token).await.assert_unavailable();
        world.clock.advance(SECOND);
    }
    world.server.reset_discovery();
    assert_eq!(post_active(&router, &token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_endpoint_that_nobody_needs_may_be_wrong() {
    for wrong in [
        json!("https://tokens.example.com/introspect"),
        json!("http://tokens.example.com/introspect"),
        json!("/introspect"),
        json!(5),
    ] {
        let logs = CapturedLog::start();
        let world = World::start().await;
        world
            .server
            .patch_discovery(&json!({"introspection_endpoint": wrong}));
        let token = world.server.token().jwt();
        let local = world.realm().connect().await.unwrap();
        assert_eq!(
            get(&protected(local.jwt()), &token).await.status,
            StatusCode::OK,
            "{wrong}"
        );
        let named = |issuer: IssuerBuilder<WithCredentials>| {
            issuer.introspection_endpoint(world.server.url(Endpoint::Introspection))
        };
        let issuer = named(world.asking()).connect().await.unwrap();
        let router = protected(issuer.hybrid());
        assert_eq!(post_active(&router, &token).await.status, StatusCode::OK);
        assert!(
            logs.matching(Level::ERROR, "introspection_endpoint")
                .is_empty()
        );

        // Who needs it is told, and served a second after it was put right.
        let router = protected(world.asking().build().unwrap().hybrid());
        for _ in 0..3 {
            post_active(&router, &token).await.assert_unavailable();
        }
        assert_eq!(
            logs.matching(Level::ERROR, "introspection_endpoint").len(),
            1
        );
        assert!(world.asking().connect().await.is_err());
        world.server.reset_discovery();
        world.clock.advance(SECOND);
        assert_eq!(post_active(&router, &token).await.status, StatusCode::OK);
    }
}

/// Only an issuer on this machine may send us to what else listens on it.
#[tokio::test]
async fn a_document_from_elsewhere_sends_nobody_to_this_machine() {
    let elsewhere = "https://id.example.com";
    let here = "http://127.0.0.1:8080";
    let jwks_uri = "http://127.0.0.1:9/jwks";
    let asked_for = async |issuer: &str, base: Option<&str>, is_plain: bool| {
        let client = Canned::publishing(&json!({"issuer": issuer, "jwks_uri": jwks_uri}));
        let mut builder = Issuer::builder(issuer).unwrap().audience(AUDIENCE);
        if let Some(base) = base {
            builder = builder.fetch_from(base);
        }
        if is_plain {
            builder = builder.danger_allow_http();
        }
        let refused = builder.http_client(client.clone()).connect().await;
        assert!(refused.is_err());
        client.asked_for(jwks_uri)
    };
    assert!(!asked_for(elsewhere, None, false).await);
    assert!(!asked_for(elsewhere, Some("https://id.internal"), false).await);
    assert!(asked_for(here, None, false).await);
    assert!(asked_for(elsewhere, Some(here), false).await);
    assert!(asked_for(elsewhere, None, true).await);
}

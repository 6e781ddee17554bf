//! The address in challenges.

use std::time::Duration;

use axum::{Router, body::Body, routing::get};
use http::Request;
use portcullis::{AuthenticateLayer, Dpop, RequireAcr, ResourceMetadata};
use portcullis_conformance::{World, challenges, get as bearing, send};

const URL: &str = "https://api.example/.well-known/oauth-protected-resource/v1";

fn metadata() -> ResourceMetadata {
    ResourceMetadata::of("https://api.example/v1").unwrap()
}

#[tokio::test]
async fn l10_every_challenge_names_the_document() {
    let world = World::start().await;
    let issuer = world.realm().connect().await.unwrap();
    let dpop = Dpop::at("https://api.example").unwrap();
    let router = Router::new()
        .route("/", get(|| async {}))
        .layer(
            RequireAcr::one_of(["gold"])
                .unwrap()
                .max_age(Duration::from_secs(300)),
        )
        .layer(
            AuthenticateLayer::new(issuer.jwt())
                .dpop(dpop)
                .resource_metadata(&metadata()),
        );
    let nothing = send(&router, Request::get("/").body(Body::empty()).unwrap()).await;
    let malformed = bearing(&router, "a.b.c").await;
    let silver = bearing(&router, &world.server.token().claim("acr", "silver").jwt()).await;
    for reply in [&nothing, &malformed, &silver] {
        let challenges = challenges(&reply.headers);
        assert_eq!(challenges.len(), 2);
        for challenge in challenges {
            assert_eq!(challenge.parameter("resource_metadata"), Some(URL));
        }
    }
    assert_eq!(nothing.error(), None);
    assert_eq!(malformed.error().as_deref(), Some("invalid_token"));
    let stepping = silver.challenge().unwrap();
    assert_eq!(stepping.parameter("max_age"), Some("300"));
    assert_eq!(stepping.parameter("acr_values"), Some("gold"));
}

#[tokio::test]
async fn l11_what_a_request_says_of_its_host_changes_nothing() {
    let world = World::start().await;
    let issuer = world.realm().build().unwrap();
    let router = crate::service(issuer.jwt(), &metadata());
    let request = |path: &str| {
        Request::get(path)
            .header("host", "evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("forwarded", "host=evil.example")
            .body(Body::empty())
            .unwrap()
    };
    let refused = send(&router, request("/")).await;
    let challenge = refused.challenge().unwrap();
    assert_eq!(challenge.parameter("resource_metadata"), Some(URL));
    let document = send(&router, request("/.well-known/oauth-protected-resource/v1")).await;
    assert!(
        !String::from_utf8(document.body.to_vec())
            .unwrap()
            .contains("evil")
    );
}

#[tokio::test]
async fn y58_the_path_of_the_resource_stands_behind_the_well_known_part() {
    let world = World::start().await;
    let issuer = world.realm().build().unwrap();
    let router = crate::service(issuer.jwt(), &metadata());
    let refused = send(&router, Request::get("/").body(Body::empty()).unwrap()).await;
    let challenge = refused.challenge().unwrap();
    let named = challenge.parameter("resource_metadata").unwrap();
    let path = named.strip_prefix("https://api.example").unwrap();
    assert_eq!(crate::fetch(&router, path).await.status, 200);
}

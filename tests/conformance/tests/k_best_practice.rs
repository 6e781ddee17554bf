//! Section K: what the JWT profile (RFC 9068), resource indicators (RFC 8707) and best current practice
//! (RFC 9700) ask for beyond the kind of token.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::body::Body;
use http::Request;
use portcullis::{
    AccessTokenProfile, Authenticator, Authorities, AuthorityMap, Issuer, RequestView,
};
use portcullis_conformance::{LocalWorld, T0, World, protected, send};
use portcullis_testing::{SigningAlgorithm, SigningKey, TokenBuilder};
use serde_json::json;
use std::{sync::Arc, time::Duration};

const RESOURCE: &str = "https://api.example/orders";

#[tokio::test]
async fn k5_the_audience_is_the_resource_indicator() {
    let local = LocalWorld::with(|realm| realm.resource(RESOURCE)).await;
    let token = |aud: &str| local.server().token().audience(aud).jwt();
    local.accepts(&token(RESOURCE), "its own").await;
    for other in [
        "https://api.example/order",
        "https://api.example/orders/",
        "https://API.example/orders",
    ] {
        local.refuses_unasked(&token(other), other).await;
    }
}

#[tokio::test]
async fn k6_the_strict_profile_is_as_strict_about_the_rest() {
    let strict = |realm: portcullis::IssuerBuilder| realm.profile(AccessTokenProfile::Rfc9068);
    let local = LocalWorld::with(strict).await;
    let token = || -> TokenBuilder {
        let token = local.server().token().claim("client_id", "shop");
        token.header("typ", "at+jwt")
    };
    local.accepts(&token().jwt(), "good").await;
    local
        .refuses_unasked(&token().header("alg", "none").signature([]).jwt(), "none")
        .await;
    let named = local.key_id();
    let other = SigningKey::generate(SigningAlgorithm::RS256).with_key_id(named);
    local
        .refuses_unasked(&token().signed_with(&other).jwt(), "another key")
        .await;
    local
        .refuses_unasked(&token().claim("exp", T0 - 60).jwt(), "expired")
        .await;
    local.world.clock.advance(Duration::from_secs(3600));
    local
        .refuses_unasked(&token().claim("exp", T0 + 60).jwt(), "expired by now")
        .await;
}

async fn authorities(
    map: AuthorityMap,
    token: impl FnOnce(TokenBuilder) -> TokenBuilder,
) -> Authorities {
    let world = World::start().await;
    let issuer = world.realm().authorities(map).connect().await.unwrap();
    let token = token(world.server.token()).jwt();
    let request = Request::get("/").header("authorization", format!("Bearer {token}"));
    let request = request.body(()).unwrap();
    let authenticator = Arc::new(Authenticator::new(issuer.jwt()));
    let verified = authenticator
        .authenticate(RequestView::from(&request))
        .await;
    verified.unwrap().unwrap().facts().authorities()
}

#[tokio::test]
async fn k7_roles_groups_and_entitlements_can_be_read() {
    let map = AuthorityMap::new();
    let map = map
        .claim("/roles", "role:")
        .unwrap()
        .claim("/groups", "group:")
        .unwrap();
    let map = map.claim("/entitlements", "entitled:").unwrap();
    let found = authorities(map, |token| {
        token
            .claim("roles", json!(["admin"]))
            .claim("groups", json!(["sales", "law"]))
            .claim("entitlements", json!("export"))
    });
    let found = found.await;
    let found: Vec<_> = found.iter().collect();
    assert_eq!(
        found,
        ["entitled:export", "group:law", "group:sales", "role:admin"]
    );
}

#[test]
fn k8_a_resource_indicator_is_an_absolute_uri_without_a_fragment() {
    let issuer = || Issuer::builder("https://id.example").unwrap();
    for bad in ["api", "/orders", "https://h/#x", "https://h/#", ""] {
        assert!(issuer().resource(bad).build().is_err(), "{bad}");
    }
    for good in ["https://api.example", "urn:example:orders"] {
        assert!(issuer().resource(good).build().is_ok(), "{good}");
    }
    // A client's id is an audience of another kind.
    assert!(issuer().audience("api").build().is_ok());
}

#[tokio::test]
async fn k11_what_a_client_says_of_its_way_here_is_not_believed() {
    let local = LocalWorld::start().await;
    let router = protected(local.world.realm().connect().await.unwrap().jwt());
    let request = Request::get("/")
        .header("x-forwarded-user", "alice")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "for=127.0.0.1;proto=https")
        .header("client-cert", ":AAAA:")
        .header("x-forwarded-client-cert", "Hash=00");
    let reply = send(&router, request.body(Body::empty()).unwrap()).await;
    assert_eq!((reply.status.as_u16(), reply.error()), (401, None));
    assert!(!format!("{:?}", reply.headers).contains("evil"));
}

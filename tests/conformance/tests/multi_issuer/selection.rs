//! Whose token it is.

use axum::{Router, body::Body, routing::get as route};
use http::Request;
use portcullis::{
    AuthenticateLayer, AuthorizationHeader, MultiIssuerVerifier, RequestView, TokenExtractor,
};
use portcullis_conformance::{World, get, send};
use serde_json::json;

use crate::{Two, status};

#[tokio::test]
async fn e21_a_jwt_goes_to_the_issuer_that_it_names() {
    let two = Two::start().await;
    let router = two.router(|issuers, one, other| issuers.local(one).hybrid(other));
    assert_eq!(status(&router, &two.one.server.token().jwt()).await, 200);
    assert_eq!(status(&router, &two.other.server.token().jwt()).await, 200);
    assert_eq!(two.requests(), (0, 0));
}

#[tokio::test]
async fn e21_an_issuer_that_is_not_configured_is_refused_without_a_call() {
    let two = Two::start().await;
    let router = two.router(|issuers, one, other| issuers.hybrid(one).introspect(other));
    let stranger = World::start().await;
    let issuer = two.one.server.issuer().to_owned();
    let token = || stranger.server.token();
    for foreign in [
        token().jwt(),
        token().claim("iss", format!("{issuer}/")).jwt(),
        token().claim("iss", issuer.to_uppercase()).jwt(),
        token().claim("iss", json!([issuer])).jwt(),
        token().claim("iss", json!(null)).jwt(),
        token().claim("iss", "").jwt(),
        token().without_claim("iss").jwt(),
        token().raw_payload("not json").jwt(),
        token()
            .raw_payload(format!(r#"{{"iss":"a","iss":"{issuer}"}}"#))
            .jwt(),
        // Signed by a stranger in the name of one of ours.
        token().claim("iss", issuer.clone()).jwt(),
    ] {
        get(&router, &foreign).await.assert_invalid_token();
    }
    assert_eq!(two.calls(), (0, 0));
    assert_eq!(stranger.server.total_request_count(), 0);
}

#[tokio::test]
async fn e22_an_opaque_token_goes_to_the_one_that_is_declared_for_it() {
    let two = Two::start().await;
    let declared = two.other.server.issuer().to_owned();
    let router = two.router(|issuers, one, other| {
        issuers
            .hybrid(one)
            .introspect(other)
            .opaque_tokens_of(&declared)
    });
    assert_eq!(
        status(&router, &two.other.server.token().opaque()).await,
        200
    );
    assert_eq!(two.calls(), (0, 1));
    // One of the other issuer is asked about there, and there alone.
    assert_eq!(status(&router, &two.one.server.token().opaque()).await, 401);
    assert_eq!(two.calls(), (0, 2));
}

#[tokio::test]
async fn e22_an_opaque_token_of_nobody_is_refused_without_a_call() {
    let two = Two::start().await;
    let router = two.router(|issuers, one, other| issuers.hybrid(one).introspect(other));
    get(&router, &two.one.server.token().opaque())
        .await
        .assert_invalid_token();
    assert_eq!(two.requests(), (0, 0));
}

/// A service whose tenants stand in a header, by the issuers' identifiers.
fn by_tenant(two: &Two) -> Router {
    let (one, other) = &two.issuers;
    let verifier = MultiIssuerVerifier::builder()
        .hybrid(one)
        .introspect(other)
        .opaque_tokens_of(one.identifier())
        .build()
        .unwrap();
    let named = |request: RequestView<'_>| {
        let tenant = request.headers.get("x-tenant")?.to_str().ok()?;
        Some(tenant.into())
    };
    let extractor = AuthorizationHeader::default().naming_issuer(named);
    Router::new()
        .route("/", route(|| async {}))
        .layer(AuthenticateLayer::new(verifier).extractor(extractor))
}

async fn as_tenant(router: &Router, tenant: &str, token: &str) -> u16 {
    let request = Request::get("/")
        .header("authorization", format!("Bearer {token}"))
        .header("x-tenant", tenant)
        .body(Body::empty())
        .unwrap();
    send(router, request).await.status.as_u16()
}

#[tokio::test]
async fn e22_the_place_may_name_the_issuer() {
    let two = Two::start().await;
    let router = by_tenant(&two);
    let other = two.issuers.1.identifier();
    let opaque = two.other.server.token().opaque();
    assert_eq!(as_tenant(&router, other, &opaque).await, 200);
    assert_eq!(two.calls(), (0, 1));
    // Without a name it belongs to the declared one, who does not know it.
    assert_eq!(status(&router, &opaque).await, 401);
    assert_eq!(two.calls(), (1, 1));
    // Only issuers that are configured count.
    for unknown in ["https://evil.example", "", "other"] {
        assert_eq!(as_tenant(&router, unknown, &opaque).await, 401, "{unknown}");
    }
    assert_eq!(two.calls(), (1, 1));
}

#[tokio::test]
async fn e22_a_jwt_of_another_issuer_than_the_named_one_goes_to_neither() {
    let two = Two::start().await;
    let router = by_tenant(&two);
    let (one, other) = (two.issuers.0.identifier(), two.issuers.1.identifier());
    let jwt = two.one.server.token().jwt();
    assert_eq!(as_tenant(&router, other, &jwt).await, 401);
    assert_eq!(two.calls(), (0, 0));
    assert_eq!(as_tenant(&router, one, &jwt).await, 200);
}

#[test]
fn e21_what_contradicts_itself_fails_the_build() {
    let issuer = |name: &str| {
        portcullis::Issuer::builder(name)
            .unwrap()
            .audience("api")
            .build()
            .unwrap()
    };
    let (one, again) = (issuer("https://id.example"), issuer("https://id.example"));
    let builder = MultiIssuerVerifier::builder;
    assert!(builder().build().is_err());
    assert!(builder().local(&one).local(&again).build().is_err());
    let elsewhere = builder()
        .local(&one)
        .opaque_tokens_of("https://id.example/");
    assert!(elsewhere.build().is_err());
    assert!(builder().local(&one).build().is_ok());
}

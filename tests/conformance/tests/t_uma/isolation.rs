//! Whom a token is shown to.

use portcullis::{
    AuthenticateLayer, Dpop, MultiIssuerVerifier, RequirePermission, RequirePermissionLayer,
};
use portcullis_conformance::{World, get as bearing, send};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::json;

use crate::{RESOURCE, asked, assert_forbidden, guarded, permitting, status, view, world};

#[tokio::test]
async fn t16_a_token_is_shown_to_its_own_issuer_alone() {
    let (one, own) = world().await;
    let other = World::start().await;
    let foreign = other.asking().clock(one.clock.clone());
    let foreign = foreign.connect().await.unwrap();
    let verifier = MultiIssuerVerifier::builder()
        .hybrid(&own)
        .hybrid(&foreign)
        .build()
        .unwrap();
    let router = guarded(verifier, view().asking(&own.uma()));
    one.server.grant_permission("alice", RESOURCE, ["view"]);
    assert_eq!(status(&router, &one.server.token().jwt()).await, 200);
    let calls = asked(&one);
    assert_forbidden(&bearing(&router, &other.server.token().jwt()).await);
    assert_eq!((asked(&one), asked(&other)), (calls, (0, 0)));
}

#[tokio::test]
async fn t16_a_bound_token_is_shown_to_nobody() {
    let (world, issuer) = world().await;
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    let key = SigningKey::generate(SigningAlgorithm::ES256);
    let router = |guard: RequirePermissionLayer| {
        let dpop = Dpop::at("https://api.example").unwrap();
        axum::Router::new()
            .route("/", axum::routing::get(|| async {}))
            .layer(guard)
            .layer(AuthenticateLayer::new(issuer.hybrid()).dpop(dpop))
    };
    let bound = world
        .server
        .token()
        .claim("cnf", json!({"jkt": key.thumbprint()}));
    let permission = json!([{"rsname": RESOURCE, "scopes": ["view"]}]);
    for (token, expected) in [
        (bound.clone().jwt(), 403),
        (permitting(bound, permission).jwt(), 200),
    ] {
        let proof = world.server.dpop_proof(&key, "GET", "https://api.example/");
        let request = http::Request::get("/")
            .header("authorization", format!("DPoP {token}"))
            .header("dpop", proof.token(&token).jwt())
            .body(axum::body::Body::empty())
            .unwrap();
        let reply = send(&router(view().asking(&issuer.uma())), request).await;
        assert_eq!(reply.status, expected, "{reply:?}");
    }
    assert_eq!(asked(&world), (0, 0));
}

#[tokio::test]
async fn t16_two_tokens_and_two_permissions_share_no_answer() {
    let (world, issuer) = world().await;
    world.server.add_resource("another", ["view"]);
    world.server.grant_permission("alice", RESOURCE, ["view"]);
    let uma = issuer.uma();
    let one = guarded(issuer.hybrid(), view().asking(&uma));
    let two = RequirePermission::of("another", ["view"]);
    let two = guarded(issuer.hybrid(), two.asking(&uma));
    let (alice, bob) = (
        world.server.token().jwt(),
        world.server.token().subject("bob").jwt(),
    );
    for _ in 0..2 {
        assert_eq!(status(&one, &alice).await, 200);
        assert_eq!(status(&two, &alice).await, 403);
        assert_eq!(status(&one, &bob).await, 403);
        assert_eq!(status(&two, &bob).await, 403);
    }
    assert_eq!(asked(&world), (4, 0));
}

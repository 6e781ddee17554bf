//! Permissions that the server says when it is asked about a token.

use std::time::Duration;

use axum::{Json, Router, routing::get};
use portcullis::{
    AuthenticateLayer, CanAsk, Issuer, RequireActiveLayer, RequirePermission, RequireRole,
    keycloak::Roles,
};
use portcullis_axum::Token;
use portcullis_conformance::{AUDIENCE, T0, get as bearing};
use portcullis_testing::Endpoint;
use serde_json::{Value, json};

use crate::{RESOURCE, assert_forbidden, permitting, status, view, wanting, world};

const HINT: &str = "requesting_party_token";

#[tokio::test]
async fn t3_an_rpt_has_permissions() {
    let (world, _) = world().await;
    let issuer = world.asking().build().unwrap();
    let router = wanting(issuer.introspection(), view());
    for permission in [
        json!({"resource_id": RESOURCE, "resource_scopes": ["view"]}),
        json!({"resource_id": RESOURCE, "resource_scopes": ["view"], "exp": T0 + 100, "iat": T0, "nbf": T0}),
        json!({"resource_set_id": RESOURCE, "scopes": ["view"]}),
        json!({"resource_set_id": "1", "resource_set_name": RESOURCE, "scopes": ["view"]}),
        json!({"rsid": "1", "resource_id": "1", "rsname": RESOURCE, "scopes": ["view"], "resource_scopes": ["view"]}),
    ] {
        let said = json!({"permissions": [permission]});
        let token = world.server.token().introspects_as(said).opaque();
        assert_eq!(status(&router, &token).await, 200, "{permission}");
    }
    for permission in [
        json!({"resource_id": RESOURCE}),
        json!({"resource_id": RESOURCE, "resource_scopes": ["print"]}),
        json!({"resource_id": RESOURCE, "resource_scopes": ["view"], "exp": T0 - 100}),
    ] {
        let said = json!({"permissions": [permission]});
        let token = world.server.token().introspects_as(said).opaque();
        assert_forbidden(&bearing(&router, &token).await);
    }
}

#[tokio::test]
async fn t10_the_hint_is_sent_and_the_principal_is_the_jwts() {
    let (world, _) = world().await;
    let issuer = world.asking().requesting_party_tokens().build().unwrap();
    let router = Router::new()
        .route("/", get(who).route_layer(RequireActiveLayer::live()))
        .layer(view())
        .layer(AuthenticateLayer::new(issuer.hybrid()));
    let permission = json!([{"rsid": "1", "rsname": RESOURCE, "scopes": ["view"]}]);
    let token = permitting(world.server.token().subject("bob"), permission).jwt();
    let reply = bearing(&router, &token).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let said = reply.json();
    assert_eq!(said["sub"], "bob");
    assert_eq!(said["iss"], world.server.issuer());
    assert_eq!(said["azp"], "test-app");
    assert_eq!(said["verified_by"], "jwt+introspection");
    let asked = world.server.requests(Endpoint::Introspection);
    assert_eq!(
        asked[0].form_value("token_type_hint").as_deref(),
        Some(HINT)
    );

    // An ordinary token is asked about as ever.
    let ordinary = world.server.token().jwt();
    assert_eq!(status(&router, &ordinary).await, 403);
    let hybrid = wanting_role(&issuer);
    assert_eq!(status(&hybrid, &ordinary).await, 200);
    let asked = world.server.requests(Endpoint::Introspection);
    assert_eq!(asked.last().unwrap().form_value("token_type_hint"), None);
}

fn wanting_role(issuer: &Issuer<CanAsk>) -> Router {
    Router::new()
        .route("/", get(|| async {}))
        .layer(RequireRole::realm("user"))
        .layer(RequireActiveLayer::live())
        .layer(AuthenticateLayer::new(issuer.hybrid()))
}

#[tokio::test]
async fn t10_where_the_answer_is_all_there_is_nobody_is_named() {
    let (world, _) = world().await;
    let issuer = world.asking().requesting_party_tokens().build().unwrap();
    let router = Router::new()
        .route("/", get(who))
        .layer(view())
        .layer(AuthenticateLayer::new(issuer.introspection()));
    let permission = json!([{"rsid": "1", "rsname": RESOURCE, "scopes": ["view"]}]);
    let token = permitting(world.server.token(), permission).jwt();
    let reply = bearing(&router, &token).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let said = reply.json();
    for absent in ["sub", "iss", "azp"] {
        assert_eq!(said[absent], Value::Null, "{said}");
    }
    assert_eq!(said["roles"], 0, "{said}");
}

async fn who(token: Token) -> Json<Value> {
    let facts = token.facts();
    let claims = facts.registered();
    Json(json!({
        "sub": claims.sub,
        "iss": claims.iss,
        "azp": claims.authorized_party(),
        "roles": Roles::of(&facts).realm().count(),
        "verified_by": facts.verified_by().as_str(),
    }))
}

#[tokio::test]
async fn t14_permissions_are_judged_on_every_request() {
    let (world, _) = world().await;
    let issuer = world.asking().build().unwrap();
    let router = wanting(issuer.introspection(), view());
    let print = wanting(
        issuer.introspection(),
        RequirePermission::of(RESOURCE, ["print"]),
    );
    let permission = json!({"resource_id": RESOURCE, "resource_scopes": ["view"], "exp": T0 - 20});
    let said = json!({"permissions": [permission]});
    let token = world.server.token().introspects_as(said).opaque();
    assert_eq!(status(&router, &token).await, 200);
    // The facts are kept, and each route judges them for itself.
    assert_eq!(status(&print, &token).await, 403);
    world.clock.advance(Duration::from_secs(15));
    assert_eq!(status(&router, &token).await, 403);
    assert_eq!(world.calls(), 1);
}

#[tokio::test]
async fn t14_a_live_answer_takes_permissions_away() {
    let (world, _) = world().await;
    let issuer = world.asking().build().unwrap();
    let permission = json!([{"rsname": RESOURCE, "scopes": ["view"]}]);
    for (said, expected) in [
        (json!({"permissions": permission}), 200),
        (json!({"permissions": []}), 403),
        // What the newer statement does not say is empty.
        (json!({"permissions": null}), 403),
    ] {
        let token = permitting(world.server.token(), permission.clone());
        let token = token.introspects_as(said.clone()).jwt();
        for live_first in [true, false] {
            let route = Router::new().route("/", get(|| async {}));
            let router = if live_first {
                route.layer(view()).layer(RequireActiveLayer::live())
            } else {
                route.layer(RequireActiveLayer::live()).layer(view())
            };
            let router = router.layer(AuthenticateLayer::new(issuer.hybrid()));
            assert_eq!(status(&router, &token).await, expected, "{said}");
        }
    }
}

/// An opaque token may be bound without anybody seeing it.
#[tokio::test]
async fn t10_the_hint_is_given_for_no_token_that_may_be_bound() {
    let (world, _) = world().await;
    let refused = world.asking().token_type_hint(HINT).build().unwrap_err();
    let refused = refused.to_string();
    assert!(refused.contains("requesting_party_tokens()"), "{refused}");
    let issuer = world.asking().requesting_party_tokens().build().unwrap();
    let router = wanting_role(&issuer);
    let binding = json!({"x5t#S256": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"});
    let token = world.server.token().claim("cnf", binding).opaque();
    bearing(&router, &token).await.assert_invalid_token();
}

/// Of its binding the answer to the hint says nothing.
#[tokio::test]
async fn t10_a_bound_token_is_not_asked_about_by_the_hint() {
    let (world, _) = world().await;
    let issuer = world.asking().requesting_party_tokens().build().unwrap();
    let router = wanting(issuer.introspection(), view());
    let permissions = json!([{"rsname": RESOURCE, "scopes": ["view"]}]);
    let token = permitting(world.server.token(), permissions);
    let bound = token.claim(
        "cnf",
        json!({"x5t#S256": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}),
    );
    let bound = bound.jwt();
    bearing(&router, &bound).await.assert_invalid_token();
    let asked = world.server.requests(Endpoint::Introspection);
    let hint = asked.first().unwrap().form_value("token_type_hint");
    assert_eq!(hint, None);
}

/// Some servers tell those who ask of no audience but their own.
#[tokio::test]
async fn t7_an_answer_makes_no_token_ours_alone() {
    let (world, _) = world().await;
    let issuer = world.asking().build().unwrap();
    let permissions = json!([{"rsid": "6f1d", "rsname": RESOURCE, "scopes": ["view"]}]);
    let both = json!([AUDIENCE, "invoices"]);
    let by_id = || RequirePermission::of_id("6f1d", ["view"]);
    for (aud_of_jwt, aud_of_answer, expected) in [
        (json!(AUDIENCE), json!(AUDIENCE), 200),
        (json!(AUDIENCE), both.clone(), 403),
        (both.clone(), json!(AUDIENCE), 403),
    ] {
        let said = json!({"permissions": permissions, "aud": aud_of_answer});
        let token = world.server.token().claim("aud", aud_of_jwt.clone());
        let token = token.introspects_as(said).jwt();
        for (requirement, expected) in [(view(), expected), (by_id(), 200)] {
            let router = Router::new()
                .route("/", get(|| async {}))
                .layer(requirement)
                .layer(RequireActiveLayer::live())
                .layer(AuthenticateLayer::new(issuer.hybrid()));
            let case = format!("{aud_of_jwt} and {aud_of_answer}");
            assert_eq!(status(&router, &token).await, expected, "{case}");
        }
    }
    let said = json!({"permissions": permissions, "aud": both});
    let token = world.server.token().introspects_as(said).opaque();
    let asking = wanting(issuer.introspection(), view());
    assert_forbidden(&bearing(&asking, &token).await);
    let asking = wanting(issuer.introspection(), by_id());
    assert_eq!(status(&asking, &token).await, 200);
}

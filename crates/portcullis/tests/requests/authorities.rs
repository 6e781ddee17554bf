//! Rights wherever they come from, and scopes as types.

use std::sync::Arc;

use portcullis::{
    AnyOf, AuthenticateLayer, AuthorityMap, Expectations, RequireAuthority, RequireLayer,
    RequireScope, Requirement, TokenFacts, scope, verifier_fn,
};
use serde_json::{Value, json};
use tower::ServiceBuilder;

use crate::support::{Scripted, Seen, greet, request, send};

fn map() -> AuthorityMap {
    AuthorityMap::new()
        .scopes("scope:")
        .realm_roles("role:")
        .client_roles("orders-api", "orders:")
        .claim("/department/groups", "group:")
        .unwrap()
        .claim("/https:~1~1a.example~1tier", "tier:")
        .unwrap()
}

/// What a good token with these claims meets, its authorities taken by the map.
async fn behind(requirement: impl Requirement, map: AuthorityMap, claims: Value) -> Seen {
    let expectations = Arc::new(Expectations::danger_any_audience().authorities(map));
    let verifier = verifier_fn(move |_, _| {
        let facts = TokenFacts::from_json(claims.to_string(), &expectations).unwrap();
        async move { Ok(Arc::new(facts)) }
    });
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(verifier))
        .layer(RequireLayer::new(requirement))
        .service_fn(greet);
    send(service, request(Some("good"))).await
}

#[tokio::test]
async fn an_authority_comes_from_any_claim_that_was_named() {
    for (needed, claims) in [
        ("scope:read", json!({"scope": "write read"})),
        ("role:admin", json!({"realm_access": {"roles": ["admin"]}})),
        (
            "orders:editor",
            json!({"resource_access": {"orders-api": {"roles": ["editor"]}}}),
        ),
        (
            "group:sales",
            json!({"department": {"groups": ["law", "sales"]}}),
        ),
        ("group:sales", json!({"department": {"groups": "sales"}})),
        ("tier:gold", json!({"https://a.example/tier": "gold"})),
    ] {
        let granted = behind(RequireAuthority::all([needed]), map(), claims.clone()).await;
        assert_eq!(granted.status, 200, "{needed}");
        let nothing = behind(RequireAuthority::all([needed]), map(), json!({})).await;
        assert_eq!(nothing.status, 403, "{needed}");
        let unmapped = RequireAuthority::all([needed]);
        assert_eq!(
            behind(unmapped, AuthorityMap::new(), claims).await.status,
            403
        );
    }
}

#[tokio::test]
async fn sources_are_kept_apart_by_their_prefixes() {
    let claims = || json!({"scope": "admin", "resource_access": {"other": {"roles": ["editor"]}}});
    for other in [
        "role:admin",
        "admin",
        "group:admin",
        "orders:editor",
        "scope:Admin",
    ] {
        let seen = behind(RequireAuthority::any([other]), map(), claims()).await;
        assert_eq!(seen.status, 403, "{other}");
    }
}

#[tokio::test]
async fn another_shape_grants_nothing() {
    for groups in [
        json!(null),
        json!(1),
        json!({"sales": true}),
        json!([["sales"]]),
        json!(""),
    ] {
        let claims = json!({"department": {"groups": groups}});
        let seen = behind(
            RequireAuthority::any(["group:sales", "group:"]),
            map(),
            claims,
        )
        .await;
        assert_eq!(seen.status, 403);
    }
}

#[tokio::test]
async fn all_are_all_and_any_is_one() {
    let claims = || json!({"scope": "a b"});
    let status =
        |guard: RequireAuthority| async move { behind(guard, map(), claims()).await.status };
    assert_eq!(
        status(RequireAuthority::all(["scope:a", "scope:b"])).await,
        200
    );
    assert_eq!(
        status(RequireAuthority::all(["scope:a", "scope:c"])).await,
        403
    );
    assert_eq!(
        status(RequireAuthority::any(["scope:c", "scope:b"])).await,
        200
    );
    assert_eq!(status(RequireAuthority::any(["scope:c"])).await, 403);
    assert_eq!(status(RequireAuthority::any([""; 0])).await, 403);
    assert_eq!(status(RequireAuthority::all([""; 0])).await, 403);
}

#[test]
fn a_place_that_is_no_pointer_is_refused_when_it_is_configured() {
    for bad in ["", "groups", "/a~", "/a~2"] {
        assert!(AuthorityMap::new().claim(bad, "").is_err(), "{bad}");
    }
}

scope!(OrdersRead = "orders:read");
scope!(
    /// May change orders.
    pub OrdersWrite = "orders:write"
);
scope!(OrdersAdmin = "orders:admin");

/// What a token with these scopes meets.
async fn with_scopes(requirement: RequireScope, scopes: &str) -> Seen {
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(Scripted::new(
            json!({"scope": scopes}),
        )))
        .layer(RequireLayer::new(requirement))
        .service_fn(greet);
    send(service, request(Some("good"))).await
}

#[tokio::test]
async fn scopes_are_types() {
    type Change = (OrdersRead, OrdersWrite);
    type Either = AnyOf<(Change, OrdersAdmin)>;
    for (scopes, one, all, either) in [
        ("orders:read", 200, 403, 403),
        ("orders:read orders:write", 200, 200, 200),
        ("orders:admin", 403, 403, 200),
        ("orders:reader", 403, 403, 403),
        ("", 403, 403, 403),
    ] {
        let guards = [
            (RequireScope::of::<OrdersRead>(), one),
            (RequireScope::of::<Change>(), all),
            (RequireScope::of::<Either>(), either),
        ];
        for (guard, status) in guards {
            assert_eq!(with_scopes(guard, scopes).await.status, status, "{scopes}");
        }
    }
    let refused = with_scopes(RequireScope::of::<Either>(), "").await;
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(challenge.contains(r#"scope="orders:read orders:write orders:admin""#));
}

#[tokio::test]
async fn one_scope_of_several_may_do() {
    let guard = || RequireScope::any(["a", "b"]).unwrap();
    assert_eq!(with_scopes(guard(), "b c").await.status, 200);
    assert_eq!(with_scopes(guard(), "c").await.status, 403);
    assert!(RequireScope::any([""; 0]).is_err());
}

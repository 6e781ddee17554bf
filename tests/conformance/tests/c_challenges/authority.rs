//! Good tokens that do not suffice.

use axum::{Router, body::Body, routing::get};
use http::{Request, StatusCode};
use portcullis::{
    AuthenticateLayer, ConfigError, Reason, Rejection, RequireLayer, RequireRole, RequireScope,
    Requirement, Scope, TokenFacts,
};
use portcullis_conformance::{ListeningVerifier, Reply, get as get_with, send};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::support::{alice, challenge_line, claims, granting};

async fn scoped(granted: &Value, needed: &[&str]) -> Reply {
    let router = Router::new()
        .route("/", get(|| async {}))
        .route_layer(RequireScope::all(needed).unwrap())
        .layer(granting(granted));
    get_with(&router, "a-token").await
}

#[tokio::test]
async fn c4_a_missing_scope_is_403_and_names_the_scopes_of_the_route() {
    for granted in [
        json!({"sub": "alice", "scope": "read"}),
        json!({"sub": "alice", "scope": "read write"}),
        json!({"sub": "alice", "scope": "read admin"}),
        json!({"sub": "alice", "scope": "write-admin"}),
        json!({"sub": "alice", "scope": "write Admin"}),
        json!({"sub": "alice", "scope": ["write", "admin"]}),
        json!({"sub": "alice", "scope": ""}),
        alice(),
    ] {
        let reply = scoped(&granted, &["write", "admin"]).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{granted}");
        assert_eq!(
            challenge_line(&reply),
            "Bearer realm=\"api\", error=\"insufficient_scope\", \
             error_description=\"The access token lacks a scope\", scope=\"write admin\"",
            "{granted}"
        );
    }
    for granted in ["write admin", "admin write", "read  admin write "] {
        let granted = json!({"sub": "alice", "scope": granted});
        let reply = scoped(&granted, &["write", "admin"]).await;
        assert_eq!(reply.status, StatusCode::OK, "{granted}");
    }
}

/// A requirement of the application's own.
struct Never;

impl Requirement for Never {
    fn judge(&self, _: &TokenFacts, _: portcullis::Timestamp) -> Result<(), Rejection> {
        Err(Reason::RequirementNotMet.into())
    }
}

#[derive(Clone, Deserialize, Serialize)]
struct Staff {
    staff_number: u32,
}

#[tokio::test]
async fn c5_a_missing_role_is_403_without_a_scope() {
    let handler = || get(|| async {});
    let router = Router::new()
        .route("/realm", handler().layer(RequireRole::realm("admin")))
        .route(
            "/client",
            handler().layer(RequireRole::client("shop", "admin")),
        )
        .route("/own", handler().layer(RequireLayer::new(Never)))
        .route("/claims", get(claims::<Staff>))
        .layer(granting(&json!({"sub": "alice", "scope": "admin"})));
    for path in ["/realm", "/client", "/own", "/claims"] {
        let reply = get_at(&router, path).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(
            challenge_line(&reply),
            "Bearer realm=\"api\", error=\"insufficient_scope\", \
             error_description=\"The access token does not grant this\"",
            "{path}"
        );
    }
}

#[tokio::test]
async fn c5_with_the_role_the_request_passes() {
    let router = Router::new()
        .route(
            "/realm",
            get(|| async {}).layer(RequireRole::realm("admin")),
        )
        .route(
            "/client",
            get(|| async {}).layer(RequireRole::client("shop", "admin")),
        )
        .route("/claims", get(claims::<Staff>))
        .layer(granting(&json!({
            "sub": "alice",
            "staff_number": 7,
            "realm_access": {"roles": ["admin"]},
            "resource_access": {"shop": {"roles": ["admin"]}},
        })));
    for path in ["/realm", "/client", "/claims"] {
        let reply = get_at(&router, path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {reply:?}");
    }
}

async fn get_at(router: &Router, path: &str) -> Reply {
    let request = Request::get(path)
        .header("authorization", "Bearer a-token")
        .body(Body::empty())
        .unwrap();
    send(router, request).await
}

#[test]
fn c9_an_impossible_scope_name_fails_the_build() {
    for name in [
        "",
        " ",
        "read write",
        "a\"b",
        "a\\b",
        "a\tb",
        "a\r\nb",
        "a\0b",
        "a\x7fb",
        "schreibé",
    ] {
        let error = RequireScope::all([name]).err();
        let setting = error.as_ref().map(ConfigError::setting);
        assert_eq!(setting, Some("scope"), "{name:?}");
        assert!(RequireScope::all(["read", name]).is_err(), "{name:?}");
        assert!(Scope::of([name]).is_err(), "{name:?}");
    }
    assert!(
        RequireScope::all(Vec::<String>::new()).is_err(),
        "no scope at all"
    );
    for name in [
        "read",
        "urn:shop:orders",
        "https://shop.example/orders",
        "!#[]~'",
    ] {
        assert!(RequireScope::all([name]).is_ok(), "{name:?}");
    }
}

#[tokio::test]
async fn c1_an_anonymous_request_is_challenged_where_a_token_is_needed() {
    let verifier = ListeningVerifier::vouching(&alice());
    let router = Router::new()
        .route("/open", get(|| async {}))
        .route("/claims", get(claims::<Value>))
        .route(
            "/guard",
            get(|| async {}).layer(RequireRole::realm("admin")),
        )
        .layer(AuthenticateLayer::optional(verifier));
    for (path, status) in [("/open", 200), ("/claims", 401), ("/guard", 401)] {
        let request = Request::get(path).body(Body::empty());
        let reply = send(&router, request.unwrap()).await;
        assert_eq!(reply.status, status, "{path}");
        if status == 401 {
            assert_eq!(challenge_line(&reply), "Bearer realm=\"api\"", "{path}");
        }
    }
}

//! What a route requires of a token beyond being good.

use std::convert::Infallible;

use http::{Request, Response};
use portcullis::{
    AuthenticateLayer, Reason, Rejection, RequireActiveLayer, RequireLayer, RequireRole,
    RequireScope, Requirement, TokenFacts, VerifiedToken,
};
use serde_json::{Value, json};
use tower::{Layer, ServiceBuilder, service_fn};

use crate::support::{Body, Scripted, Seen, greet, request, send, with_role};

/// What a good token with these claims meets behind a requirement.
async fn behind(requirement: impl Requirement, claims: Value) -> Seen {
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(Scripted::new(claims)))
        .layer(RequireLayer::new(requirement))
        .service_fn(greet);
    send(service, request(Some("good"))).await
}

#[tokio::test]
async fn all_scopes_of_a_guard_are_needed() {
    let guard = || RequireScope::all(["read", "write"]).unwrap();
    for (scope, status) in [
        ("write read", 200),
        ("read", 403),
        ("read writer", 403),
        ("READ WRITE", 403),
        ("", 403),
    ] {
        let seen = behind(guard(), json!({ "scope": scope })).await;
        assert_eq!(seen.status, status, "{scope:?}");
    }
    assert_eq!(behind(guard(), json!({})).await.status, 403);
}

#[test]
fn a_scope_that_cannot_be_named_in_a_challenge_is_refused_when_the_guard_is_built() {
    for names in [vec![], vec![""], vec!["a b"], vec!["a\"b"], vec!["a\\b"]] {
        assert!(RequireScope::all(&names).is_err(), "{names:?}");
    }
}

#[tokio::test]
async fn a_realm_role_is_the_realms_own() {
    let guard = || RequireRole::realm("admin");
    assert_eq!(behind(guard(), with_role("admin")).await.status, 200);
    assert_eq!(behind(guard(), with_role("Admin")).await.status, 403);
    let of_a_client = json!({ "resource_access": { "shop": { "roles": ["admin"] } } });
    assert_eq!(behind(guard(), of_a_client).await.status, 403);
}

#[tokio::test]
async fn a_client_role_is_that_clients_own() {
    let guard = || RequireRole::client("shop", "editor");
    let of = |client: &str| json!({ "resource_access": { client: { "roles": ["editor"] } } });
    assert_eq!(behind(guard(), of("shop")).await.status, 200);
    assert_eq!(behind(guard(), of("blog")).await.status, 403);
    assert_eq!(behind(guard(), with_role("editor")).await.status, 403);
}

#[tokio::test]
async fn a_missing_role_is_403_without_a_scope_to_ask_for() {
    let seen = behind(RequireRole::realm("admin"), json!({})).await;
    assert_eq!(
        seen.header("www-authenticate"),
        Some(
            r#"Bearer realm="api", error="insufficient_scope", error_description="The access token does not grant this""#
        )
    );
}

/// A requirement of the application's own.
struct OfTenant(&'static str);

impl Requirement for OfTenant {
    fn judge(&self, facts: &TokenFacts, _: portcullis::Timestamp) -> Result<(), Rejection> {
        let claims = facts.claims::<Value>().unwrap_or_default();
        if claims["tenant"] == self.0 {
            return Ok(());
        }
        Err(Rejection::because(
            Reason::RequirementNotMet,
            "another tenant",
        ))
    }
}

#[tokio::test]
async fn a_requirement_may_be_the_applications_own() {
    assert_eq!(
        behind(OfTenant("a"), json!({ "tenant": "a" })).await.status,
        200
    );
    let seen = behind(OfTenant("a"), json!({ "tenant": "b" })).await;
    assert_eq!(seen.status, 403);
    assert!(
        seen.header("www-authenticate")
            .unwrap()
            .contains("insufficient_scope")
    );
}

#[tokio::test]
async fn a_handler_may_require_too_and_the_layer_renders_its_refusal() {
    let handler = |request: Request<Body>| async move {
        let token = VerifiedToken::of(request.extensions()).cloned();
        let met = token.and_then(|token| token.require(RequireRole::realm("admin")));
        let mut response = Response::new(Body::from("done"));
        if let Err(rejection) = met {
            *response.status_mut() = rejection.status();
            response.extensions_mut().insert(rejection);
        }
        Ok::<_, Infallible>(response)
    };
    for (claims, status) in [(with_role("admin"), 200), (json!({}), 403)] {
        let layer = AuthenticateLayer::new(Scripted::new(claims));
        let seen = send(layer.layer(service_fn(handler)), request(Some("good"))).await;
        assert_eq!(seen.status, status);
        assert_eq!(seen.header("www-authenticate").is_some(), status == 403);
        assert_eq!(seen.body == "done", status == 200);
    }
}

#[tokio::test]
async fn an_anonymous_request_stops_at_a_guard_with_401() {
    let guards = ServiceBuilder::new().layer(RequireRole::realm("admin"));
    let service =
        AuthenticateLayer::optional(Scripted::plain()).layer(guards.service(service_fn(greet)));
    let seen = send(service, request(None)).await;
    assert_eq!(seen.status, 401);
    assert_eq!(
        seen.header("www-authenticate"),
        Some(r#"Bearer realm="api""#)
    );

    let service = AuthenticateLayer::optional(Scripted::plain())
        .layer(RequireActiveLayer::live().layer(service_fn(greet)));
    assert_eq!(send(service, request(None)).await.status, 401);
}

#[tokio::test]
async fn a_guard_without_the_layer_is_500_and_never_401() {
    let guarded = RequireRole::realm("admin").layer(service_fn(greet));
    assert_eq!(send(guarded, request(Some("good"))).await.status, 500);
    let guarded = RequireActiveLayer::live().layer(service_fn(greet));
    assert_eq!(send(guarded, request(Some("good"))).await.status, 500);
}

//! The resource server that these tests ask about.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
    routing::get,
};
use portcullis::{
    AuthenticateLayer, CanAsk, Issuer, Realm, RequirePermission, RequirePermissionLayer,
    TokenVerifier,
};
use portcullis_keycloak_suite::{Client, User};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::environment::Environment;

pub(super) const SECRET: &str = "invoices-secret";

/// A resource server for invoices, which customers may view and nobody may void.
pub(super) struct Invoices {
    pub(super) issuer: Issuer<CanAsk>,
    /// An ordinary access token of one.
    pub(super) customer: String,
    /// Whose it is.
    pub(super) user: User,
    /// One of somebody else.
    pub(super) stranger: String,
}

pub(super) fn view() -> RequirePermission {
    RequirePermission::of("invoice", ["view"])
}

pub(super) fn void() -> RequirePermission {
    RequirePermission::of("invoice", ["void"])
}

pub(super) fn wanting(verifier: impl TokenVerifier, permission: RequirePermission) -> Router {
    Router::new()
        .route("/", get(|| async {}))
        .layer(permission)
        .layer(AuthenticateLayer::new(verifier))
}

pub(super) fn guarded(verifier: impl TokenVerifier, guard: RequirePermissionLayer) -> Router {
    Router::new()
        .route("/", get(|| async {}))
        .layer(guard)
        .layer(AuthenticateLayer::new(verifier))
}

/// The status and the challenge.
pub(super) async fn send(router: &Router, token: Option<&str>) -> (StatusCode, String) {
    let mut request = Request::get("/");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let request = request.body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let challenge = response.headers().get(header::WWW_AUTHENTICATE);
    let challenge = challenge.map(|value| value.to_str().unwrap().to_owned());
    (response.status(), challenge.unwrap_or_default())
}

pub(super) async fn invoices(env: &Environment, id: &str) -> Invoices {
    invoices_with(env, id, json!([])).await
}

/// The same with mappers for its requesting party tokens.
pub(super) async fn invoices_with(env: &Environment, id: &str, mappers: Value) -> Invoices {
    let policy = |name: &str, kind: &str, config: Value| {
        json!({
            "name": name,
            "type": kind,
            "logic": "POSITIVE",
            "decisionStrategy": "UNANIMOUS",
            "config": config,
        })
    };
    let roles = |role: &str| json!([{ "id": role, "required": true }]).to_string();
    let scopes = json!([{ "name": "view" }, { "name": "void" }]);
    let client = json!({
        "secret": SECRET,
        "protocolMappers": mappers,
        "serviceAccountsEnabled": true,
        "authorizationServicesEnabled": true,
        "authorizationSettings": {
            "policyEnforcementMode": "ENFORCING",
            "decisionStrategy": "UNANIMOUS",
            "scopes": scopes,
            "resources": [{ "name": "invoice", "scopes": scopes }],
            "policies": [
                policy("customers", "role", json!({ "roles": roles("customer") })),
                policy("admins", "role", json!({ "roles": roles("admin") })),
                policy("customers view invoices", "scope", json!({
                    "resources": r#"["invoice"]"#,
                    "scopes": r#"["view"]"#,
                    "applyPolicies": r#"["customers"]"#,
                })),
                policy("admins void invoices", "scope", json!({
                    "resources": r#"["invoice"]"#,
                    "scopes": r#"["void"]"#,
                    "applyPolicies": r#"["admins"]"#,
                })),
            ],
        },
    });
    let stranger = env.resource_server(id, client).await.access;
    let user = env.user(&format!("customer-of-{id}"), &["customer"]).await;
    let front_end = format!("web-of-{id}");
    let customer = env.shop.log_in(Client::public(&front_end), &user).await;
    let issuer = Realm::new(env.shop.issuer())
        .unwrap()
        .audience(id)
        .client_secret(id, SECRET)
        .requesting_party_tokens()
        .build()
        .unwrap();
    Invoices {
        issuer,
        customer: customer.unwrap().access,
        user,
        stranger,
    }
}

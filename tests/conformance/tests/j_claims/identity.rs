use axum::{Router, routing::get};
use http::StatusCode;
use portcullis::{AccessTokenProfile, AuthenticateLayer, RequireScope};
use portcullis_conformance::{LocalWorld, World, get as get_with};
use serde_json::{Value, json};

use super::spelled;

#[tokio::test]
async fn j10_sub_is_required_by_rfc_9068() {
    let local = LocalWorld::with(|realm| realm.profile(AccessTokenProfile::Rfc9068)).await;
    let token = local.server().token().header("typ", "at+jwt");
    let token = token.claim("client_id", "shop");
    local.accepts(&token.clone().jwt(), "with `sub`").await;
    local
        .refuses_unasked(&token.without_claim("sub").jwt(), "without `sub`")
        .await;
}

/// The waiver: Keycloak's lightweight tokens have none, so its profile does not ask for it.
#[tokio::test]
async fn j10_keycloaks_profile_waives_sub() {
    let local = LocalWorld::start().await;
    let without = local.server().token().without_claim("sub").jwt();
    local.accepts(&without, "without `sub`").await;
}

#[tokio::test]
async fn j10_a_sub_is_a_string_that_says_something() {
    for profile in [AccessTokenProfile::Rfc9068, AccessTokenProfile::Keycloak] {
        let local = LocalWorld::with(|realm| realm.profile(profile)).await;
        let token = local.server().token().header("typ", "at+jwt");
        let token = token.claim("client_id", "shop");
        local
            .accepts(&token.clone().claim("sub", "alice").jwt(), "a name")
            .await;
        for sub in [
            json!(""),
            json!(1),
            json!(["alice"]),
            json!({}),
            json!(true),
            Value::Null,
        ] {
            let wrong = token.clone().claim("sub", sub.clone()).jwt();
            local
                .refuses_unasked(&wrong, &format!("{profile:?} {sub}"))
                .await;
        }
    }
}

#[tokio::test]
async fn j11_names_of_token_and_client_have_their_type() {
    let local = LocalWorld::start().await;
    for claim in ["jti", "azp", "client_id"] {
        let token = |value: &str| spelled(&local, "", &format!(r#""{claim}":{value}"#));
        local.accepts(&token(r#""a name""#), claim).await;
        for value in ["1", "[]", r#"["a name"]"#, "{}", "null", "true", "1.5"] {
            local
                .refuses_unasked(&token(value), &format!("{claim}: {value}"))
                .await;
        }
    }
}

#[tokio::test]
async fn j13_scope_is_a_string() {
    let world = World::start().await;
    let issuer = world.realm().build().unwrap();
    let router = Router::new()
        .route("/", get(|| async {}))
        .route_layer(RequireScope::all(["orders:read"]).unwrap())
        .layer(AuthenticateLayer::new(issuer.jwt()));
    for (name, value, is_granted) in [
        ("scope", json!("orders:read"), true),
        ("scope", json!("profile orders:read email"), true),
        ("scope", json!(" orders:read  "), true),
        ("scope", json!(["orders:read"]), false),
        ("scope", json!(["orders:read", "orders:write"]), false),
        ("scope", json!({"orders:read": true}), false),
        ("scope", json!(1), false),
        ("scope", Value::Null, false),
        ("scope", json!(""), false),
        ("scope", json!("Orders:read"), false),
        ("scope", json!("orders:readall"), false),
        ("scope", json!("orders:read,email"), false),
        ("scp", json!("orders:read"), false),
        ("scp", json!(["orders:read"]), false),
        ("scopes", json!("orders:read"), false),
    ] {
        let token = world.server.token().without_claim("scope");
        let reply = get_with(&router, &token.claim(name, value.clone()).jwt()).await;
        let case = format!("{name}: {value}: {reply:?}");
        if is_granted {
            assert_eq!(reply.status, StatusCode::OK, "{case}");
        } else {
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{case}");
            assert_eq!(
                reply.error().as_deref(),
                Some("insufficient_scope"),
                "{case}"
            );
        }
    }
}

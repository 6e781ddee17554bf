//! Introspection by those who bear an access token, RFC 7662 section 2.1.

use portcullis_testing::{AuthorizationServer, Client, Endpoint};
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{get_json, http};

async fn introspect(
    server: &AuthorizationServer,
    bearer: &str,
    fields: &[(&str, &str)],
) -> Response {
    let request = http()
        .post(server.url(Endpoint::Introspection))
        .bearer_auth(bearer);
    request.form(fields).send().await.unwrap()
}

async fn grant(server: &AuthorizationServer, scope: &str) -> String {
    let request = http()
        .post(server.url(Endpoint::Token))
        .basic_auth("orders-api", Some("orders-secret"))
        .form(&[("grant_type", "client_credentials"), ("scope", scope)]);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_access_token_introspects_where_it_is_allowed() {
    let server = AuthorizationServer::start().await.unwrap();
    let token = server.token().jwt();
    let fields = [("token", token.as_str())];
    let caller = grant(&server, "profile introspection").await;
    let off = introspect(&server, &caller, &fields).await;
    assert_eq!(off.status(), 401);
    assert_eq!(
        off.json::<Value>().await.unwrap()["error"],
        "invalid_client"
    );

    server.set_bearer_introspection(Some("introspection"));
    let answer = introspect(&server, &caller, &fields).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json::<Value>().await.unwrap()["active"], true);

    let other_scope = grant(&server, "profile").await;
    let refused = introspect(&server, &other_scope, &fields).await;
    assert_eq!(refused.status(), 403);
    assert_eq!(
        refused.headers()["www-authenticate"],
        "Bearer realm=\"test\", error=\"insufficient_scope\", scope=\"introspection\""
    );
    let strangers = server.token().scope("introspection").client("nobody").jwt();
    for bad in ["garbage", &strangers] {
        let refused = introspect(&server, bad, &fields).await;
        assert_eq!(refused.status(), 401);
        assert_eq!(
            refused.headers()["www-authenticate"],
            "Bearer realm=\"test\", error=\"invalid_token\""
        );
    }
    server.revoke(&caller);
    assert_eq!(introspect(&server, &caller, &fields).await.status(), 401);
}

#[tokio::test]
async fn a_bearer_shows_nothing_else() {
    let server = AuthorizationServer::start().await.unwrap();
    server.set_bearer_introspection(Some("introspection"));
    let caller = grant(&server, "introspection").await;
    let fields = [
        ("token", "x"),
        ("client_id", "orders-api"),
        ("client_secret", "orders-secret"),
    ];
    assert_eq!(introspect(&server, &caller, &fields).await.status(), 400);
    // At the other endpoints it is no client authentication.
    let request = http().post(server.url(Endpoint::Revocation));
    let request = request.bearer_auth(&caller).form(&[("token", "x")]);
    assert_eq!(request.send().await.unwrap().status(), 401);
    let basic = http()
        .post(server.url(Endpoint::Introspection))
        .basic_auth("orders-api", Some("orders-secret"))
        .form(&[("token", "x")]);
    assert_eq!(basic.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_audience_rule_holds_for_the_client_of_the_bearer() {
    let server = AuthorizationServer::builder()
        .client("orders-api", "orders-secret")
        .add_client(Client::new("billing-api", "billing-secret"))
        .keycloak_style()
        .start()
        .await
        .unwrap();
    server.set_bearer_introspection(Some("introspection"));
    let token = server.token().audience("orders-api").jwt();
    for (client, active) in [("orders-api", true), ("billing-api", false)] {
        let caller = server
            .token()
            .client(client)
            .scope("introspection")
            .opaque();
        let answer = introspect(&server, &caller, &[("token", &token)]).await;
        assert_eq!(answer.json::<Value>().await.unwrap()["active"], active);
    }
}

#[tokio::test]
async fn discovery_names_bearer_where_it_authenticates() {
    let server = AuthorizationServer::start().await.unwrap();
    let methods = async || {
        let document = get_json(server.url(Endpoint::Discovery)).await;
        document["introspection_endpoint_auth_methods_supported"].clone()
    };
    let without = json!([
        "client_secret_basic",
        "client_secret_post",
        "client_secret_jwt",
        "private_key_jwt"
    ]);
    assert_eq!(methods().await, without);
    server.set_bearer_introspection(Some("introspection"));
    assert_eq!(
        methods().await.as_array().unwrap().last(),
        Some(&json!("Bearer"))
    );
    server.set_bearer_introspection(None);
    assert_eq!(methods().await, without);
}

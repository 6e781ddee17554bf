//! Lightweight tokens: no `sub`, no roles, and `aud` only if the mapper says so.

use portcullis_keycloak_suite::Client;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::environment::{assert_invalid_token, assert_status, orders, payments, run};

const LIGHTWEIGHT: Client<'static> = Client::public("shop-web-lightweight");

#[test]
fn a_lightweight_token_with_an_audience_is_good_locally_and_tells_nothing_of_the_user() {
    run(async |env| {
        let user = env.user("lightweight-local", &["admin"]).await;
        let tokens = env.shop.log_in(LIGHTWEIGHT, &user).await.unwrap();
        let example = env.example().await;
        assert_status(&orders(example, &tokens.access).await, StatusCode::OK);

        let me = example.get("/me", &tokens.access).await.unwrap();
        assert_status(&me, StatusCode::OK);
        let me = me.json();
        assert_eq!(me["sub"], Value::Null);
        assert_eq!(me["azp"], LIGHTWEIGHT.id);
        assert_eq!(me["realm_roles"], json!([]));
    });
}

#[test]
fn introspection_completes_a_lightweight_token_where_keycloak_is_asked() {
    run(async |env| {
        let user = env.user("lightweight-live", &["admin"]).await;
        let tokens = env.shop.log_in(LIGHTWEIGHT, &user).await.unwrap();
        let example = env.example().await;
        let paid = payments(example, &tokens.access).await;
        assert_status(&paid, StatusCode::OK);
        assert!(
            paid.body.contains(&user.id),
            "the handler should know the user: {paid:#?}"
        );
    });
}

#[test]
fn the_role_of_a_lightweight_token_is_known_only_where_keycloak_is_asked() {
    run(async |env| {
        let user = env.user("lightweight-admin", &["admin"]).await;
        let tokens = env.shop.log_in(LIGHTWEIGHT, &user).await.unwrap();
        let example = env.example().await;
        let local = example.get("/admin", &tokens.access).await.unwrap();
        assert_status(&local, StatusCode::FORBIDDEN);
    });
}

#[test]
fn a_lightweight_token_without_an_audience_is_refused_before_keycloak_is_asked() {
    run(async |env| {
        let user = env.user("lightweight-bare", &[]).await;
        let client = Client::public("shop-web-lightweight-bare");
        let tokens = env.shop.log_in(client, &user).await.unwrap();
        let example = env.example().await;
        assert_invalid_token(&orders(example, &tokens.access).await);
        assert_invalid_token(&payments(example, &tokens.access).await);
    });
}

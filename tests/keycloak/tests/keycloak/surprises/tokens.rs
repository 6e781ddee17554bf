//! What stands in tokens and in answers about them.

use portcullis_keycloak_suite::{Client, payload_of, until};
use serde_json::{Value, json};

use crate::environment::{ORDERS_API, SHOP_WEB, SOON, run};

#[test]
fn a_role_of_a_client_alone_puts_that_client_into_the_audience() {
    run(async |env| {
        let front_end = Client::public("shop-web-no-audience");
        let user = env.user("surprise-resolve", &[]).await;
        let without = env.shop.log_in(front_end, &user).await.unwrap();
        assert_eq!(payload_of(&without.access)["aud"], "account");

        env.admin
            .grant_client_role(&user, "orders-api", "auditor")
            .await
            .unwrap();
        let with = env.shop.log_in(front_end, &user).await.unwrap();
        let audience = payload_of(&with.access)["aud"].clone();
        assert!(
            audience.as_array().unwrap().contains(&json!("orders-api")),
            "{audience}"
        );
    });
}

#[test]
fn a_lightweight_token_has_neither_subject_nor_roles_and_introspection_adds_them() {
    run(async |env| {
        let user = env.user("surprise-lightweight", &["admin"]).await;
        let tokens = env
            .shop
            .log_in(Client::public("shop-web-lightweight"), &user)
            .await
            .unwrap();
        let claims = payload_of(&tokens.access);
        assert_eq!(claims["sub"], Value::Null);
        assert_eq!(claims["realm_access"], Value::Null);
        assert!(claims["sid"].is_string(), "{claims}");
        assert!(
            claims["aud"]
                .as_array()
                .unwrap()
                .contains(&json!("orders-api")),
            "{claims}"
        );

        let answer = env
            .shop
            .introspect(ORDERS_API, &tokens.access)
            .await
            .unwrap();
        assert_eq!(answer["sub"], user.id);
        assert!(
            answer["realm_access"]["roles"]
                .as_array()
                .unwrap()
                .contains(&json!("admin"))
        );
    });
}

#[test]
fn a_user_who_is_enabled_again_has_an_active_token_again() {
    run(async |env| {
        let (user, tokens) = env.logged_in("surprise-enabled", &[]).await;
        env.admin.set_user_enabled(&user, false).await.unwrap();
        assert_eq!(
            env.shop
                .introspect(ORDERS_API, &tokens.access)
                .await
                .unwrap()["active"],
            false
        );
        env.admin.set_user_enabled(&user, true).await.unwrap();
        assert_eq!(
            env.shop
                .introspect(ORDERS_API, &tokens.access)
                .await
                .unwrap()["active"],
            true
        );
    });
}

#[test]
fn realm_access_is_absent_once_the_last_role_is_gone() {
    run(async |env| {
        let user = env.user("surprise-last-role", &["admin"]).await;
        env.admin
            .remove_realm_role(&user, "default-roles-shop")
            .await
            .unwrap();
        let tokens = env.shop.log_in(SHOP_WEB, &user).await.unwrap();
        assert_eq!(
            payload_of(&tokens.access)["realm_access"]["roles"],
            json!(["admin"])
        );
        env.admin.remove_realm_role(&user, "admin").await.unwrap();
        let answer = env
            .shop
            .introspect(ORDERS_API, &tokens.access)
            .await
            .unwrap();
        assert_eq!(answer["active"], true);
        assert_eq!(answer.get("realm_access"), None, "{answer}");
    });
}

#[test]
fn a_revoked_access_token_leaves_its_session_and_its_successors_alive() {
    run(async |env| {
        let (user, tokens) = env.logged_in("surprise-revoked", &[]).await;
        env.shop.revoke(SHOP_WEB, &tokens.access).await.unwrap();
        assert_eq!(
            env.shop
                .introspect(ORDERS_API, &tokens.access)
                .await
                .unwrap()["active"],
            false
        );
        assert_eq!(env.admin.sessions(&user).await.unwrap().len(), 1);
        let next = env
            .shop
            .refresh(SHOP_WEB, &tokens.refresh.unwrap())
            .await
            .unwrap();
        assert_eq!(
            env.shop.introspect(ORDERS_API, &next.access).await.unwrap()["active"],
            true
        );
    });
}

#[test]
fn a_wrong_secret_is_401_without_a_word_about_the_token() {
    run(async |env| {
        let (_, tokens) = env.logged_in("surprise-wrong-secret", &[]).await;
        let wrong = Client::confidential("orders-api", "wrong");
        let unknown = Client::confidential("nobody", "wrong");
        for client in [wrong, unknown] {
            let refused = env
                .shop
                .introspect(client, &tokens.access)
                .await
                .unwrap_err()
                .to_string();
            assert!(refused.contains("401"), "{refused}");
            assert!(!refused.contains("active"), "{refused}");
        }
    });
}

#[test]
fn a_public_client_may_not_introspect() {
    run(async |env| {
        let (_, tokens) = env.logged_in("surprise-public", &[]).await;
        let refused = env
            .shop
            .introspect(SHOP_WEB, &tokens.access)
            .await
            .unwrap_err()
            .to_string();
        assert!(refused.contains("Client not allowed"), "{refused}");
    });
}

#[test]
fn a_realm_that_is_switched_off_still_publishes_its_keys() {
    run(async |env| {
        let (realm, admin) = env.own_realm("shop-off").await;
        let tokens = realm.log_in_as(SHOP_WEB, "bob", "bob").await.unwrap();
        admin.set_realm_enabled(false).await.unwrap();

        let refused = realm
            .introspect(ORDERS_API, &tokens.access)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("403") && refused.contains("Realm not enabled"),
            "{refused}"
        );
        assert!(
            !realm.keys().await.unwrap()["keys"]
                .as_array()
                .unwrap()
                .is_empty()
        );
        admin.delete_realm().await.unwrap();
    });
}

#[test]
fn the_first_token_of_an_algorithm_makes_its_key() {
    run(async |env| {
        let (realm, admin) = env.own_realm("shop-fresh").await;
        let before = realm.keys().await.unwrap();
        assert_eq!(before["keys"].as_array().unwrap().len(), 2, "{before}");
        let client = Client::public("shop-web-es256");
        let tokens = realm.log_in_as(client, "bob", "bob").await.unwrap();
        assert_eq!(
            realm.introspect(ORDERS_API, &tokens.access).await.unwrap()["active"],
            true
        );
        until("a key for ES256", SOON, async || {
            let keys = realm.keys().await?;
            let algorithms: Vec<_> = keys["keys"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| key["alg"].clone())
                .collect();
            Ok(algorithms.contains(&json!("ES256")).then_some(()))
        })
        .await
        .unwrap();
        admin.delete_realm().await.unwrap();
    });
}

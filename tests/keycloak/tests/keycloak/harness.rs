//! The harness itself, with Keycloak alone.

use portcullis_keycloak_suite::{Client, header_of, payload_of};
use serde_json::{Value, json};

use crate::environment::{
    ORDERS_API, ORDERS_API_ODD, SHOP_WEB, STOCK_API, WAREHOUSE, run, run_alone,
};

#[test]
fn each_front_end_gets_the_kind_of_token_it_is_named_after() {
    run(async |env| {
        let kinds = [
            ("shop-web", "RS256", "JWT"),
            ("shop-web-ps256", "PS256", "JWT"),
            ("shop-web-es256", "ES256", "JWT"),
            ("shop-web-eddsa", "EdDSA", "JWT"),
            ("shop-web-at-jwt", "RS256", "at+jwt"),
            ("shop-web-lightweight", "RS256", "JWT"),
        ];
        for (client, algorithm, typ) in kinds {
            let tokens = env
                .shop
                .log_in_as(Client::public(client), "alice", "alice")
                .await
                .unwrap();
            let header = header_of(&tokens.access);
            assert_eq!(header["alg"], algorithm, "{client}");
            assert_eq!(header["typ"], typ, "{client}");
            let answer = env
                .shop
                .introspect(ORDERS_API, &tokens.access)
                .await
                .unwrap();
            assert_eq!(answer["active"], true, "{client}");
            assert_eq!(answer["azp"], client);
        }
    });
}

#[test]
fn both_secrets_introspect() {
    run(async |env| {
        let (_, tokens) = env.logged_in("harness-secrets", &[]).await;
        for client in [ORDERS_API, ORDERS_API_ODD] {
            let answer = env.shop.introspect(client, &tokens.access).await.unwrap();
            assert_eq!(answer["active"], true, "{}", client.id);
        }
        let wrong = Client::confidential("orders-api", "wrong");
        let refused = env
            .shop
            .introspect(wrong, &tokens.access)
            .await
            .unwrap_err();
        assert!(refused.to_string().contains("401"), "{refused}");
    });
}

#[test]
fn a_service_gets_a_token_of_its_own() {
    run(async |env| {
        let tokens = env.shop.client_credentials(WAREHOUSE).await.unwrap();
        let claims = payload_of(&tokens.access);
        assert_eq!(claims["azp"], "warehouse");
        assert_eq!(claims["sid"], Value::Null);
        assert_eq!(tokens.refresh, None);
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
fn roles_and_client_roles_are_in_the_token() {
    run(async |env| {
        let (user, _) = env.logged_in("harness-roles", &["admin"]).await;
        env.admin
            .grant_client_role(&user, "orders-api", "auditor")
            .await
            .unwrap();
        let tokens = env.shop.log_in(SHOP_WEB, &user).await.unwrap();
        let claims = payload_of(&tokens.access);
        let roles = claims["realm_access"]["roles"].as_array().unwrap();
        assert!(roles.contains(&json!("admin")), "{claims}");
        assert_eq!(
            claims["resource_access"]["orders-api"]["roles"],
            json!(["auditor"])
        );
        assert_eq!(claims["sub"], user.id);
    });
}

#[test]
fn realm_keys_and_sessions_outlast_a_restart_of_keycloak() {
    run_alone(async |env| {
        let (user, tokens) = env.logged_in("harness-restart", &[]).await;
        let (_, revoked) = env.logged_in("harness-restart-revoked", &[]).await;
        env.shop.revoke(SHOP_WEB, &revoked.access).await.unwrap();
        let keys = env.shop.keys().await.unwrap();

        let mut server = env.server.lock().await;
        server.stop().await.unwrap();
        assert!(env.shop.keys().await.is_err());
        server.start_again().await.unwrap();

        assert_eq!(kids(&env.shop.keys().await.unwrap()), kids(&keys));
        assert_eq!(
            env.shop
                .introspect(ORDERS_API, &tokens.access)
                .await
                .unwrap()["active"],
            true
        );
        assert_eq!(
            env.shop
                .introspect(ORDERS_API, &revoked.access)
                .await
                .unwrap()["active"],
            false
        );
        assert_eq!(
            env.admin.sessions(&user).await.unwrap(),
            [payload_of(&tokens.access)["sid"].as_str().unwrap()]
        );
        env.shop
            .refresh(SHOP_WEB, &tokens.refresh.unwrap())
            .await
            .unwrap();
    });
}

#[test]
fn a_realm_can_be_imported_under_another_name_and_deleted() {
    run(async |env| {
        let (_, copy) = env.own_realm("shop-copy").await;
        copy.create_user("somebody", &["admin"]).await.unwrap();
        copy.set_client_attribute("shop-web", "access.token.lifespan", "60")
            .await
            .unwrap();
        copy.delete_realm().await.unwrap();
        assert!(copy.create_user("somebody", &[]).await.is_err());
    });
}

#[test]
fn a_client_outside_the_audience_is_told_inactive() {
    run(async |env| {
        let (_, tokens) = env.logged_in("harness-audience", &[]).await;
        let answer = env
            .shop
            .introspect(STOCK_API, &tokens.access)
            .await
            .unwrap();
        assert_eq!(answer, json!({ "active": false }));
    });
}

fn kids(keys: &Value) -> Vec<&str> {
    let mut kids: Vec<_> = keys["keys"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|key| key["kid"].as_str())
        .collect();
    kids.sort_unstable();
    kids
}

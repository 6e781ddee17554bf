//! Realm roles and client roles as guards, in the token and as Keycloak has them now.

use portcullis_keycloak_suite::{Answer, Client, Tokens};
use reqwest::StatusCode;

use crate::environment::{Environment, SHOP_WEB, SOON, assert_status, orders, run, until_status};

#[test]
fn the_realm_role_opens_the_admin_route() {
    run(async |env| {
        let (_, tokens) = env.logged_in("role-with", &["admin"]).await;
        assert_status(&admin(env, &tokens).await, StatusCode::OK);
        assert_status(&admin_live(env, &tokens).await, StatusCode::OK);
        let me = env
            .example()
            .await
            .get("/me", &tokens.access)
            .await
            .unwrap()
            .json();
        assert!(
            me["realm_roles"]
                .as_array()
                .unwrap()
                .contains(&"admin".into()),
            "{me}"
        );
    });
}

#[test]
fn without_the_realm_role_it_is_403_with_a_challenge_that_asks_for_no_scope() {
    run(async |env| {
        let (_, tokens) = env.logged_in("role-without", &[]).await;
        assert_missing_role(&admin(env, &tokens).await);
        assert_missing_role(&admin_live(env, &tokens).await);
    });
}

#[test]
fn a_client_role_of_the_same_name_is_not_the_realm_role() {
    run(async |env| {
        let user = env.user("role-confused", &[]).await;
        env.admin
            .create_client_role("stock-api", "admin")
            .await
            .unwrap();
        env.admin
            .grant_client_role(&user, "stock-api", "admin")
            .await
            .unwrap();
        let tokens = env.shop.log_in(SHOP_WEB, &user).await.unwrap();
        assert_missing_role(&admin(env, &tokens).await);
    });
}

#[test]
fn the_client_role_opens_the_audit_route_and_nothing_else_does() {
    run(async |env| {
        let user = env.user("role-auditor", &["admin"]).await;
        let without = env.shop.log_in(SHOP_WEB, &user).await.unwrap();
        env.admin
            .grant_client_role(&user, "orders-api", "auditor")
            .await
            .unwrap();
        let with = env.shop.log_in(SHOP_WEB, &user).await.unwrap();
        let example = env.example().await;
        assert_missing_role(&example.get("/audit", &without.access).await.unwrap());
        assert_status(
            &example.get("/audit", &with.access).await.unwrap(),
            StatusCode::OK,
        );
    });
}

#[test]
fn a_role_that_was_removed_counts_in_the_token_and_not_where_keycloak_is_asked() {
    run(async |env| {
        let (user, tokens) = env.logged_in("role-removed", &["admin", "customer"]).await;
        assert_status(&admin_live(env, &tokens).await, StatusCode::OK);
        env.admin.remove_realm_role(&user, "admin").await.unwrap();

        assert_status(&admin(env, &tokens).await, StatusCode::OK);
        assert_missing_role(&admin_live(env, &tokens).await);
        assert_status(&admin(env, &tokens).await, StatusCode::OK);

        env.admin.grant_realm_role(&user, "admin").await.unwrap();
        assert_status(&admin_live(env, &tokens).await, StatusCode::OK);
    });
}

#[test]
fn the_last_role_that_was_removed_is_gone_although_keycloak_says_nothing_of_roles() {
    run(async |env| {
        let user = env.user("role-last", &["admin"]).await;
        env.admin
            .remove_realm_role(&user, "default-roles-shop")
            .await
            .unwrap();
        let tokens = env.shop.log_in(SHOP_WEB, &user).await.unwrap();
        assert_status(&admin_live(env, &tokens).await, StatusCode::OK);
        env.admin.remove_realm_role(&user, "admin").await.unwrap();
        assert_missing_role(&admin_live(env, &tokens).await);
        assert_status(&admin(env, &tokens).await, StatusCode::OK);
    });
}

#[test]
fn a_removed_role_in_a_token_counts_until_the_token_ends() {
    run(async |env| {
        let user = env.user("role-brief", &["admin"]).await;
        let brief = Client::public("shop-web-brief");
        let tokens = env.shop.log_in(brief, &user).await.unwrap();
        env.admin.remove_realm_role(&user, "admin").await.unwrap();
        assert_status(&admin(env, &tokens).await, StatusCode::OK);

        // The token lives for 2 s, the example allows clocks to differ by 30 s.
        let example = env.example().await;
        let limit = SOON + std::time::Duration::from_secs(32);
        let get = reqwest::Method::GET;
        let ended = until_status(
            example,
            get,
            "/admin",
            &tokens.access,
            StatusCode::UNAUTHORIZED,
            limit,
        )
        .await;
        crate::environment::assert_invalid_token(&ended);
        assert_status(
            &orders(example, &tokens.access).await,
            StatusCode::UNAUTHORIZED,
        );
    });
}

async fn admin(env: &'static Environment, tokens: &Tokens) -> Answer {
    env.example()
        .await
        .get("/admin", &tokens.access)
        .await
        .unwrap()
}

async fn admin_live(env: &'static Environment, tokens: &Tokens) -> Answer {
    env.example()
        .await
        .post("/admin", &tokens.access)
        .await
        .unwrap()
}

#[track_caller]
fn assert_missing_role(answer: &Answer) {
    assert_status(answer, StatusCode::FORBIDDEN);
    let challenge = answer.challenge();
    assert!(challenge.starts_with("Bearer "), "{answer:#?}");
    assert!(
        challenge.contains(r#"error="insufficient_scope""#),
        "{answer:#?}"
    );
    assert!(
        !challenge.contains("scope=\"admin"),
        "no scope would help: {answer:#?}"
    );
    assert_eq!(answer.json()["error"], "insufficient_scope", "{answer:#?}");
    assert!(
        answer.json()["error_description"].is_string(),
        "{answer:#?}"
    );
}

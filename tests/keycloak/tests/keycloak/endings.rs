//! What ends a token before its time: the local route does not notice until somebody asked, the
//! live route notices at once.

use std::time::Duration;

use portcullis_keycloak_suite::{Tokens, User, payload_of};
use reqwest::{Method, StatusCode, header::CACHE_CONTROL};
use serde_json::json;

use crate::environment::{
    Environment, ORDERS_API, SHOP_WEB, assert_invalid_token, assert_status, orders, own_example,
    payments, run, until_status,
};

/// An inactive answer counts for 5 s.
const NEGATIVE: Duration = Duration::from_secs(8);

#[test]
fn a_user_who_logs_out_pays_no_more() {
    ended_by("ends-logout", async |env, _, tokens| {
        env.shop
            .log_out(SHOP_WEB, tokens.refresh.as_deref().unwrap())
            .await
            .unwrap();
    });
}

#[test]
fn a_session_that_an_administrator_deletes_pays_no_more() {
    ended_by("ends-session", async |env, _, tokens| {
        let sid = payload_of(&tokens.access)["sid"].clone();
        env.admin
            .delete_session(sid.as_str().unwrap())
            .await
            .unwrap();
    });
}

#[test]
fn a_user_whom_an_administrator_logs_out_pays_no_more() {
    ended_by("ends-user", async |env, user, _| {
        env.admin.log_out(user).await.unwrap();
    });
}

#[test]
fn a_revoked_token_pays_no_more() {
    ended_by("ends-revoked", async |env, _, tokens| {
        env.shop.revoke(SHOP_WEB, &tokens.access).await.unwrap();
    });
}

#[test]
fn a_disabled_user_pays_no_more_and_pays_again_when_enabled() {
    run(async |env| {
        let (user, tokens) = env.logged_in("ends-disabled", &[]).await;
        let example = env.example().await;
        assert_status(&payments(example, &tokens.access).await, StatusCode::OK);
        env.admin.set_user_enabled(&user, false).await.unwrap();
        assert_status(&orders(example, &tokens.access).await, StatusCode::OK);
        assert_invalid_token(&payments(example, &tokens.access).await);

        env.admin.set_user_enabled(&user, true).await.unwrap();
        let token = &tokens.access;
        until_status(
            example,
            Method::POST,
            "/payments",
            token,
            StatusCode::OK,
            NEGATIVE,
        )
        .await;
        assert_status(&orders(example, token).await, StatusCode::OK);
    });
}

#[test]
fn one_session_that_ends_leaves_the_other_one_of_the_user_alone() {
    run(async |env| {
        let (user, tokens) = env.logged_in("ends-one-of-two", &[]).await;
        let other = env.shop.log_in(SHOP_WEB, &user).await.unwrap();
        let example = env.example().await;
        env.shop
            .log_out(SHOP_WEB, tokens.refresh.as_deref().unwrap())
            .await
            .unwrap();
        assert_invalid_token(&payments(example, &tokens.access).await);
        assert_status(&payments(example, &other.access).await, StatusCode::OK);
    });
}

#[test]
fn after_a_live_no_the_local_route_refuses_the_token_too() {
    run(async |env| {
        let (_, tokens) = env.logged_in("ends-everywhere", &[]).await;
        let example = env.example().await;
        env.shop
            .log_out(SHOP_WEB, tokens.refresh.as_deref().unwrap())
            .await
            .unwrap();
        assert_status(&orders(example, &tokens.access).await, StatusCode::OK);
        assert_invalid_token(&payments(example, &tokens.access).await);
        assert_invalid_token(&orders(example, &tokens.access).await);
    });
}

#[test]
fn a_refusal_may_not_be_stored_and_a_good_answer_is_left_as_it_is() {
    run(async |env| {
        let (_, tokens) = env.logged_in("ends-no-store", &[]).await;
        let example = env.example().await;
        let paid = payments(example, &tokens.access).await;
        assert_status(&paid, StatusCode::OK);
        assert_eq!(paid.header(CACHE_CONTROL), "");
        env.shop.revoke(SHOP_WEB, &tokens.access).await.unwrap();
        let refused = payments(example, &tokens.access).await;
        assert_eq!(refused.header(CACHE_CONTROL), "no-store", "{refused:#?}");
    });
}

#[test]
fn tokens_of_a_client_that_is_disabled_pay_no_more() {
    run(async |env| {
        let (realm, admin) = env.own_realm("shop-client-off").await;
        let example = own_example(&realm, "orders-api", ORDERS_API).await.unwrap();
        let tokens = realm.log_in_as(SHOP_WEB, "bob", "bob").await.unwrap();
        assert_status(&payments(&example, &tokens.access).await, StatusCode::OK);
        admin
            .patch_client(SHOP_WEB.id, &json!({ "enabled": false }))
            .await
            .unwrap();
        assert_status(&orders(&example, &tokens.access).await, StatusCode::OK);
        assert_invalid_token(&payments(&example, &tokens.access).await);
        admin.delete_realm().await.unwrap();
    });
}

fn ended_by(name: &str, end: impl AsyncFnOnce(&'static Environment, &User, &Tokens)) {
    run(async |env| {
        let (user, tokens) = env.logged_in(name, &[]).await;
        let example = env.example().await;
        assert_status(&orders(example, &tokens.access).await, StatusCode::OK);
        assert_status(&payments(example, &tokens.access).await, StatusCode::OK);
        end(env, &user, &tokens).await;
        assert_status(&orders(example, &tokens.access).await, StatusCode::OK);
        assert_invalid_token(&payments(example, &tokens.access).await);
    });
}

//! Keycloak gone, frozen, and back: local routes go on, live routes say 503, and nobody has to
//! restart the service.

use portcullis_keycloak_suite::{Answer, Example};
use reqwest::{
    Method, StatusCode,
    header::{RETRY_AFTER, WWW_AUTHENTICATE},
};

use crate::environment::{
    ORDERS_API, SHOP_WEB, SOON, assert_invalid_token, assert_status, orders, own_example, payments,
    run, run_alone, until_status,
};

#[test]
fn while_keycloak_is_down_payments_are_503_and_orders_go_on_and_both_recover() {
    run_alone(async |env| {
        let mut example = own_example(&env.shop, "orders-api", ORDERS_API)
            .await
            .unwrap();
        let (_, tokens) = env.logged_in("outage-stopped", &["admin"]).await;
        let (_, ended) = env.logged_in("outage-ended", &[]).await;
        let token = &tokens.access;
        assert_status(&payments(&example, token).await, StatusCode::OK);
        assert_status(&payments(&example, &ended.access).await, StatusCode::OK);
        env.shop
            .log_out(SHOP_WEB, ended.refresh.as_deref().unwrap())
            .await
            .unwrap();

        let mut server = env.server.lock().await;
        server.stop().await.unwrap();
        for _ in 0..5 {
            assert_unavailable(&payments(&example, token).await);
            assert_status(&orders(&example, token).await, StatusCode::OK);
        }
        assert_status(&example.get("/admin", token).await.unwrap(), StatusCode::OK);
        assert_unavailable(&example.post("/admin", token).await.unwrap());
        let late = own_example(&env.shop, "orders-api", ORDERS_API)
            .await
            .unwrap();
        assert_unavailable(&orders(&late, token).await);

        server.start_again().await.unwrap();
        for example in [&example, &late] {
            recovers(example, token).await;
            assert_invalid_token(&payments(example, &ended.access).await);
        }
        assert!(example.is_running());
    });
}

#[test]
fn while_keycloak_is_frozen_payments_are_503_and_orders_go_on_and_both_recover() {
    run_alone(async |env| {
        let example = own_example(&env.shop, "orders-api", ORDERS_API)
            .await
            .unwrap();
        let (_, tokens) = env.logged_in("outage-frozen", &[]).await;
        let token = &tokens.access;
        assert_status(&payments(&example, token).await, StatusCode::OK);

        let server = env.server.lock().await;
        server.freeze().unwrap();
        let refused = payments(&example, token).await;
        let served = orders(&example, token).await;
        server.thaw().unwrap();

        assert_unavailable(&refused);
        assert_status(&served, StatusCode::OK);
        recovers(&example, token).await;
    });
}

#[test]
fn while_the_realm_is_switched_off_payments_are_503_and_orders_go_on_and_both_recover() {
    run(async |env| {
        let (realm, admin) = env.own_realm("shop-switched").await;
        let example = own_example(&realm, "orders-api", ORDERS_API).await.unwrap();
        let tokens = realm.log_in_as(SHOP_WEB, "bob", "bob").await.unwrap();
        assert_status(&payments(&example, &tokens.access).await, StatusCode::OK);
        admin.set_realm_enabled(false).await.unwrap();
        assert_unavailable(&payments(&example, &tokens.access).await);
        assert_status(&orders(&example, &tokens.access).await, StatusCode::OK);
        admin.set_realm_enabled(true).await.unwrap();
        recovers(&example, &tokens.access).await;
        admin.delete_realm().await.unwrap();
    });
}

async fn recovers(example: &Example, token: &str) {
    for (method, path) in [(Method::POST, "/payments"), (Method::GET, "/orders")] {
        until_status(example, method, path, token, StatusCode::OK, SOON).await;
    }
}

/// 503 with a number of seconds to wait, and no challenge: the token was not judged.
#[track_caller]
fn assert_unavailable(answer: &Answer) {
    assert_status(answer, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        answer.header(RETRY_AFTER).parse::<u32>().is_ok(),
        "{answer:#?}"
    );
    assert!(
        !answer.headers.contains_key(WWW_AUTHENTICATE),
        "{answer:#?}"
    );
}

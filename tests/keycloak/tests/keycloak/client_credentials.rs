//! Our own client at Keycloak: right, wrong, odd, and not in the audience. Whatever is wrong with
//! it is never the caller's fault.

use portcullis_keycloak_suite::Client;
use reqwest::{StatusCode, header::WWW_AUTHENTICATE};

use crate::environment::{
    ORDERS_API_ODD, STOCK_API, assert_invalid_token, assert_status, orders, own_example, payments,
    run,
};

#[test]
fn a_wrong_secret_is_our_own_fault_and_the_log_says_so() {
    run(async |env| {
        let wrong = Client::confidential("orders-api", "not-the-secret");
        let example = own_example(&env.shop, "orders-api", wrong).await.unwrap();
        let (_, tokens) = env.logged_in("client-wrong-secret", &[]).await;
        assert_status(&orders(&example, &tokens.access).await, StatusCode::OK);
        for _ in 0..3 {
            let answer = payments(&example, &tokens.access).await;
            assert_status(&answer, StatusCode::INTERNAL_SERVER_ERROR);
            assert!(
                !answer.headers.contains_key(WWW_AUTHENTICATE),
                "{answer:#?}"
            );
        }
        assert_status(&orders(&example, &tokens.access).await, StatusCode::OK);

        let told = |line: &str| {
            let lower = line.to_lowercase();
            line.contains("ERROR")
                && lower.contains("client")
                && (lower.contains("secret") || lower.contains("credential"))
        };
        let line = example
            .wait_for_log("an ERROR that names the client credentials", told)
            .await
            .unwrap();
        assert!(!line.contains("not-the-secret"), "{line}");
        let token_in_log = example.log_lines(|line| line.contains(&tokens.access));
        assert!(token_in_log.is_empty(), "{token_in_log:?}");
    });
}

#[test]
fn a_secret_of_percent_plus_colon_space_and_e_acute_works() {
    run(async |env| {
        let example = own_example(&env.shop, "orders-api-odd", ORDERS_API_ODD)
            .await
            .unwrap();
        let (_, tokens) = env.logged_in("client-odd-secret", &[]).await;
        assert_status(&orders(&example, &tokens.access).await, StatusCode::OK);
        assert_status(&payments(&example, &tokens.access).await, StatusCode::OK);
    });
}

#[test]
fn a_client_that_is_not_in_the_audience_is_refused_and_one_warning_names_the_audience_mapper() {
    run(async |env| {
        let example = own_example(&env.shop, "orders-api", STOCK_API)
            .await
            .unwrap();
        let (_, tokens) = env.logged_in("client-audience", &[]).await;
        assert_status(&orders(&example, &tokens.access).await, StatusCode::OK);
        for _ in 0..3 {
            assert_invalid_token(&payments(&example, &tokens.access).await);
        }
        let told = |line: &str| {
            line.contains("WARN") && line.contains("audience mapper") && line.contains("stock-api")
        };
        example
            .wait_for_log("a WARN that names the audience mapper", told)
            .await
            .unwrap();
        assert_eq!(example.log_lines(told).len(), 1);
    });
}

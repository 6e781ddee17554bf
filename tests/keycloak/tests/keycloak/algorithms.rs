//! Every kind of signature that Keycloak makes, on the local route and on the live one.

use portcullis_keycloak_suite::{Client, header_of};
use reqwest::StatusCode;

use crate::environment::{WAREHOUSE, assert_status, orders, payments, run};

#[test]
fn an_rs256_token_is_good_locally_and_live() {
    good_everywhere("shop-web", "RS256");
}

#[test]
fn a_ps256_token_is_good_locally_and_live() {
    good_everywhere("shop-web-ps256", "PS256");
}

#[test]
fn an_es256_token_is_good_locally_and_live() {
    good_everywhere("shop-web-es256", "ES256");
}

#[test]
fn an_eddsa_token_is_good_locally_and_live() {
    good_everywhere("shop-web-eddsa", "EdDSA");
}

#[test]
fn an_at_jwt_token_is_good_locally_and_live() {
    good_everywhere("shop-web-at-jwt", "RS256");
}

#[test]
fn the_token_of_a_service_is_good_locally_and_live() {
    run(async |env| {
        let tokens = env.shop.client_credentials(WAREHOUSE).await.unwrap();
        let example = env.example().await;
        assert_status(&orders(example, &tokens.access).await, StatusCode::OK);
        assert_status(&payments(example, &tokens.access).await, StatusCode::OK);
    });
}

fn good_everywhere(client: &str, algorithm: &str) {
    run(async |env| {
        let user = env.user(&format!("{client}-{algorithm}"), &[]).await;
        let tokens = env
            .shop
            .log_in(Client::public(client), &user)
            .await
            .unwrap();
        assert_eq!(header_of(&tokens.access)["alg"], algorithm);
        let example = env.example().await;
        assert_status(&orders(example, &tokens.access).await, StatusCode::OK);
        assert_status(&payments(example, &tokens.access).await, StatusCode::OK);

        let me = example.get("/me", &tokens.access).await.unwrap();
        assert_status(&me, StatusCode::OK);
        let me = me.json();
        assert_eq!(me["sub"], user.id);
        assert_eq!(me["azp"], client);
        assert_eq!(me["verified_by"], "jwt");
        assert!(me["scope"].as_str().unwrap().contains("profile"), "{me}");
    });
}

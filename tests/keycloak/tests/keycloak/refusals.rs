//! What is no token of ours.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_keycloak_suite::{Client, Example, payload_of};
use reqwest::{Method, StatusCode};

use crate::environment::{SHOP_WEB, assert_invalid_token, assert_status, orders, payments, run};

#[test]
fn public_routes_ask_for_no_token() {
    run(async |env| {
        let example = env.example().await;
        for path in ["/public", "/healthz"] {
            assert_status(
                &example.send(Method::GET, path, None).await.unwrap(),
                StatusCode::OK,
            );
        }
    });
}

#[test]
fn a_missing_token_is_401_with_a_challenge_that_names_no_error() {
    run(async |env| {
        let example = env.example().await;
        for (method, path) in [
            (Method::GET, "/orders"),
            (Method::POST, "/payments"),
            (Method::GET, "/me"),
            (Method::GET, "/admin"),
        ] {
            let answer = example.send(method, path, None).await.unwrap();
            assert_status(&answer, StatusCode::UNAUTHORIZED);
            assert!(answer.challenge().starts_with("Bearer"), "{answer:#?}");
            assert!(!answer.challenge().contains("error"), "{answer:#?}");
        }
    });
}

#[test]
fn garbage_is_an_invalid_token() {
    run(async |env| {
        let example = env.example().await;
        for garbage in [
            "garbage",
            "a.b.c",
            "eyJhbGciOiJub25lIn0.e30.",
            "....",
            "e30.e30.e30",
        ] {
            refused_everywhere(example, garbage).await;
        }
    });
}

#[test]
fn a_token_with_another_payload_or_signature_is_an_invalid_token() {
    run(async |env| {
        let example = env.example().await;
        let (_, tokens) = env.logged_in("refused-forged", &[]).await;
        let parts: Vec<_> = tokens.access.split('.').collect();
        let [header, payload, signature] = parts[..] else {
            panic!("three parts");
        };
        let mut claims = payload_of(&tokens.access);
        claims["realm_access"]["roles"] = serde_json::json!(["admin"]);
        let forged = URL_SAFE_NO_PAD.encode(claims.to_string());
        let reversed: String = signature.chars().rev().collect();
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        for token in [
            format!("{header}.{forged}.{signature}"),
            format!("{header}.{payload}.{reversed}"),
            format!("{header}.{payload}."),
            format!("{none}.{forged}."),
        ] {
            refused_everywhere(example, &token).await;
        }
    });
}

#[test]
fn a_refresh_token_is_no_access_token() {
    run(async |env| {
        let (_, tokens) = env.logged_in("refused-refresh", &[]).await;
        refused_everywhere(env.example().await, tokens.refresh.as_deref().unwrap()).await;
    });
}

#[test]
fn a_token_of_another_realm_is_an_invalid_token() {
    run(async |env| {
        let (realm, admin) = env.own_realm("shop-other").await;
        let tokens = realm.log_in_as(SHOP_WEB, "alice", "alice").await.unwrap();
        refused_everywhere(env.example().await, &tokens.access).await;
        admin.delete_realm().await.unwrap();
    });
}

#[test]
fn a_token_without_our_audience_is_an_invalid_token() {
    run(async |env| {
        let user = env.user("refused-audience", &[]).await;
        let tokens = env
            .shop
            .log_in(Client::public("shop-web-no-audience"), &user)
            .await
            .unwrap();
        refused_everywhere(env.example().await, &tokens.access).await;
    });
}

#[test]
fn a_refusal_tells_the_client_nothing_of_the_token_or_of_keycloak() {
    run(async |env| {
        let (user, tokens) = env.logged_in("refused-secretive", &[]).await;
        let example = env.example().await;
        env.shop.revoke(SHOP_WEB, &tokens.access).await.unwrap();
        let answer = payments(example, &tokens.access).await;
        assert_invalid_token(&answer);
        let told = format!("{:?} {}", answer.headers, answer.body);
        for secret in [&tokens.access, &user.id, env.shop.issuer(), "127.0.0.1"] {
            assert!(!told.contains(secret), "{answer:#?}");
        }
        let in_log = example.log_lines(|line| line.contains(&tokens.access));
        assert!(in_log.is_empty(), "{in_log:?}");
    });
}

async fn refused_everywhere(example: &Example, token: &str) {
    assert_invalid_token(&orders(example, token).await);
    assert_invalid_token(&payments(example, token).await);
}

//! Tokens that are bound to a key.

use portcullis_keycloak_suite::payload_of;
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::{Value, json};

use super::scene::names;
use crate::{
    environment::{ORDERS_API, run},
    holder::Holder,
};

#[test]
fn whoever_sends_a_proof_gets_a_bound_token_whether_or_not_the_client_has_to() {
    run(async |env| {
        let holder = Holder::with(env, "surprise-dpop-free", json!({})).await;
        let bound = holder.log_in().await.access;
        assert_eq!(payload_of(&bound)["cnf"], holder.confirmation());
        let free = env.shop.log_in(holder.client, &holder.user).await.unwrap();
        assert_eq!(payload_of(&free.access)["cnf"], Value::Null);
    });
}

#[test]
fn the_confirmation_has_a_member_of_keycloaks_own() {
    run(async |env| {
        let holder = Holder::set(env, "surprise-dpop-member").await;
        let confirmation = payload_of(&holder.log_in().await.access)["cnf"].clone();
        assert_eq!(names(&confirmation), ["jkt", "kc-jkt-type"]);
        assert_eq!(confirmation["kc-jkt-type"], "DPoP");
    });
}

#[test]
fn a_client_that_has_to_bind_its_tokens_gets_none_without_a_proof() {
    run(async |env| {
        let holder = Holder::set(env, "surprise-dpop-bare").await;
        let refused = env.shop.log_in(holder.client, &holder.user).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("400"), "{refused}");
        assert!(refused.contains("DPoP proof is missing"), "{refused}");
    });
}

#[test]
fn a_proof_is_good_once_and_there_are_no_nonces() {
    run(async |env| {
        let holder = Holder::set(env, "surprise-dpop-replay").await;
        let proof = holder.token_proof().jwt();
        holder.try_to_log_in(&proof).await.unwrap();
        let replayed = holder.try_to_log_in(&proof).await.unwrap_err();
        let replayed = replayed.to_string();
        assert!(replayed.contains("400"), "{replayed}");
        assert!(!replayed.contains("use_dpop_nonce"), "{replayed}");
    });
}

#[test]
fn introspection_tells_of_the_binding_and_calls_the_token_active_whoever_asks() {
    run(async |env| {
        let holder = Holder::set(env, "surprise-dpop-introspection").await;
        let token = holder.log_in().await.access;
        let answer = env.shop.introspect(ORDERS_API, &token).await.unwrap();
        assert_eq!(answer["active"], true, "{answer}");
        assert_eq!(answer["cnf"], holder.confirmation(), "{answer}");
        assert_eq!(answer["token_type"], "DPoP", "{answer}");
    });
}

#[test]
fn the_refresh_token_of_a_public_client_is_bound_to_the_key_too() {
    run(async |env| {
        let mut holder = Holder::set(env, "surprise-dpop-refresh").await;
        let refresh = holder.log_in().await.refresh.unwrap();
        let bare = env.shop.refresh(holder.client, &refresh).await;
        assert!(bare.is_err());
        let proof = holder.token_proof().jwt();
        let refreshed = env
            .shop
            .refresh_with_proof(holder.client, &refresh, &proof)
            .await
            .unwrap();
        let claims = payload_of(&refreshed.access);
        assert_eq!(claims["cnf"], holder.confirmation());

        holder.key = SigningKey::generate(SigningAlgorithm::ES256);
        let proof = holder.token_proof().jwt();
        let stolen = env
            .shop
            .refresh_with_proof(holder.client, &refresh, &proof)
            .await;
        assert!(stolen.is_err());
    });
}

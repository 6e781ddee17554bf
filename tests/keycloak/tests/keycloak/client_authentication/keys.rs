use std::time::Duration;

use portcullis::{
    Algorithm, AssertionAudience, AssertionType, ClientAuthentication, ClientKey, ManualClock,
};
use portcullis_testing::{SigningAlgorithm, SigningKey};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::Scene;
use crate::{
    environment::{now, run},
    service::Service,
};

#[test]
fn private_key_jwt_by_rs256() {
    private_key_jwt(SigningAlgorithm::RS256, Algorithm::Rs256);
}

#[test]
fn private_key_jwt_by_ps256() {
    private_key_jwt(SigningAlgorithm::PS256, Algorithm::Ps256);
}

#[test]
fn private_key_jwt_by_es256() {
    private_key_jwt(SigningAlgorithm::ES256, Algorithm::Es256);
}

#[test]
fn private_key_jwt_by_eddsa() {
    private_key_jwt(SigningAlgorithm::EdDSA, Algorithm::EdDsa);
}

#[test]
fn a_key_in_pem_without_a_word_about_algorithm_or_id() {
    run(async |env| {
        for algorithm in [SigningAlgorithm::ES256, SigningAlgorithm::EdDSA] {
            let id = format!("authenticates-pem-{}", algorithm.name().to_lowercase());
            let key = SigningKey::generate(algorithm);
            let scene = Scene::set(env, &id, registered(&key, None)).await;
            let own = ClientKey::from_pem(key.private_key_pem()).unwrap();
            let client = ClientAuthentication::private_key_jwt(&id, own).unwrap();
            scene.assert_taken(&client).await;
        }
    });
}

#[test]
fn the_older_type_and_the_older_audience_of_an_assertion_are_taken_too() {
    run(async |env| {
        let id = "authenticates-older";
        let key = SigningKey::generate(SigningAlgorithm::ES256);
        let scene = Scene::set(env, id, registered(&key, None)).await;
        let own = ClientKey::from_jwk(key.private_jwk().to_string()).unwrap();
        let client = ClientAuthentication::private_key_jwt(id, own)
            .unwrap()
            .assertion_type(AssertionType::Jwt)
            .assertion_audience(AssertionAudience::Endpoint);
        scene.assert_taken(&client).await;
    });
}

#[test]
fn a_key_that_is_replaced_at_keycloak_is_our_fault_and_never_the_callers() {
    run(async |env| {
        let id = "authenticates-replaced";
        let key = SigningKey::generate(SigningAlgorithm::ES256);
        let scene = Scene::set(env, id, registered(&key, None)).await;
        let own = ClientKey::from_jwk(key.private_jwk().to_string()).unwrap();
        let client = ClientAuthentication::private_key_jwt(id, own).unwrap();
        let clock = ManualClock::at(now());
        let issuer = scene.issuer(&client).clock(clock.clone()).build().unwrap();
        let service = Service::asking(issuer.hybrid());
        let token = &scene.tokens.access;
        service.pay(token).await.assert(StatusCode::OK);

        let next = SigningKey::generate(SigningAlgorithm::ES256);
        let replaced = registered(&next, None);
        env.admin.patch_client(id, &replaced).await.unwrap();
        // Keycloak says 400, which may be about the one token while it answers about others.
        let refused = service.pay(token).await;
        assert!(refused.status.is_server_error(), "{refused:#?}");
        clock.advance(ANSWERED_LATELY);
        service.pay(token).await.assert_misconfigured();
        service.me(token).await.assert(StatusCode::OK);
    });
}

/// For so long an answer says that Keycloak is well.
const ANSWERED_LATELY: Duration = Duration::from_secs(6);

fn private_key_jwt(kind: SigningAlgorithm, algorithm: Algorithm) {
    run(async |env| {
        let id = format!("authenticates-{}", kind.name().to_lowercase());
        let key = SigningKey::generate(kind);
        let scene = Scene::set(env, &id, registered(&key, Some(kind))).await;
        let by = |key| ClientAuthentication::private_key_jwt(&id, key).unwrap();

        let jwk = ClientKey::from_jwk(key.private_jwk().to_string()).unwrap();
        scene.assert_taken(&by(jwk)).await;
        let pem = ClientKey::from_pem(key.private_key_pem()).unwrap();
        let pem = pem.algorithm(algorithm).unwrap().key_id(key.key_id());
        scene.assert_taken(&by(pem)).await;

        let strange = SigningKey::generate(kind).with_key_id(key.key_id());
        let strange = ClientKey::from_jwk(strange.private_jwk().to_string()).unwrap();
        scene.assert_our_fault(&by(strange)).await;
    });
}

/// A client that proves itself by this key, and under this algorithm alone if one is named.
fn registered(key: &SigningKey, algorithm: Option<SigningAlgorithm>) -> Value {
    json!({
        "clientAuthenticatorType": "client-jwt",
        "attributes": {
            "use.jwks.string": "true",
            "jwks.string": json!({ "keys": [key.jwk()] }).to_string(),
            "token.endpoint.auth.signing.alg": algorithm.map(SigningAlgorithm::name),
        },
    })
}

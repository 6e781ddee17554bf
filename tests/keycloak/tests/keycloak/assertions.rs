//! What Keycloak takes for a client assertion (RFC 7523) and what it says of all others, pinned:
//! signed here, by the test library, and put into the form by hand.

use portcullis_keycloak_suite::Tokens;
use portcullis_testing::{SigningAlgorithm, SigningKey};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::environment::{Environment, now, run};

#[test]
fn discovery_lists_the_five_ways_to_authenticate_at_the_introspection_endpoint() {
    run(async |env| {
        let metadata = env.shop.metadata().await.unwrap();
        let mut methods: Vec<_> = metadata["introspection_endpoint_auth_methods_supported"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        methods.sort_unstable();
        let all = [
            "client_secret_basic",
            "client_secret_jwt",
            "client_secret_post",
            "private_key_jwt",
            "tls_client_auth",
        ];
        assert_eq!(methods, all);
        let name = "introspection_endpoint_auth_signing_alg_values_supported";
        let algorithms = metadata[name].as_array().unwrap();
        for algorithm in ["RS256", "PS256", "ES256", "EdDSA", "HS256"] {
            assert!(algorithms.contains(&json!(algorithm)), "{algorithms:?}");
        }
        assert!(!algorithms.contains(&json!("Ed25519")), "{algorithms:?}");
    });
}

#[test]
fn an_assertion_is_good_once() {
    run(async |env| {
        let client = Asserting::set(env, "assertion-replay").await;
        let assertion = client.assertion(&json!({}), &json!({}));
        client.assert_taken(&assertion).await;
        let told = client.assert_refused(&assertion).await;
        assert!(told.contains("Token reuse detected"), "{told}");
    });
}

#[test]
fn the_issuer_is_its_audience_and_so_are_both_endpoints_but_one_at_a_time() {
    run(async |env| {
        let client = Asserting::set(env, "assertion-audience").await;
        let issuer = env.shop.issuer();
        let endpoint = env.shop.introspection_endpoint();
        let token_endpoint = endpoint.strip_suffix("/introspect").unwrap();
        for audience in [
            json!(issuer),
            json!([issuer]),
            json!(endpoint),
            json!(token_endpoint),
        ] {
            let assertion = client.assertion(&json!({}), &json!({ "aud": audience }));
            client.assert_taken(&assertion).await;
        }
        for (audience, reason) in [
            (json!([issuer, endpoint]), "Multiple audiences not allowed"),
            (json!("https://id.example.com"), "Invalid token audience"),
        ] {
            let assertion = client.assertion(&json!({}), &json!({ "aud": audience }));
            let told = client.assert_refused(&assertion).await;
            assert!(told.contains(reason), "{told}");
        }
    });
}

#[test]
fn the_header_may_name_its_type_and_need_not_name_its_key() {
    run(async |env| {
        let client = Asserting::set(env, "assertion-header").await;
        for typ in ["client-authentication+jwt", "JWT"] {
            let assertion = client.assertion(&json!({ "typ": typ }), &json!({}));
            client.assert_taken(&assertion).await;
        }
        let without = client.assertion(&json!({ "kid": null }), &json!({}));
        client.assert_taken(&without).await;
    });
}

#[test]
fn an_assertion_has_an_id_and_a_life() {
    run(async |env| {
        let client = Asserting::set(env, "assertion-claims").await;
        let told = client
            .assert_refused(&client.assertion(&json!({}), &json!({ "jti": null })))
            .await;
        assert!(told.contains("jti claim is required"), "{told}");
        let ended = json!({ "exp": now() - 60, "iat": now() - 120 });
        client
            .assert_refused(&client.assertion(&json!({}), &ended))
            .await;
    });
}

#[test]
fn whatever_is_wrong_with_an_assertion_is_400_and_not_401() {
    run(async |env| {
        let client = Asserting::set(env, "assertion-wrong").await;
        let stranger = Asserting {
            key: SigningKey::generate(SigningAlgorithm::RS256).with_key_id(client.key.key_id()),
            ..client.clone()
        };
        let told = client
            .assert_refused(&stranger.assertion(&json!({}), &json!({})))
            .await;
        assert!(told.contains("invalid_client"), "{told}");
        assert!(told.contains("failed validation"), "{told}");

        // The client is registered for RS256 alone.
        let other = Asserting {
            key: client.key.with_algorithm(SigningAlgorithm::PS256).unwrap(),
            ..client.clone()
        };
        let told = client
            .assert_refused(&other.assertion(&json!({}), &json!({})))
            .await;
        assert!(told.contains("Invalid signature algorithm"), "{told}");
    });
}

/// A client that proves itself by RS256, and a token it may ask about.
#[derive(Clone)]
struct Asserting {
    env: &'static Environment,
    id: &'static str,
    key: SigningKey,
    tokens: Tokens,
}

impl Asserting {
    async fn set(env: &'static Environment, id: &'static str) -> Self {
        let key = SigningKey::generate(SigningAlgorithm::RS256);
        let client = json!({
            "clientAuthenticatorType": "client-jwt",
            "attributes": {
                "use.jwks.string": "true",
                "jwks.string": json!({ "keys": [key.jwk()] }).to_string(),
                "token.endpoint.auth.signing.alg": "RS256",
            },
        });
        let tokens = env.resource_server(id, client).await;
        Self {
            env,
            id,
            key,
            tokens,
        }
    }

    /// A good assertion, but for these members of header and claims; `null` takes one away.
    fn assertion(&self, header: &Value, claims: &Value) -> String {
        let usual = json!({ "alg": self.key.algorithm().name(), "kid": self.key.key_id() });
        let header = changed(usual, header);
        let usual = json!({
            "iss": self.id,
            "sub": self.id,
            "aud": self.env.shop.issuer(),
            "jti": SigningKey::generate(SigningAlgorithm::ES256).key_id(),
            "iat": now(),
            "exp": now() + 60,
        });
        let claims = changed(usual, claims);
        self.key.sign_raw(header.to_string(), claims.to_string())
    }

    async fn introspect(&self, assertion: &str) -> (StatusCode, Value) {
        let form = [
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", assertion),
            ("token", &self.tokens.access),
        ];
        let answer = self.env.shop.introspect_by_hand("application/json", &form);
        answer.await.unwrap()
    }

    async fn assert_taken(&self, assertion: &str) {
        let (status, answer) = self.introspect(assertion).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(answer["active"], true, "{answer}");
    }

    async fn assert_refused(&self, assertion: &str) -> String {
        let (status, answer) = self.introspect(assertion).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
        answer.to_string()
    }
}

fn changed(mut usual: Value, changes: &Value) -> Value {
    let members = usual.as_object_mut().unwrap();
    members.extend(changes.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    usual
}

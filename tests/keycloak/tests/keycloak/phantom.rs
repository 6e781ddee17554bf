//! Phantom tokens: the full JWT that Keycloak gives along with its answer about a token.

use portcullis_keycloak_suite::{Client, header_of, payload_of};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    environment::{ORDERS_API, run},
    lightweight::{LIGHTWEIGHT, realm},
    service::Service,
};

/// The client attribute that allows it.
const MAY_HAVE_IT: &str = "client.introspection.response.allow.jwt.claim.enabled";

#[test]
fn the_phantom_token_is_the_full_one_where_the_client_may_have_it_and_none_elsewhere() {
    run(async |env| {
        let id = "orders-api-phantom";
        let secret = "phantom-secret";
        let client = json!({ "secret": secret, "attributes": { MAY_HAVE_IT: "true" } });
        env.resource_server(id, client).await;
        let lightweight = json!({
            "attributes": { "client.use.lightweight.access.token.enabled": "true" },
        });
        env.front_end("web-phantom", id, lightweight).await;
        let user = env.user("lightweight-phantom", &["admin"]).await;
        let web = Client::public("web-phantom");
        let token = env.shop.log_in(web, &user).await.unwrap().access;

        let issuer = realm(env, Client::confidential(id, secret)).phantom_token();
        let issuer = issuer.build().unwrap();
        for service in [
            Service::asking(issuer.hybrid()),
            Service::asking(issuer.introspection()),
        ] {
            let me = service.me(&token).await;
            let phantom = me.assert(StatusCode::OK).body["phantom_token"].clone();
            let phantom = phantom.as_str().unwrap();
            assert_eq!(header_of(phantom)["alg"], "RS256");
            let claims = payload_of(phantom);
            assert_eq!(claims["sub"], user.id);
            assert_eq!(claims["jti"], payload_of(&token)["jti"]);
            let roles = claims["realm_access"]["roles"].as_array().unwrap();
            assert!(roles.contains(&json!("admin")), "{claims}");
            // It is a good token itself.
            let full = Service::local(issuer.jwt()).me(phantom).await;
            assert_eq!(full.assert(StatusCode::OK).body["claims"]["sub"], user.id);
        }

        // Nobody asked for it.
        let plain = realm(env, Client::confidential(id, secret))
            .build()
            .unwrap();
        let me = Service::asking(plain.hybrid()).me(&token).await;
        assert_eq!(me.assert(StatusCode::OK).body["phantom_token"], Value::Null);
    });
}

#[test]
fn keycloak_gives_the_phantom_token_only_to_whoever_takes_nothing_else() {
    run(async |env| {
        let client = json!({ "secret": "picky-secret", "attributes": { MAY_HAVE_IT: "true" } });
        let token = env.resource_server("orders-api-picky", client).await.access;
        let form = [
            ("client_id", "orders-api-picky"),
            ("client_secret", "picky-secret"),
            ("token", &token),
        ];
        for (accept, is_there) in [
            ("application/jwt", true),
            ("application/jwt, application/json", false),
            ("application/token-introspection+jwt", false),
        ] {
            let (status, answer) = env.shop.introspect_by_hand(accept, &form).await.unwrap();
            assert_eq!(status, StatusCode::OK);
            assert_eq!(answer["active"], true, "{answer}");
            assert_eq!(answer["jwt"].is_string(), is_there, "{accept}: {answer}");
        }
    });
}

#[test]
fn a_client_that_may_not_have_the_phantom_token_gets_the_answer_without_it() {
    run(async |env| {
        let user = env.user("lightweight-no-phantom", &[]).await;
        let token = env.shop.log_in(LIGHTWEIGHT, &user).await.unwrap().access;
        let issuer = realm(env, ORDERS_API).phantom_token().build().unwrap();
        let me = Service::asking(issuer.hybrid()).me(&token).await;
        let told = &me.assert(StatusCode::OK).body;
        assert_eq!(told["claims"]["sub"], user.id);
        assert_eq!(told["phantom_token"], Value::Null);
    });
}

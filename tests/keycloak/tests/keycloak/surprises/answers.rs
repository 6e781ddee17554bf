//! What stands at public addresses, and what does not stand in the head of an answer.

use portcullis_keycloak_suite::{Client, payload_of};
use reqwest::{
    RequestBuilder, StatusCode,
    header::{CACHE_CONTROL, DATE, HeaderMap},
};
use serde_json::json;

use super::scene::names;
use crate::{clients::audience_mapper, environment::run};

#[test]
fn the_address_of_a_realm_tells_its_key_its_services_and_its_cut_off() {
    run(async |env| {
        let issuer = env.shop.issuer();
        let document = env.shop.document().await.unwrap();
        assert_eq!(
            names(&document),
            [
                "account-service",
                "public_key",
                "realm",
                "token-service",
                "tokens-not-before"
            ]
        );
        assert_eq!(document["realm"], "shop");
        assert_eq!(document["tokens-not-before"], 0);
        let service = format!("{issuer}/protocol/openid-connect");
        assert_eq!(document["token-service"], service);
    });
}

#[test]
fn a_realm_that_is_switched_off_still_tells_its_cut_off() {
    run(async |env| {
        let (realm, admin) = env.own_realm("shop-off-document").await;
        admin.set_not_before(1).await.unwrap();
        admin.set_realm_enabled(false).await.unwrap();
        let document = realm.document().await.unwrap();
        assert_eq!(document["tokens-not-before"], 1);
        admin.delete_realm().await.unwrap();
    });
}

#[test]
fn no_answer_says_what_time_it_is() {
    run(async |env| {
        let introspection = env.shop.introspection_endpoint();
        for url in [
            env.shop.issuer(),
            &format!("{}/protocol/openid-connect/certs", env.shop.issuer()),
            &format!("{}/.well-known/openid-configuration", env.shop.issuer()),
        ] {
            let head = head_of(reqwest::Client::new().get(url)).await;
            assert_eq!(head.get(DATE), None, "{url}");
            let cached = head[CACHE_CONTROL].to_str().unwrap();
            assert!(cached.starts_with("no-cache"), "{url}: {cached}");
        }
        let form = [
            ("client_id", "orders-api"),
            ("client_secret", "orders-secret"),
            ("token", "anything"),
        ];
        let request = reqwest::Client::new().post(introspection).form(&form);
        assert_eq!(head_of(request).await.get(DATE), None);
    });
}

/// Nothing but these words tells one from the other.
#[test]
fn a_wrong_secret_is_refused_in_other_words_than_a_client_that_there_is_not() {
    run(async |env| {
        let off = "surprise-switched-off";
        let client = json!({"secret": "right-7f3a", "enabled": false});
        env.resource_server(off, client).await;
        for (id, secret, words) in [
            ("orders-api", "wrong-7f3a", "Client authentication failed."),
            (
                "nobody",
                "wrong-7f3a",
                "Invalid client or Invalid client credentials",
            ),
            (
                off,
                "right-7f3a",
                "Invalid client or Invalid client credentials",
            ),
        ] {
            let form = [
                ("client_id", id),
                ("client_secret", secret),
                ("token", "anything"),
            ];
            let refused = env.shop.introspect_by_hand("application/json", &form);
            let expected = json!({"error": "invalid_client", "error_description": words});
            assert_eq!(
                refused.await.unwrap(),
                (StatusCode::UNAUTHORIZED, expected),
                "{id}"
            );
        }
    });
}

/// Not even a client may ask about a token of its own that does not name it.
#[test]
fn a_client_is_told_that_its_own_token_is_inactive_where_it_does_not_name_it() {
    run(async |env| {
        let id = "surprise-own-token";
        let changes = json!({"secret": "own-7f3a", "serviceAccountsEnabled": true});
        env.resource_server(id, changes).await;
        let client = Client::confidential(id, "own-7f3a");
        let own = env.shop.client_credentials(client).await.unwrap().access;
        assert_eq!(payload_of(&own)["azp"], id);
        let answer = env.shop.introspect(client, &own).await.unwrap();
        assert_eq!(answer["active"], false);

        let id = "surprise-own-token-named";
        let changes = json!({
            "secret": "own-7f3a",
            "serviceAccountsEnabled": true,
            "protocolMappers": [audience_mapper(id)],
        });
        env.resource_server(id, changes).await;
        let client = Client::confidential(id, "own-7f3a");
        let own = env.shop.client_credentials(client).await.unwrap().access;
        let answer = env.shop.introspect(client, &own).await.unwrap();
        assert_eq!(answer["active"], true);
    });
}

async fn head_of(request: RequestBuilder) -> HeaderMap {
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    answer.headers().clone()
}

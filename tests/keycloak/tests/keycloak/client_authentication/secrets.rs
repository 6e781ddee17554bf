use portcullis::{ClientAuthentication, Realm};
use reqwest::StatusCode;
use serde_json::json;

use super::{SECRET, Scene};
use crate::{
    environment::{WAREHOUSE, run},
    service::Service,
};

#[test]
fn client_secret_basic() {
    run(async |env| {
        let id = "authenticates-basic";
        let scene = Scene::set(env, id, json!({ "secret": SECRET })).await;
        let basic = |secret| ClientAuthentication::client_secret_basic(id, secret).unwrap();
        scene.assert_taken(&basic(SECRET)).await;
        scene.assert_our_fault(&basic("wrong-secret")).await;
    });
}

#[test]
fn client_secret_post() {
    run(async |env| {
        let id = "authenticates-post";
        let scene = Scene::set(env, id, json!({ "secret": SECRET })).await;
        let post = |secret| ClientAuthentication::client_secret_post(id, secret).unwrap();
        scene.assert_taken(&post(SECRET)).await;
        scene.assert_our_fault(&post("wrong-secret")).await;
    });
}

#[test]
fn a_client_secret_by_what_keycloak_offers() {
    run(async |env| {
        let id = "authenticates-by-offer";
        let scene = Scene::set(env, id, json!({ "secret": SECRET })).await;
        let offered = |secret| ClientAuthentication::client_secret(id, secret).unwrap();
        scene.assert_taken(&offered(SECRET)).await;
        scene.assert_our_fault(&offered("wrong-secret")).await;
    });
}

#[test]
fn client_secret_jwt() {
    run(async |env| {
        let id = "authenticates-secret-jwt";
        let client = json!({
            "clientAuthenticatorType": "client-secret-jwt",
            "secret": SECRET,
            "attributes": { "token.endpoint.auth.signing.alg": "HS256" },
        });
        let scene = Scene::set(env, id, client).await;
        let jwt = |secret| ClientAuthentication::client_secret_jwt(id, secret).unwrap();
        scene.assert_taken(&jwt(SECRET)).await;
        let wrong = "another secret of more than 32 bytes";
        scene.assert_our_fault(&jwt(wrong)).await;
        // Keycloak takes the secret of such a client in no other way.
        let basic = ClientAuthentication::client_secret_basic(id, SECRET).unwrap();
        scene.assert_our_fault(&basic).await;
    });
}

#[test]
fn a_secret_that_is_renewed_at_keycloak_is_our_fault_from_then_on() {
    run(async |env| {
        let id = "authenticates-renewed";
        let scene = Scene::set(env, id, json!({ "secret": SECRET })).await;
        let client = ClientAuthentication::client_secret(id, SECRET).unwrap();
        let service = Service::asking(scene.issuer(&client).build().unwrap().hybrid());
        let token = &scene.tokens.access;
        service.pay(token).await.assert(StatusCode::OK);
        let renewed = json!({ "secret": "another-secret" });
        env.admin.patch_client(id, &renewed).await.unwrap();
        service.pay(token).await.assert_misconfigured();
        service.me(token).await.assert(StatusCode::OK);
    });
}

#[test]
fn a_bearer_token_is_no_credential_at_keycloak() {
    run(async |env| {
        let (_, tokens) = env.logged_in("authenticates-bearer", &[]).await;
        let own = env.shop.client_credentials(WAREHOUSE).await.unwrap();
        let client = ClientAuthentication::bearer(own.access).unwrap();
        let issuer = Realm::new(env.shop.issuer())
            .unwrap()
            .audience("orders-api")
            .client_authentication(client)
            .build()
            .unwrap();
        let service = Service::asking(issuer.hybrid());
        service.pay(&tokens.access).await.assert_misconfigured();
    });
}

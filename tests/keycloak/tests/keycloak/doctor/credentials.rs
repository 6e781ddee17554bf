use portcullis_keycloak_suite::Client;
use serde_json::json;

use super::Doctor;
use crate::environment::{ORDERS_API_ODD, run};

#[test]
fn wrong_secret() {
    run(async |env| {
        let client = Client::confidential("orders-api", "not-this-one-7f3a");
        let doctor = Doctor::at(env.shop.issuer()).client(client);
        doctor
            .assert_first_wrong("credentials", "wrong_secret")
            .await;
        let client = Client::confidential("orders-apy", "orders-secret");
        let doctor = Doctor::at(env.shop.issuer()).client(client);
        doctor
            .assert_first_wrong("credentials", "unknown_client")
            .await;
    });
}

/// Sent as it is where it has to be encoded, and encoded where that is done by itself.
#[test]
fn secret_that_is_wrongly_encoded() {
    run(async |env| {
        let doctor = Doctor::at(env.shop.issuer()).client(ORDERS_API_ODD);
        doctor.assert_nothing_wrong().await;
        let raw = doctor.arguments(&["--basic-encoding", "raw"]);
        raw.assert_first_wrong("credentials", "secret_wrongly_encoded")
            .await;
        let encoded = Client::confidential(ORDERS_API_ODD.id, "%25%2B%3A%20%2F%C3%A9");
        let doctor = Doctor::at(env.shop.issuer()).client(encoded);
        doctor
            .assert_first_wrong("credentials", "secret_wrongly_encoded")
            .await;
    });
}

#[test]
fn public_client() {
    run(async |env| {
        let client = Client::confidential("shop-web", "it-has-none-7f3a");
        let doctor = Doctor::at(env.shop.issuer()).client(client);
        doctor
            .assert_first_wrong("credentials", "public_client")
            .await;
    });
}

#[test]
fn disabled_client() {
    run(async |env| {
        let client = Client::confidential("doctor-disabled", "secret-7f3a");
        let changes = json!({"secret": client.secret, "enabled": false});
        env.resource_server(client.id, changes).await;
        let doctor = Doctor::at(env.shop.issuer()).client(client);
        doctor
            .assert_first_wrong("credentials", "disabled_client")
            .await;
        let enabled = json!({"enabled": true});
        env.admin.patch_client(client.id, &enabled).await.unwrap();
        doctor.assert_nothing_wrong().await;
    });
}

#[test]
fn client_that_proves_itself_by_another_method() {
    run(async |env| {
        let secret = "a secret of more than 32 bytes: 7f3a";
        let client = Client::confidential("doctor-secret-jwt", secret);
        let changes = json!({
            "secret": secret,
            "clientAuthenticatorType": "client-secret-jwt",
        });
        env.resource_server(client.id, changes).await;
        let doctor = Doctor::at(env.shop.issuer()).client(client);
        doctor
            .assert_first_wrong("credentials", "wrong_method")
            .await;
        let doctor = doctor.arguments(&["--client-method", "jwt"]);
        doctor.assert_nothing_wrong().await;
    });
}

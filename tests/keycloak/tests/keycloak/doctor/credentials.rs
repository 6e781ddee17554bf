use std::fs;

use portcullis_keycloak_suite::{Authority, Client, SUITE};
use serde_json::json;

use super::{Doctor, scene::check};
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
fn client_with_a_certificate() {
    run(async |env| {
        let id = "doctor-certificate";
        let client = json!({
            "clientAuthenticatorType": "client-x509",
            "serviceAccountsEnabled": true,
            "attributes": {
                "x509.subjectdn": Authority::subject(id),
                "x509.casubjectdn": Authority::subject("Authority"),
                "x509.allow.regex.pattern.comparison": "false",
            },
        });
        env.resource_server(id, client).await;
        let (own, other, root) = {
            let server = env.server.lock().await;
            let authority = server.authority();
            (
                authority.client(id).unwrap(),
                authority.client("somebody-else").unwrap(),
                authority.pem().to_owned(),
            )
        };
        let file = |name: &str, text: &str| {
            let path = SUITE.run_dir().unwrap().join(format!("{id}-{name}.pem"));
            fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (own, other, root) = (
            file("own", &own),
            file("other", &other),
            file("root", &root),
        );
        let doctor = Doctor::at(env.shop_over_tls.issuer()).client(Client::public(id));
        let doctor = doctor.arguments(&["--root-certificate", &root]);
        let by = |path| doctor.clone().arguments(&["--client-certificate", path]);
        let report = by(&own).assert_nothing_wrong().await;
        assert_eq!(check(&report, "clock")["mark"], "good", "{report:#}");
        by(&other)
            .assert_first_wrong("credentials", "wrong_certificate")
            .await;
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

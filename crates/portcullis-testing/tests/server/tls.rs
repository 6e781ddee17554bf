//! HTTPS, and clients that show a certificate.

use portcullis_testing::{
    AuthenticationMethod, AuthorizationServer, Client, ClientCertificate, Endpoint, Fault,
};
use reqwest::{Certificate, Identity, Response};
use serde_json::{Value, json};

async fn start() -> AuthorizationServer {
    let builder = AuthorizationServer::builder().tls();
    builder.start().await.unwrap()
}

/// A client that trusts the server, with a certificate or without.
fn https(server: &AuthorizationServer, shown: Option<&ClientCertificate>) -> reqwest::Client {
    let root = server.root_certificate().unwrap();
    let builder = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([Certificate::from_pem(root.as_bytes()).unwrap()]);
    let builder = match shown {
        Some(shown) => {
            let pem = shown.certificate_pem() + &shown.private_key_pem();
            builder.identity(Identity::from_pem(pem.as_bytes()).unwrap())
        }
        None => builder,
    };
    builder.build().unwrap()
}

async fn introspect(
    server: &AuthorizationServer,
    shown: Option<&ClientCertificate>,
    fields: &[(&str, &str)],
) -> Response {
    let request = https(server, shown).post(server.url(Endpoint::Introspection));
    request.form(fields).send().await.unwrap()
}

#[tokio::test]
async fn everything_is_https_and_trusted_by_its_root_alone() {
    let server = start().await;
    assert!(server.issuer().starts_with("https://127.0.0.1:"));
    let answer = https(&server, None).get(server.url(Endpoint::Discovery));
    let document: Value = answer.send().await.unwrap().json().await.unwrap();
    assert_eq!(document["issuer"], server.issuer());
    assert_eq!(document["jwks_uri"], server.url(Endpoint::Jwks));
    let methods = document["token_endpoint_auth_methods_supported"].as_array();
    assert!(methods.unwrap().contains(&json!("tls_client_auth")));

    let others = start().await;
    let stranger = https(&others, None).get(server.url(Endpoint::Discovery));
    assert!(stranger.send().await.is_err());
    assert_eq!(server.request_count(Endpoint::Discovery), 1);

    let plain = AuthorizationServer::start().await.unwrap();
    assert!(plain.root_certificate().is_none());
    assert!(plain.client_certificate("x").is_none());
}

#[tokio::test]
async fn a_certificate_authenticates_its_client_alone() {
    let server = start().await;
    let own = server.client_certificate("orders-api").unwrap();
    let twin = server.client_certificate("orders-api").unwrap();
    let secret = "orders-secret";
    server.add_client(Client::new("orders-api", secret).certificate(&own));
    server.add_client(Client::new("billing-api", "billing-secret"));
    let named = [("token", "x"), ("client_id", "orders-api")];
    let status = async |shown, fields: &[(&str, &str)]| {
        introspect(&server, shown, fields).await.status().as_u16()
    };
    assert_eq!(status(Some(&own), &named).await, 200);
    let recorded = server.requests(Endpoint::Introspection);
    let shown = recorded.last().unwrap().client_certificate.as_deref();
    assert_eq!(shown, Some(own.certificate_der()));

    assert_eq!(status(Some(&twin), &named).await, 401);
    assert_eq!(status(None, &named).await, 401);
    assert_eq!(status(Some(&own), &[("token", "x")]).await, 401);
    let another = [("token", "x"), ("client_id", "billing-api")];
    assert_eq!(status(Some(&own), &another).await, 401);
    // With a secret the certificate is no authentication.
    let both = [named[0], named[1], ("client_secret", secret)];
    assert_eq!(status(Some(&own), &both).await, 200);
    assert_eq!(status(Some(&twin), &both).await, 200);
    let wrong = [named[0], named[1], ("client_secret", "wrong")];
    assert_eq!(status(Some(&own), &wrong).await, 401);

    server.set_authentication_methods([AuthenticationMethod::ClientSecretPost]);
    assert_eq!(status(Some(&own), &named).await, 401);
}

#[tokio::test]
async fn a_certificate_by_another_authority_ends_the_handshake() {
    let (server, others) = (start().await, start().await);
    let foreign = others.client_certificate("orders-api").unwrap();
    let request = https(&server, Some(&foreign)).get(server.url(Endpoint::Jwks));
    assert!(request.send().await.is_err());
    assert_eq!(server.total_request_count(), 0);
}

#[tokio::test]
async fn faults_happen_inside_of_tls_too() {
    let server = start().await;
    let get = || https(&server, None).get(server.url(Endpoint::Jwks)).send();
    server.inject(Endpoint::Jwks, Fault::drop_before_answer().times(1));
    assert!(get().await.is_err());
    server.inject(Endpoint::Jwks, Fault::drop_mid_answer().times(1));
    let broken = get().await.unwrap();
    assert_eq!(broken.status(), 200);
    assert!(broken.bytes().await.is_err());
    assert_eq!(
        get().await.unwrap().json::<Value>().await.unwrap(),
        server.jwks()
    );
}

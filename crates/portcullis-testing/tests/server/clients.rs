//! What clients ask for, and how they show who they are.

use std::time::Duration;

use portcullis_testing::{AuthorizationServer, Client, Endpoint, SigningAlgorithm, TokenFormat};
use serde_json::{Value, json};

use crate::support::{decode, http, introspect, introspection, is_active};

#[tokio::test]
async fn clients_have_to_authenticate() {
    let server = AuthorizationServer::builder()
        .client("orders-api", "orders-secret")
        .client("rs client", "p@ss:w%rd+/é &=")
        .add_client(Client::new("raw", "w%rd+x").raw_basic_credentials())
        .add_client(Client::public("browser"))
        .start()
        .await
        .unwrap();
    let url = server.url(Endpoint::Introspection);
    let basic = |id: &str, secret: &str| {
        http()
            .post(&url)
            .basic_auth(id, Some(secret))
            .form(&[("token", "x")])
            .send()
    };
    let form = |fields: &[(&str, &str)]| http().post(&url).form(fields).send();

    assert_eq!(
        basic("orders-api", "orders-secret").await.unwrap().status(),
        200
    );
    assert_eq!(
        basic("rs+client", "p%40ss%3Aw%25rd%2B%2F%C3%A9+%26%3D")
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(
        basic("rs client", "p@ss:w%rd+/é &=")
            .await
            .unwrap()
            .status(),
        400
    );
    assert_eq!(basic("raw", "w%rd+x").await.unwrap().status(), 200);
    for (id, secret) in [("orders-api", "wrong"), ("nobody", "orders-secret")] {
        let response = basic(id, secret).await.unwrap();
        assert_eq!(response.status(), 401);
        assert!(response.headers().contains_key("www-authenticate"));
        assert_eq!(
            response.json::<Value>().await.unwrap()["error"],
            "invalid_client"
        );
    }

    let credentials = [
        ("client_id", "orders-api"),
        ("client_secret", "orders-secret"),
        ("token", "x"),
    ];
    assert_eq!(form(&credentials).await.unwrap().status(), 200);
    assert_eq!(form(&[("token", "x")]).await.unwrap().status(), 401);
    let public = form(&[("token", "x"), ("client_id", "browser")]);
    assert_eq!(public.await.unwrap().status(), 403);
    for secret in ["", "whatever"] {
        assert_eq!(basic("browser", secret).await.unwrap().status(), 403);
    }
    let both = http()
        .post(&url)
        .basic_auth("orders-api", Some("orders-secret"))
        .form(&credentials);
    assert_eq!(both.send().await.unwrap().status(), 400);

    server.add_client(Client::new("orders-api", "renewed"));
    assert_eq!(
        basic("orders-api", "orders-secret").await.unwrap().status(),
        401
    );
    server.remove_client("raw");
    assert_eq!(basic("raw", "w").await.unwrap().status(), 401);
}

#[tokio::test]
async fn the_token_endpoint_grants_client_credentials() {
    let server = AuthorizationServer::builder()
        .client("orders-api", "orders-secret")
        .add_client(
            Client::new("job", "job-secret")
                .audience(["orders-api", "billing-api"])
                .algorithm(SigningAlgorithm::ES256)
                .token_lifetime(Duration::from_secs(60)),
        )
        .add_client(Client::new("opaque", "s").token_format(TokenFormat::Opaque))
        .add_client(Client::new("light", "s").token_format(TokenFormat::Lightweight))
        .start()
        .await
        .unwrap();
    let ask = async |id: &str, secret: &str, fields: &[(&str, &str)]| {
        let request = http()
            .post(server.url(Endpoint::Token))
            .basic_auth(id, Some(secret))
            .form(fields);
        request.send().await.unwrap().json::<Value>().await.unwrap()
    };
    let grant = ("grant_type", "client_credentials");

    let answer = ask("job", "job-secret", &[grant, ("scope", "orders")]).await;
    assert_eq!(answer["expires_in"], 60);
    assert_eq!(answer["token_type"], "Bearer");
    let (header, claims) = decode(answer["access_token"].as_str().unwrap());
    assert_eq!(header["alg"], "ES256");
    assert_eq!(claims["aud"], json!(["orders-api", "billing-api"]));
    assert_eq!(claims["client_id"], "job");
    assert_eq!(claims["scope"], "orders");
    assert!(claims.get("sid").is_none());

    let opaque = ask("opaque", "s", &[grant]).await["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(!opaque.contains('.'));
    assert_eq!(introspect(&server, &opaque).await["client_id"], "opaque");
    let light = ask("light", "s", &[grant]).await["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(decode(&light).1.get("sub").is_none());
    assert_eq!(
        introspect(&server, &light).await["sub"],
        "service-account-light"
    );

    assert_eq!(
        ask("job", "wrong", &[grant]).await["error"],
        "invalid_client"
    );
    assert_eq!(
        ask("job", "job-secret", &[("grant_type", "password")]).await["error"],
        "unsupported_grant_type"
    );
}

#[tokio::test]
async fn the_revocation_endpoint_revokes_for_clients_only() {
    let server = AuthorizationServer::start().await.unwrap();
    let token = server.token().opaque_value("a+b/c=~");
    let revoke = |secret: &str| {
        let request = http()
            .post(server.url(Endpoint::Revocation))
            .basic_auth("orders-api", Some(secret));
        request.form(&[("token", &token)]).send()
    };
    assert_eq!(revoke("wrong").await.unwrap().status(), 401);
    assert!(is_active(&server, &token).await);
    assert_eq!(revoke("orders-secret").await.unwrap().status(), 200);
    assert!(!is_active(&server, &token).await);
    assert_eq!(revoke("orders-secret").await.unwrap().status(), 200);
}

#[tokio::test]
async fn requests_are_recorded_as_they_were_sent() {
    let server = AuthorizationServer::start().await.unwrap();
    introspection(&server, "a+b/c=~").send().await.unwrap();
    server.wait_for_requests(Endpoint::Introspection, 1).await;
    let requests = server.requests(Endpoint::Introspection);
    let [request] = requests.as_slice() else {
        panic!("{requests:?}")
    };
    assert_eq!(request.method, "POST");
    assert_eq!(
        request.target,
        "/realms/test/protocol/openid-connect/token/introspect"
    );
    assert_eq!(
        request.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(
        request.header("authorization"),
        Some("Basic b3JkZXJzLWFwaTpvcmRlcnMtc2VjcmV0")
    );
    assert!(request.body.starts_with(b"token=a%2Bb%2Fc%3D"));
    assert_eq!(request.form(), [("token".to_owned(), "a+b/c=~".to_owned())]);
    assert_eq!(request.form_value("token").as_deref(), Some("a+b/c=~"));
    server.clear_requests();
    assert_eq!(server.total_request_count(), 0);
}

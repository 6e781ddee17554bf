//! Why an issuer cannot be connected to, told apart.

use portcullis::{ConfigError, ConnectError, HttpError, Issuer, Realm};
use portcullis_testing::{AuthorizationServer, Endpoint, Fault};
use serde_json::json;

async fn refused(issuer: &str) -> ConnectError {
    let realm = Realm::new(issuer).unwrap().audience("orders-api");
    realm.connect().await.map(drop).unwrap_err()
}

#[tokio::test]
async fn the_issuer_that_was_found_is_told() {
    let server = AuthorizationServer::start().await.unwrap();
    server.patch_discovery(&json!({"issuer": "https://id.example.com/realms/test"}));
    let error = refused(server.issuer()).await;
    assert_eq!(
        error.found_issuer(),
        Some("https://id.example.com/realms/test")
    );
    assert_eq!((error.status(), error.http_error()), (None, None));
    assert!(error.settings().is_none());
}

#[tokio::test]
async fn the_status_of_an_answer_is_told() {
    let server = AuthorizationServer::start().await.unwrap();
    let error = refused(&format!("{}/realms/nope", server.origin())).await;
    assert_eq!(error.status().map(|status| status.as_u16()), Some(404));
    assert_eq!((error.found_issuer(), error.http_error()), (None, None));

    server.inject(Endpoint::Jwks, Fault::status(500));
    let error = refused(server.issuer()).await;
    assert_eq!(error.status().map(|status| status.as_u16()), Some(500));
}

#[tokio::test]
async fn a_call_without_an_answer_is_told() {
    let server = AuthorizationServer::start().await.unwrap();
    let issuer = server.issuer().to_owned();
    drop(server);
    let error = refused(&issuer).await;
    assert!(
        matches!(error.http_error(), Some(HttpError::Unreachable(_))),
        "{error}"
    );
    assert_eq!((error.found_issuer(), error.status()), (None, None));
}

#[tokio::test]
async fn settings_that_do_not_go_together_are_told() {
    let issuer = Issuer::builder("https://id.example.com").unwrap();
    let error = issuer.connect().await.map(drop).unwrap_err();
    assert_eq!(error.settings().map(ConfigError::setting), Some("audience"));
    assert_eq!((error.found_issuer(), error.status()), (None, None));
}

//! A token whose first part is a JSON object is a JWT, and the server is never asked about a bad one.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis::{AuthenticateLayer, Realm};
use portcullis_testing::{AuthorizationServer, Endpoint};
use tower::{Layer, service_fn};

use crate::support::{greet, request, send};

/// Whether the server is asked about a token with this first part.
async fn is_asked_about(first: &[u8]) -> bool {
    let server = AuthorizationServer::builder()
        .audience("orders-api")
        .client("orders-api", "secret");
    let server = server.start().await.unwrap();
    let realm = Realm::new(server.issuer()).unwrap().audience("orders-api");
    let realm = realm.client_secret("orders-api", "secret").connect();
    let layer = AuthenticateLayer::new(realm.await.unwrap().hybrid());
    let token = format!("{}.e30.c2ln", URL_SAFE_NO_PAD.encode(first));
    let seen = send(layer.layer(service_fn(greet)), request(Some(&token))).await;
    assert_eq!(seen.status, 401, "{seen:?}");
    !server.requests(Endpoint::Introspection).is_empty()
}

/// The beginning of an object, which ends within a character where the last of so many bytes would be its first.
fn object(bytes: usize) -> Vec<u8> {
    let begun = r#"{"kid":""#.len();
    let shift = 1 - (bytes - begun) % 2;
    let mut object = format!(r#"{{"kid":"{}"#, "a".repeat(shift)).into_bytes();
    object.extend("é".repeat(bytes).bytes());
    object.truncate(bytes);
    assert!(std::str::from_utf8(&object).is_err());
    object
}

/// So many bytes are looked at.
const BEGINNING: usize = 768;

#[tokio::test]
async fn a_long_header_is_one_wherever_its_beginning_ends() {
    for shift in ["", "a"] {
        let header = format!(r#"{{"kid":"{shift}{}"}}"#, "é".repeat(BEGINNING));
        assert!(!is_asked_about(header.as_bytes()).await, "{shift}");
    }
}

#[tokio::test]
async fn what_is_no_text_is_no_header() {
    let mut cut_short = object(BEGINNING);
    assert!(is_asked_about(&cut_short).await);
    // The same bytes are the beginning of a text if there are more of them.
    cut_short.extend(b"\xa9");
    assert!(!is_asked_about(&cut_short).await);
    let mut random = object(BEGINNING);
    random.insert(10, 0xff);
    random.extend(b"and more of it");
    assert!(is_asked_about(&random).await);
}

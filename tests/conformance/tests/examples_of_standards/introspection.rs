//! RFC 9701 §5: the answer about an access token.

use http::StatusCode;
use portcullis_conformance::{get, protected};
use serde_json::Value;

use crate::support::Example;

const HEADER: &str = r#"{
     "typ": "token-introspection+jwt",
     "alg": "RS256",
     "kid": "wG6D"
   }"#;
const ANSWER: &str = r#"{
     "iss":"https://as.example.com/",
     "aud":"https://rs.example.com/resource",
     "iat":1514797892,
     "token_introspection":
        {
           "active":true,
           "iss":"https://as.example.com/",
           "aud":"https://rs.example.com/resource",
           "iat":1514797822,
           "exp":1514797942,
           "client_id":"paiB2goo0a",
           "scope":"read write dolphin",
           "sub":"Z5O3upPC88QrAjx00dis",
           "birthdate":"1982-02-01",
           "given_name":"John",
           "family_name":"Doe",
           "jti":"t1FoCCaZd4Xv4ORJUWVUeTZfsKhW30CQCrWDDjwXy6w"
        }
   }"#;

/// What the resource server makes of the answer, and whom it knows then.
async fn outcome(client_id: &str, now: u64, header: &str) -> (StatusCode, Option<Value>) {
    let example = Example::of("https://as.example.com/", "wG6D", now);
    let answer = example.key.sign_raw(header, ANSWER);
    let media_type = "application/token-introspection+jwt";
    example.published.put("/introspect", media_type, answer);
    let issuer = example
        .issuer()
        .audience("https://rs.example.com/resource")
        .client_secret(client_id, "secret")
        .introspection_endpoint("https://as.example.com/introspect")
        .signed_introspection();
    let router = protected(issuer.build().unwrap().introspection());
    let reply = get(&router, "2YotnFZFEjr1zCsicMWpAA").await;
    let is_good = reply.status == StatusCode::OK;
    (reply.status, is_good.then(|| reply.json()))
}

#[tokio::test]
async fn the_answer_of_rfc_9701_is_good_for_whom_it_is_meant_and_then() {
    // The resource server of the example is known by its address.
    let us = "https://rs.example.com/resource";
    let (status, claims) = outcome(us, 1_514_797_892, HEADER).await;
    assert_eq!(status, StatusCode::OK);
    let claims = claims.unwrap();
    assert_eq!(claims["sub"], "Z5O3upPC88QrAjx00dis");

    let unusable = StatusCode::SERVICE_UNAVAILABLE;
    let other = "https://other.example.com/resource";
    assert_eq!(outcome(other, 1_514_797_892, HEADER).await.0, unusable);
    assert_eq!(outcome(us, 1_514_797_892 + 61, HEADER).await.0, unusable);
    let untyped = r#"{"alg":"RS256","kid":"wG6D"}"#;
    assert_eq!(outcome(us, 1_514_797_892, untyped).await.0, unusable);
    let unknown = HEADER.replace("wG6D", "Dw6G");
    assert_eq!(outcome(us, 1_514_797_892, &unknown).await.0, unusable);
}

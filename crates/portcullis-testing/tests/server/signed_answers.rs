//! Introspection answers that are signed, RFC 9701, and Keycloak's that hold a signed token.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_testing::{
    Answer, AuthorizationServer, Client, Endpoint, Fault, SigningAlgorithm, SigningKey,
};
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{START, TestClock, decode, get_json, introspect, introspection};

const SIGNED: &str = "application/token-introspection+jwt";

async fn ask(server: &AuthorizationServer, token: &str, accept: &str) -> Response {
    let request = introspection(server, token).header("accept", accept);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    answer
}

fn content_type(answer: &Response) -> &str {
    answer.headers()["content-type"].to_str().unwrap()
}

fn verifies(jwt: &str, algorithm: &'static dyn VerificationAlgorithm, key: &SigningKey) -> bool {
    let (message, signature) = jwt.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(algorithm, key.public_key_der())
        .verify(message.as_bytes(), &signature)
        .is_ok()
}

#[tokio::test]
async fn a_signed_answer_says_who_asked_whom_and_when() {
    let clock = TestClock::new();
    let server = AuthorizationServer::builder()
        .clock(clock.as_function())
        .start()
        .await
        .unwrap();
    server.set_signed_introspection(true);
    let token = server.token().audience("billing-api").opaque();
    let answer = ask(&server, &token, SIGNED).await;
    assert_eq!(content_type(&answer), SIGNED);
    let jwt = answer.text().await.unwrap();
    let key = server.signing_key(SigningAlgorithm::RS256);
    assert!(verifies(&jwt, &RSA_PKCS1_2048_8192_SHA256, &key));
    let (header, claims) = decode(&jwt);
    assert_eq!(
        header,
        json!({"alg": "RS256", "typ": "token-introspection+jwt", "kid": key.key_id()})
    );
    assert_eq!(
        claims,
        json!({
            "iss": server.issuer(),
            "aud": "orders-api",
            "iat": START,
            "token_introspection": server.introspect(&token),
        })
    );

    let inactive = ask(&server, "garbage", SIGNED).await.text().await.unwrap();
    assert_eq!(
        decode(&inactive).1["token_introspection"],
        json!({"active": false})
    );
    server.set_introspection_answer("preset", json!({"active": "true"}));
    let preset = ask(&server, "preset", SIGNED).await.text().await.unwrap();
    assert_eq!(
        decode(&preset).1["token_introspection"],
        json!({"active": "true"})
    );
}

#[tokio::test]
async fn json_is_the_answer_to_whoever_does_not_ask_or_may_not() {
    let server = AuthorizationServer::start().await.unwrap();
    let token = server.token().jwt();
    let signed = async |accept: &str| {
        let answer = ask(&server, &token, accept).await;
        content_type(&answer) == SIGNED
    };
    assert!(!signed(SIGNED).await);
    server.set_signed_introspection(true);
    assert!(signed(SIGNED).await);
    assert!(signed("application/json;q=0.5, Application/Token-Introspection+JWT").await);
    for other in [
        "application/json",
        "*/*",
        "application/jwt",
        "application/token-introspection+jwt;q=0, application/json",
    ] {
        assert!(!signed(other).await, "{other}");
    }
    let document = get_json(server.url(Endpoint::Discovery)).await;
    assert!(document["introspection_signing_alg_values_supported"].is_array());
    server.set_signed_introspection(false);
    assert!(!signed(SIGNED).await);
    let document = get_json(server.url(Endpoint::Discovery)).await;
    assert!(
        document
            .get("introspection_signing_alg_values_supported")
            .is_none()
    );
}

#[tokio::test]
async fn a_client_chooses_the_algorithm() {
    let secret = "orders-secret";
    let client =
        |algorithm| Client::new("orders-api", secret).introspection_signing_algorithm(algorithm);
    let server = AuthorizationServer::start().await.unwrap();
    let token = server.token().jwt();
    server.add_client(client(SigningAlgorithm::ES256));
    let jwt = ask(&server, &token, SIGNED).await.text().await.unwrap();
    let key = server.signing_key(SigningAlgorithm::ES256);
    assert!(verifies(&jwt, &ECDSA_P256_SHA256_FIXED, &key));
    assert_eq!(decode(&jwt).0["kid"], key.key_id());

    server.add_client(client(SigningAlgorithm::HS256));
    let jwt = ask(&server, &token, SIGNED).await.text().await.unwrap();
    let (header, _) = decode(&jwt);
    assert_eq!(
        header,
        json!({"alg": "HS256", "typ": "token-introspection+jwt"})
    );
    let (message, signature) = jwt.rsplit_once('.').unwrap();
    let hmac = SigningKey::hmac(SigningAlgorithm::HS256, secret).unwrap();
    let expected = URL_SAFE_NO_PAD.encode(hmac.sign(message.as_bytes()));
    assert_eq!(signature, expected);
}

#[tokio::test]
async fn a_bent_answer_is_a_fault_over_a_raw_signature() {
    let server = AuthorizationServer::start().await.unwrap();
    let key = server.signing_key(SigningAlgorithm::RS256);
    let jwt = key.sign_raw(
        json!({"alg": "RS256", "typ": "JWT", "kid": key.key_id()}).to_string(),
        json!({"iss": server.issuer(), "token_introspection": {"active": true}}).to_string(),
    );
    let bent = Answer::new(200)
        .header("content-type", SIGNED)
        .header("cache-control", "no-store")
        .body(jwt.as_str());
    server.inject(Endpoint::Introspection, Fault::answer(bent));
    let answer = ask(&server, "x", SIGNED).await;
    assert_eq!(content_type(&answer), SIGNED);
    assert_eq!(answer.text().await.unwrap(), jwt);
}

#[tokio::test]
async fn keycloaks_answer_holds_the_whole_token() {
    let server = AuthorizationServer::builder()
        .add_client(Client::new("orders-api", "orders-secret").jwt_in_introspection())
        .start()
        .await
        .unwrap();
    let token = server.token().realm_roles(["admin"]).lightweight();
    let answer = ask(&server, &token, "application/jwt").await;
    assert_eq!(content_type(&answer), "application/json");
    let mut answer: Value = answer.json().await.unwrap();
    let jwt = answer.as_object_mut().unwrap().remove("jwt").unwrap();
    let jwt = jwt.as_str().unwrap();
    assert_eq!(answer, server.introspect(&token));
    let key = server.signing_key(SigningAlgorithm::RS256);
    assert!(verifies(jwt, &RSA_PKCS1_2048_8192_SHA256, &key));
    let (header, claims) = decode(jwt);
    assert_eq!(header["typ"], "JWT");
    assert_eq!(claims["sub"], "alice");
    assert_eq!(claims["realm_access"]["roles"], json!(["admin"]));
    assert!(claims.get("active").is_none() && claims.get("username").is_none());

    assert!(introspect(&server, &token).await.get("jwt").is_none());
    server.revoke(&token);
    let inactive = ask(&server, &token, "application/jwt").await;
    assert_eq!(
        inactive.json::<Value>().await.unwrap(),
        json!({"active": false})
    );
    let token = server.token().lightweight();
    server.add_client(Client::new("orders-api", "orders-secret"));
    let plain: Value = ask(&server, &token, "application/jwt")
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(plain, server.introspect(&token));
}

//! F8: an answer is signed by the issuer, with an algorithm that is allowed.

use http::StatusCode;
use portcullis_conformance::{base64url, get, parts, with_signature};
use portcullis_testing::{Endpoint, Fault, Rotation, SigningAlgorithm, SigningKey};

use crate::support::Signed;

#[tokio::test]
async fn f8_every_algorithm_of_the_issuers_is_good() {
    let signed = Signed::start().await;
    for algorithm in [
        SigningAlgorithm::RS256,
        SigningAlgorithm::PS256,
        SigningAlgorithm::ES256,
        SigningAlgorithm::EdDSA,
    ] {
        let key = signed.world.server.signing_key(algorithm);
        // Keys that were made just now are fetched for the first answer.
        let mut header = signed.header();
        header["alg"] = algorithm.name().into();
        header["kid"] = key.key_id().into();
        let answer = key.sign_raw(header.to_string(), signed.payload().to_string());
        signed.assert_good(&answer, algorithm.name()).await;
    }
}

#[tokio::test]
async fn f8_an_answer_that_the_issuer_has_not_signed_is_503() {
    let signed = Signed::start().await;
    let good = signed.answer();
    signed.assert_good(&good, "good").await;
    let [header, payload, signature] = parts(&good);
    let resigned = |key: &SigningKey, alg: &str| {
        let mut header = signed.header();
        header["alg"] = alg.into();
        key.sign_raw(header.to_string(), signed.payload().to_string())
    };
    let stranger = SigningKey::generate(SigningAlgorithm::RS256);
    let public = signed.key().public_key_der();
    let confused = SigningKey::hmac(SigningAlgorithm::HS256, public).unwrap();
    let mut unknown = signed.header();
    unknown["kid"] = "nobody's".into();
    let none = base64url(r#"{"alg":"none","typ":"token-introspection+jwt"}"#);
    for (case, answer) in [
        ("a stranger's key", resigned(&stranger, "RS256")),
        ("the public key as a secret", resigned(&confused, "HS256")),
        ("an unknown key", signed.sign(&unknown, &signed.payload())),
        ("alg none", format!("{none}.{payload}.")),
        ("no signature", format!("{header}.{payload}.")),
        (
            "a signature cut short",
            format!("{header}.{payload}.{}", signature.split_at(20).0),
        ),
        ("another signature", with_signature(&good, [0; 256])),
        ("two parts", format!("{header}.{payload}")),
        ("no parts", "active".to_owned()),
        ("nothing", String::new()),
    ] {
        signed.assert_unusable(&answer, case).await;
    }
}

#[tokio::test]
async fn f8_a_rotation_between_two_answers_is_followed() {
    let signed = Signed::start().await;
    signed.assert_good(&signed.answer(), "before").await;
    let rotation = Rotation::DropOld;
    let _ = signed
        .world
        .server
        .rotate(SigningAlgorithm::RS256, rotation);
    signed.assert_good(&signed.answer(), "after").await;
}

#[tokio::test]
async fn f8_without_the_keys_nothing_is_known() {
    let signed = Signed::start().await;
    let rotation = Rotation::DropOld;
    let _ = signed
        .world
        .server
        .rotate(SigningAlgorithm::RS256, rotation);
    let server = &signed.world.server;
    server.inject(Endpoint::Jwks, Fault::status(500));
    signed.assert_unusable(&signed.answer(), "keys away").await;
    let token = server.token().opaque();
    // What the server signs honestly is JSON here, and so is refused as well.
    assert_eq!(
        get(&signed.router, &token).await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

//! Answers that the issuer signs: they say whose a token is.

use http::StatusCode;
use portcullis_conformance::T0;
use portcullis_testing::{SigningAlgorithm, SigningKey};
use serde_json::{Value, json};

use super::{
    answers::{NAME, SESSION, active, answer},
    scene::{ID, SECRET, Scene},
};

const SIGNED: &str = "application/token-introspection+jwt";

/// Payloads of signed answers that are good, and that are bad each in its own way.
fn payloads(scene: &Scene) -> Vec<Value> {
    let good = json!({
        "iss": scene.world.server.issuer(), "aud": ID, "iat": T0,
        "token_introspection": active(scene),
    });
    let changes = [
        json!({"iss": NAME}),
        json!({"iss": [NAME]}),
        json!({"aud": NAME}),
        json!({"aud": {"name": NAME}}),
        json!({"iat": 1}),
        json!({"iat": NAME}),
        json!({"token_introspection": NAME}),
        json!({"token_introspection": {"active": NAME}}),
        json!({"token_introspection": {"active": true, "exp": NAME}}),
        json!({"token_introspection": {"active": true, "aud": [{"name": NAME}]}}),
        json!({"token_introspection": {"active": false, "sub": NAME}}),
        json!({"token_introspection": {"active": true, "cnf": NAME, "typ": NAME}}),
    ];
    let mut payloads = vec![good.clone()];
    payloads.extend(changes.iter().map(|change| {
        let mut payload = good.clone();
        let members = payload.as_object_mut().unwrap();
        members.extend(change.as_object().unwrap().clone());
        payload
    }));
    payloads
}

#[tokio::test]
async fn w14_a_signed_answer_is_not_logged_good_or_bad() {
    let mut scene = Scene::set().await;
    let issuer = scene.world.realm().client_secret(ID, SECRET);
    let issuer = issuer.signed_introspection().connect().await.unwrap();
    scene.secrets.add(NAME);
    scene.secrets.add(SESSION);
    let key = scene.world.server.signing_key(SigningAlgorithm::RS256);
    let header = json!({"alg": "RS256", "kid": key.key_id(), "typ": "token-introspection+jwt"});
    let mut answers = Vec::new();
    for payload in payloads(&scene) {
        answers.push(key.sign_raw(header.to_string(), payload.to_string()));
    }
    let good = answers[0].clone();
    let payload = payloads(&scene)[0].to_string();
    let forger = SigningKey::generate(SigningAlgorithm::RS256);
    for (name, value) in [
        ("typ", json!("JWT")),
        ("alg", json!("none")),
        ("crit", json!(["x"])),
        ("kid", json!("unknown")),
    ] {
        let mut header = header.clone();
        header[name] = value;
        answers.push(key.sign_raw(header.to_string(), &payload));
    }
    answers.push(forger.sign_raw(header.to_string(), &payload));
    answers.push(key.sign_raw(header.to_string(), format!("{{{NAME:?}:1,{NAME:?}:2}}")));
    answers.push(key.sign_raw(header.to_string(), payload.split_at(1).1));
    answers.push(format!("{good}.{good}"));
    answers.push(format!("{good}.four.five"));
    answers.push(format!("{good}="));
    for (number, signed) in answers.iter().enumerate() {
        scene.secrets.token(signed);
        let status = answer(&mut scene, &issuer, SIGNED, signed).await;
        assert_eq!(status == StatusCode::OK, number == 0, "{number}: {status}");
        // In no form that was asked for.
        for kind in ["application/jwt", "application/json", NAME] {
            let status = answer(&mut scene, &issuer, kind, signed).await;
            assert_ne!(status, StatusCode::OK);
        }
    }
    scene.assert_nothing_leaked(&[
        "its `aud` is not this client",
        "its signature is not",
        " TRACE ",
    ]);
}

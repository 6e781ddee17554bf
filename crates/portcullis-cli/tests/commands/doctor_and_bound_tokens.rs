//! Tokens that are bound to a key or a certificate, shown without the proof of their client.

use portcullis_testing::{AuthorizationServer, SigningAlgorithm};
use serde_json::json;

use crate::{
    doctor_and_tokens::{examined, server},
    support::Doctor,
};

#[tokio::test]
async fn a_bound_token_is_not_blamed_for_a_proof_that_nobody_brought() {
    let server = server().await;
    let thumbprint = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    for member in ["jkt", "x5t#S256"] {
        let bound = server.token().claim("cnf", json!({member: thumbprint}));
        let token = bound.jwt();
        let asked = examined(&server, &token).await;
        asked.assert_nothing_wrong();
        asked.assert_check("verdicts", "good", None);

        let unasked = Doctor::at(&server).token(&token).examine().await;
        unasked.assert_nothing_wrong();
        for examined in [asked, unasked] {
            examined.assert_check("token.key", "good", None);
            examined.assert_check("token.signature", "good", None);
            examined.assert_check("token.binding", "not_run", None);
            let what = examined.check("token.binding")["what"].to_string();
            assert!(what.contains("needs the proof of its client"), "{what}");
            examined.assert_check("token.revocation", "not_run", None);
        }

        assert!(server.revoke(&token));
        let over = examined(&server, &token).await;
        over.assert_first_wrong("verdicts", "inactive");
    }
    let keycloaks = json!({"jkt": thumbprint, "kc-jkt-type": "DPoP"});
    let token = server.token().claim("cnf", keycloaks).jwt();
    examined(&server, &token).await.assert_nothing_wrong();
    for odd in [
        json!({"other": "a"}),
        json!({"jkt": "too-short"}),
        json!({}),
    ] {
        let token = server.token().claim("cnf", odd).jwt();
        let examined = examined(&server, &token).await;
        examined.assert_first_wrong("token.binding", "sender_constrained");
    }
}

#[tokio::test]
async fn a_bound_token_that_is_forged_is_not_vouched_for() {
    let server = server().await;
    let forger = AuthorizationServer::start().await.unwrap();
    let key = server.signing_key(SigningAlgorithm::RS256);
    let bound = server.token().claim(
        "cnf",
        json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}),
    );
    let forged = bound
        .clone()
        .signed_with(&forger.signing_key(SigningAlgorithm::RS256));
    for (kid, rule, cause) in [
        (key.key_id(), "token.signature", "bad_signature"),
        ("nobodys-key", "token.key", "unknown_key"),
    ] {
        let token = forged.clone().header("kid", kid).jwt();
        let examined = examined(&server, &token).await;
        examined.assert_first_wrong(rule, cause);
        examined.assert_check("token.binding", "not_run", None);
        examined.assert_check("token.time", "good", None);
    }
    // One for another service is known by its signature as well.
    let token = bound.client("shop-web").audience("account").jwt();
    let examined = examined(&server, &token).await;
    examined.assert_first_wrong("token.audience", "missing_audience_mapper");
}

#[tokio::test]
async fn a_bound_token_that_does_not_name_who_asks() {
    let server = server().await;
    let cnf = json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"});
    let token = server.token().client("shop-web").claim("cnf", cnf).jwt();
    let doctor = Doctor::at(&server)
        .client("introspector", "its-secret")
        .token(&token);
    let examined = doctor.examine().await;
    examined.assert_first_wrong("verdicts", "audience_rule");
}

//! F1, F2, F9 to F12: how answers are asked for, and what else may come.

use http::StatusCode;
use portcullis::ClientAuthentication;
use portcullis_conformance::{CLIENT_ID, CapturedLog, World, base64url, get, protected};
use portcullis_testing::{Answer, Endpoint, Fault};
use serde_json::json;
use tracing::Level;

use crate::support::{MEDIA_TYPE, Signed};

#[tokio::test]
async fn f1_the_signed_form_is_asked_for() {
    let signed = Signed::start().await;
    signed.assert_good(&signed.answer(), "signed").await;
    let requests = signed.world.server.requests(Endpoint::Introspection);
    assert_eq!(requests.last().unwrap().header("accept"), Some(MEDIA_TYPE));
}

#[tokio::test]
async fn f1_a_bearer_has_to_say_for_which_client_answers_are_signed() {
    let world = World::start().await;
    let bearer = ClientAuthentication::bearer("a-token").unwrap();
    let asking = |client| {
        let issuer = world.realm().client_authentication(client);
        issuer.signed_introspection().build().map(drop)
    };
    let error = asking(bearer.clone()).unwrap_err();
    assert_eq!(error.setting(), "signed_introspection");
    assert!(error.to_string().contains("bearer_client_id"), "{error}");
    assert!(asking(bearer.bearer_client_id(CLIENT_ID)).is_ok());
}

#[tokio::test]
async fn f2_any_other_content_type_is_503() {
    let signed = Signed::start().await;
    for content_type in [
        MEDIA_TYPE.to_owned(),
        format!("{MEDIA_TYPE}; charset=utf-8"),
        MEDIA_TYPE.to_ascii_uppercase(),
    ] {
        let status = signed.status(&content_type, signed.answer()).await;
        assert_eq!(status, StatusCode::OK, "{content_type}");
    }
    for content_type in ["application/jwt", "application/json", "text/plain", ""] {
        let status = signed.status(content_type, signed.answer()).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{content_type}");
    }
    // A server that answers in JSON all the same is not believed.
    let active = signed.payload()["token_introspection"].to_string();
    let status = signed.status("application/json", active).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn f9_an_answer_is_no_bearer_token() {
    let signed = Signed::start().await;
    let answer = signed.answer();
    let issuer = signed.world.asking().connect().await.unwrap();
    for (way, router) in [
        ("local", protected(issuer.jwt())),
        ("hybrid", protected(issuer.hybrid())),
    ] {
        let reply = get(&router, &answer).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{way}");
        reply.assert_invalid_token();
    }
}

#[tokio::test]
async fn f10_another_token_of_the_issuers_is_no_answer() {
    let signed = Signed::start().await;
    let token = || signed.world.server.token().audience("orders-api");
    for (kind, token) in [
        ("access token", token().jwt()),
        ("at+jwt", token().header("typ", "at+jwt").jwt()),
        ("ID token", token().claim("typ", "ID").jwt()),
        (
            "with the claim of an answer",
            token()
                .claim(
                    "token_introspection",
                    signed.payload()["token_introspection"].clone(),
                )
                .jwt(),
        ),
    ] {
        signed.assert_unusable(&token, kind).await;
    }
}

#[tokio::test]
async fn f11_an_encrypted_answer_is_503_and_says_so() {
    let signed = Signed::start().await;
    let header = base64url(r#"{"alg":"RSA-OAEP","enc":"A256GCM","cty":"JWT"}"#);
    let logs = CapturedLog::start();
    let status = signed.status(MEDIA_TYPE, format!("{header}.a.b.c.d")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(logs.matching(Level::WARN, "encrypted").len(), 1);
}

#[tokio::test]
async fn f12_a_json_answer_with_a_token_in_it_is_read_as_json_alone() {
    let signed = Signed::start().await;
    let world = &signed.world;
    let router = protected(world.asking().build().unwrap().introspection());
    // The token in it is good, and says nothing here.
    let answer = json!({"active": false, "jwt": world.server.token().jwt()});
    let fault = Fault::answer(Answer::json(&answer));
    world.server.inject(Endpoint::Introspection, fault);
    get(&router, &world.server.token().opaque())
        .await
        .assert_invalid_token();
}

//! The realm, which the application names.

use axum::{Router, routing::get};
use portcullis::{AuthenticateLayer, Authenticator, ProtectionSpace, Reason, Rejection};
use portcullis_conformance::{ListeningVerifier, get as get_with};

use crate::support::{alice, challenge_line, granting};

/// The challenge for a bad token in a protection space of this name.
async fn challenge_in(realm: &str, reason: Reason) -> String {
    let verifier = ListeningVerifier::refusing(Rejection::new(reason));
    let layer = AuthenticateLayer::new(verifier).realm(realm).unwrap();
    let router = Router::new().route("/", get(|| async {})).layer(layer);
    let reply = get_with(&router, "a-token").await;
    let parsed = reply.challenge().unwrap();
    assert_eq!(parsed.parameter("realm"), Some(realm), "it reads back");
    challenge_line(&reply).to_owned()
}

#[tokio::test]
async fn c7_the_realm_is_escaped() {
    for (realm, quoted) in [
        (r#"a"b\c"#, r#""a\"b\\c""#),
        (r"\", r#""\\""#),
        (r#"""#, r#""\"""#),
        ("The shop, 2nd floor", "\"The shop, 2nd floor\""),
        ("a=b; c", "\"a=b; c\""),
        (" ", "\" \""),
        ("~", "\"~\""),
    ] {
        let challenge = challenge_in(realm, Reason::MissingToken).await;
        assert_eq!(challenge, format!("Bearer realm={quoted}"));
        let challenge = challenge_in(realm, Reason::Expired).await;
        assert_eq!(
            challenge,
            format!(
                "Bearer realm={quoted}, error=\"invalid_token\", error_description=\"The access token expired\""
            )
        );
    }
}

#[test]
fn c7_an_impossible_realm_fails_the_build() {
    for realm in [
        "",
        "a\rb",
        "a\nb",
        "a\r\nSet-Cookie: x",
        "a\0b",
        "a\tb",
        "\x7f",
        "é",
        "店",
        "\u{85}",
    ] {
        let verifier = || ListeningVerifier::vouching(&alice());
        let space = ProtectionSpace::new(realm).map(drop);
        let layer = granting(&alice()).realm(realm).map(drop);
        let authenticator = Authenticator::new(verifier()).realm(realm).map(drop);
        for outcome in [space, layer, authenticator] {
            let error = outcome.unwrap_err();
            assert_eq!(error.setting(), "realm", "{realm:?}");
        }
    }
    assert!(ProtectionSpace::new("api").is_ok());
}

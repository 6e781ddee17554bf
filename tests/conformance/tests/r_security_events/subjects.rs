//! R8: whom a revoked session is about, and what that ends (CAEP 1.0 §3.1, RFC 9493, SSF 1.0 §3).

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{SESSION_REVOKED, Scene};

/// What becomes of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is refused, and nobody is asked.
    Over,
    /// It is asked about, once.
    Asked,
    /// It goes on.
    Untouched,
}

use Fate::{Asked, Over, Untouched};

/// Two sessions of alice's and one of bob's, all of them alive; an event about `subject`, and what
/// becomes of the three.
async fn fates(
    subject: impl FnOnce(&Scene, &str) -> Value,
    event_type: &str,
    expected: [Fate; 3],
    case: &str,
) {
    let scene = Scene::start().await;
    let (one, other) = (
        scene.world.server.login("alice"),
        scene.world.server.login("alice"),
    );
    let bob = scene.world.server.login("bob");
    let email = |name: &str| format!("{name}@example.com");
    let tokens = [
        one.token()
            .claim("email", email("alice"))
            .claim("jti", "jti-one")
            .jwt(),
        other.token().claim("email", email("alice")).jwt(),
        bob.token().claim("email", email("bob")).jwt(),
    ];
    for token in &tokens {
        scene.assert_good(token, 0, case).await;
    }
    let subject = subject(&scene, one.id());
    scene.take(&scene.event(event_type, &subject)).await;
    // What is asked from now on is asked later.
    scene.world.clock.advance(Duration::from_secs(1));
    for (token, fate) in tokens.iter().zip(expected) {
        match fate {
            Over => scene.assert_over(token, case).await,
            Asked => {
                scene.assert_good(token, 1, case).await;
                scene.assert_good(token, 0, case).await;
            }
            Untouched => scene.assert_good(token, 0, case).await,
        }
    }
}

async fn ended(subject: impl FnOnce(&Scene, &str) -> Value, expected: [Fate; 3], case: &str) {
    fates(subject, SESSION_REVOKED, expected, case).await;
}

fn session(id: &str) -> Value {
    json!({ "format": "opaque", "id": id })
}

fn email(address: &str) -> Value {
    json!({ "format": "email", "email": address })
}

#[tokio::test]
async fn r8_a_session_of_a_user_is_over() {
    ended(
        |scene, sid| {
            json!({ "format": "complex", "user": scene.user("alice"), "session": session(sid) })
        },
        [Over, Untouched, Untouched],
        "user and session",
    )
    .await;
    ended(
        |_, sid| json!({ "format": "complex", "session": session(sid) }),
        [Over, Untouched, Untouched],
        "session alone",
    )
    .await;
    // The session says more than the rest.
    ended(
        |_, sid| {
            json!({
                "format": "complex",
                "session": session(sid),
                "user": { "format": "phone_number", "phone_number": "+12065550100" },
                "tenant": session("shop"),
            })
        },
        [Over, Untouched, Untouched],
        "and a tenant",
    )
    .await;
}

#[tokio::test]
async fn r8_all_sessions_of_a_user_are_over() {
    ended(
        |scene, _| {
            let user = scene.user("alice");
            json!({ "format": "complex", "user": user, "session": session("ALL") })
        },
        [Over, Over, Untouched],
        "as Keycloak says it",
    )
    .await;
    ended(
        |scene, _| json!({ "format": "complex", "user": scene.user("alice") }),
        [Over, Over, Untouched],
        "a complex user",
    )
    .await;
    ended(
        |scene, _| scene.user("alice"),
        [Over, Over, Untouched],
        "a simple user",
    )
    .await;
    ended(
        |_, _| json!({ "format": "complex", "user": { "format": "opaque", "id": "alice" } }),
        [Over, Over, Untouched],
        "an opaque user",
    )
    .await;
}

#[tokio::test]
async fn r8_an_opaque_name_may_be_a_sessions_or_a_users() {
    let untouched = Untouched;
    ended(
        |_, sid| session(sid),
        [Over, untouched, untouched],
        "session",
    )
    .await;
    ended(|_, _| session("alice"), [Over, Over, untouched], "user").await;
}

#[tokio::test]
async fn r8_a_user_by_email_is_asked_about() {
    ended(
        |_, _| email("alice@example.com"),
        [Asked, Asked, Untouched],
        "simple",
    )
    .await;
    ended(
        |_, _| {
            let user = email("alice@example.com");
            json!({ "format": "complex", "user": user, "session": session("ALL") })
        },
        [Asked, Asked, Untouched],
        "all sessions",
    )
    .await;
    ended(
        |_, sid| {
            let user = email("bob@example.com");
            json!({ "format": "complex", "user": user, "session": session(sid) })
        },
        [Over, Untouched, Untouched],
        "with a session",
    )
    .await;
}

/// RFC 9493 §3.2.8: one subject by several names, of which any may be the one that we know.
#[tokio::test]
async fn r8_a_subject_by_several_names_is_known_by_each() {
    let aliases = |names: &[Value]| json!({ "format": "aliases", "identifiers": names });
    let phone = json!({ "format": "phone_number", "phone_number": "+12065550100" });
    ended(
        |scene, _| aliases(&[phone.clone(), scene.user("alice")]),
        [Over, Over, Untouched],
        "a user",
    )
    .await;
    ended(
        |_, _| aliases(&[phone.clone(), email("alice@example.com")]),
        [Asked, Asked, Untouched],
        "an address",
    )
    .await;
    ended(
        |scene, _| {
            let user = aliases(&[email("alice@example.com"), scene.user("alice")]);
            json!({ "format": "complex", "user": user, "session": session("ALL") })
        },
        [Over, Over, Untouched],
        "all sessions of a user",
    )
    .await;
    ended(
        |_, sid| {
            let session = aliases(&[phone.clone(), session(sid)]);
            json!({ "format": "complex", "session": session })
        },
        [Over, Untouched, Untouched],
        "a session",
    )
    .await;
    // They are names and no lists of names.
    let nested = |scene: &Scene| aliases(&[aliases(&[scene.user("alice")])]);
    ended(|scene, _| nested(scene), [Untouched; 3], "nested").await;
    ended(|_, _| aliases(&[]), [Untouched; 3], "none").await;
    fates(
        |scene, _| aliases(&[phone.clone(), scene.user("alice")]),
        crate::support::CREDENTIAL_CHANGE,
        [Asked, Asked, Untouched],
        "a changed credential",
    )
    .await;
}

#[tokio::test]
async fn r8_what_no_token_tells_of_a_user_makes_the_users_tokens_asked_about() {
    for member in ["device", "tenant", "application", "group", "of-our-own"] {
        ended(
            |scene, _| {
                json!({ "format": "complex", "user": scene.user("alice"), member: session("x") })
            },
            [Asked, Asked, Untouched],
            member,
        )
        .await;
    }
    ended(
        |scene, _| {
            let session = json!({ "format": "did", "url": "did:example:123456" });
            json!({ "format": "complex", "user": scene.user("alice"), "session": session })
        },
        [Asked, Asked, Untouched],
        "another kind of session",
    )
    .await;
    ended(
        |scene, _| {
            let (user, device) = (scene.user("alice"), session("x"));
            json!({ "format": "complex", "user": user, "session": session("ALL"), "device": device })
        },
        [Asked, Asked, Untouched],
        "all sessions of a device",
    )
    .await;
}

#[tokio::test]
async fn r8_a_token_by_its_jti_is_over() {
    ended(
        |scene, _| {
            let iss = scene.world.server.issuer();
            json!({ "format": "jwt_id", "iss": iss, "jti": "jti-one" })
        },
        [Over, Untouched, Untouched],
        "ours",
    )
    .await;
    ended(
        |_, _| json!({ "format": "jwt_id", "iss": "https://id.example.com", "jti": "jti-one" }),
        [Untouched; 3],
        "another issuer's",
    )
    .await;
}

/// RFC 7662 §2.2 leaves it to the server what it repeats of a JWT.
#[tokio::test]
async fn r8_it_is_over_though_the_answer_about_it_does_not_say_its_name() {
    let scene = Scene::asking().await;
    let token = scene.world.server.token().claim("jti", "jti-one");
    let token = token.introspects_as(json!({ "jti": null })).jwt();
    scene.assert_good(&token, 1, "it lives").await;
    let iss = scene.world.server.issuer();
    let subject = json!({ "format": "jwt_id", "iss": iss, "jti": "jti-one" });
    scene.take(&scene.event(SESSION_REVOKED, &subject)).await;
    scene.assert_over(&token, "cached").await;
    scene.world.clock.advance(Duration::from_secs(60));
    scene.assert_over(&token, "asked for again").await;
}

#[tokio::test]
async fn r8_nobody_we_can_match_is_nobody() {
    let of_another =
        |sub: &str| json!({ "format": "iss_sub", "iss": "https://id.example.com", "sub": sub });
    for (subject, case) in [
        (of_another("alice"), "another issuer's user"),
        (
            json!({ "format": "complex", "user": of_another("alice"), "session": session("ALL") }),
            "all sessions of another issuer's user",
        ),
        (
            json!({ "format": "phone_number", "phone_number": "+12065550100" }),
            "a telephone number",
        ),
        (
            json!({ "format": "complex", "device": session("alice") }),
            "a device",
        ),
        (json!({ "format": "complex" }), "nothing"),
        (json!({ "format": "iss_sub", "sub": "alice" }), "no issuer"),
        (json!({ "format": "opaque", "id": "" }), "an empty name"),
        (json!({ "format": "opaque", "id": 7 }), "a number"),
        (
            json!({ "format": "of-our-own", "id": "alice" }),
            "an unknown format",
        ),
        (json!({ "id": "alice" }), "no format"),
    ] {
        ended(|_, _| subject, [Untouched; 3], case).await;
    }
    // A session that is said to be that of another issuer's user is none of ours.
    ended(
        |_, sid| {
            json!({ "format": "complex", "user": of_another("alice"), "session": session(sid) })
        },
        [Untouched; 3],
        "a session of another issuer's user",
    )
    .await;
}

#[tokio::test]
async fn r16_a_changed_credential_has_the_users_tokens_asked_about() {
    let kind = crate::support::CREDENTIAL_CHANGE;
    let asked = [Asked, Asked, Untouched];
    fates(|scene, _| scene.user("alice"), kind, asked, "a user").await;
    fates(|_, _| email("alice@example.com"), kind, asked, "by e-mail").await;
    fates(|_, _| session("alice"), kind, asked, "by an opaque name").await;
    fates(
        |scene, sid| {
            json!({ "format": "complex", "user": scene.user("alice"), "session": session(sid) })
        },
        kind,
        asked,
        "beside a session",
    )
    .await;
    let none = [Untouched; 3];
    fates(
        |_, sid| json!({ "format": "complex", "session": session(sid) }),
        kind,
        none,
        "a session alone",
    )
    .await;
}

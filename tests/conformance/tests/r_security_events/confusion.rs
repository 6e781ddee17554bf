//! R15: an event is no token, a token no event, and no subject is another one.

use http::StatusCode;
use portcullis_axum::backchannel_logout_route;
use portcullis_conformance::{AUDIENCE, World, get, send};
use serde_json::json;

use crate::support::{CREDENTIAL_CHANGE, SESSION_REVOKED, Scene};

#[tokio::test]
async fn r15_an_event_is_no_bearer_token() {
    let scene = Scene::start().await;
    let server = &scene.world.server;
    let alice = server.login("alice");
    for event in [
        alice.session_revoked().jwt(),
        // As much like a token as an event can be.
        alice
            .session_revoked()
            .claim("typ", "Bearer")
            .claim("azp", "test-app")
            .claim("sub", "alice")
            .claim("exp", scene.now() + 300)
            .jwt(),
    ] {
        let reply = get(&scene.router, &event).await;
        reply.assert_invalid_token();
        assert_eq!(scene.world.calls_about(&event), 0);
    }
}

#[tokio::test]
async fn r15_no_other_token_is_an_event() {
    let scene = Scene::start().await;
    let alice = scene.world.server.login("alice");
    for (case, token) in [
        ("access token", alice.token().jwt()),
        ("opaque token", alice.token().opaque()),
        (
            "logout token",
            alice.logout_token().audience(AUDIENCE).jwt(),
        ),
        (
            "logout token of our type",
            alice
                .logout_token()
                .audience(AUDIENCE)
                .header("typ", "secevent+jwt")
                .jwt(),
        ),
    ] {
        scene.refuse(&token, "invalid_request", case).await;
    }
}

#[tokio::test]
async fn r15_an_event_is_no_logout_token() {
    let world = World::start().await;
    let realm = world.realm().logout_audiences([AUDIENCE]);
    let issuer = realm.connect().await.unwrap();
    let route = backchannel_logout_route(issuer.logout_receiver().unwrap());
    let router = axum::Router::new().route("/logout", route);
    let event = world.server.login("alice").session_revoked().jwt();
    let request = http::Request::post("/logout")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(axum::body::Body::from(format!("logout_token={event}")));
    let reply = send(&router, request.unwrap()).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(issuer.revocations().is_empty());
}

#[tokio::test]
async fn r15_names_are_compared_letter_by_letter() {
    let scene = Scene::start().await;
    let alice = scene.world.server.login("alice");
    let token = alice.token().claim("email", "alice@example.com").jwt();
    let email = |address: &str| json!({ "format": "email", "email": address });
    for subject in [
        email("Alice@example.com"),
        email("alice@EXAMPLE.com"),
        email("alice@example.com "),
        email("alice+x@example.com"),
        scene.user("Alice"),
        scene.user("alice "),
        json!({ "format": "opaque", "id": alice.id().to_uppercase() }),
    ] {
        for event_type in [SESSION_REVOKED, CREDENTIAL_CHANGE] {
            scene.take(&scene.event(event_type, &subject)).await;
            scene.assert_good(&token, 0, &subject.to_string()).await;
        }
    }
}

#[tokio::test]
async fn r15_a_name_of_one_kind_is_none_of_another() {
    let scene = Scene::start().await;
    let alice = scene.world.server.login("alice");
    let token = alice
        .token()
        .claim("jti", "the-token")
        .claim("email", "alice@example.com")
        .jwt();
    let complex = |member: &str, id: &str| {
        let subject = json!({ "format": "opaque", "id": id });
        json!({ "format": "complex", member: subject })
    };
    for subject in [
        scene.user(alice.id()),
        scene.user("alice@example.com"),
        scene.user("the-token"),
        complex("session", "alice"),
        complex("user", alice.id()),
        json!({ "format": "email", "email": "alice" }),
    ] {
        scene.take(&scene.event(SESSION_REVOKED, &subject)).await;
        scene.assert_good(&token, 0, &subject.to_string()).await;
    }
}

//! Introspection: who is active, until when, and with which claims.

use std::time::{Duration, UNIX_EPOCH};

use portcullis_testing::{AuthorizationServer, Endpoint};
use serde_json::json;

use crate::support::{START, TestClock, decode, http, introspect, is_active};

const INACTIVE: &str = r#"{"active":false}"#;

#[tokio::test]
async fn an_active_answer_has_all_claims_and_four_more() {
    let server = AuthorizationServer::start().await.unwrap();
    let token = server.token().jwt();
    let (_, mut claims) = decode(&token);
    claims["active"] = json!(true);
    claims["client_id"] = claims["azp"].clone();
    claims["username"] = json!("alice");
    claims["token_type"] = json!("Bearer");
    assert_eq!(introspect(&server, &token).await, claims);
    assert_eq!(server.introspect(&token), claims);
}

#[tokio::test]
async fn a_token_ends_with_its_time_session_user_or_revocation() {
    let clock = TestClock::new();
    let server = AuthorizationServer::builder()
        .clock(clock.as_function())
        .start()
        .await
        .unwrap();
    let alice = server.login("alice");
    let first = alice.token().opaque();
    let second = alice.token().jwt();
    let elsewhere = server.login("alice").token().lightweight();

    assert!(server.revoke(&first));
    assert!(!server.revoke("unknown"));
    assert!(!is_active(&server, &first).await);
    assert!(is_active(&server, &second).await);

    server.end_session(alice.id());
    assert!(!is_active(&server, &second).await);
    assert!(is_active(&server, &elsewhere).await);

    server.disable_user("alice");
    assert!(!is_active(&server, &elsewhere).await);
    server.enable_user("alice");
    assert!(is_active(&server, &elsewhere).await);

    server.set_not_before(UNIX_EPOCH + Duration::from_secs(START));
    assert!(is_active(&server, &elsewhere).await);
    server.set_not_before(UNIX_EPOCH + Duration::from_secs(START + 1));
    assert!(!is_active(&server, &elsewhere).await);
    server.set_not_before(UNIX_EPOCH);

    clock.advance(299);
    assert!(is_active(&server, &elsewhere).await);
    clock.advance(1);
    assert!(!is_active(&server, &elsewhere).await);
}

#[tokio::test]
async fn introspection_shows_the_roles_of_today() {
    let server = AuthorizationServer::start().await.unwrap();
    let alice = server.login("alice");
    server.set_realm_roles("alice", ["admin", "user"]);
    server.set_client_roles("alice", "account", ["manage"]);
    let token = alice.token().jwt();
    assert_eq!(
        decode(&token).1["realm_access"]["roles"],
        json!(["admin", "user"])
    );
    assert_eq!(
        decode(&token).1["resource_access"]["account"]["roles"],
        json!(["manage"])
    );

    server.set_realm_roles("alice", ["user"]);
    assert_eq!(
        introspect(&server, &token).await["realm_access"]["roles"],
        json!(["user"])
    );
    server.set_realm_roles::<&str>("alice", []);
    server.set_client_roles::<&str>("alice", "account", []);
    let answer = introspect(&server, &token).await;
    assert_eq!(answer["active"], true);
    assert!(answer.get("realm_access").is_none());
    assert!(answer.get("resource_access").is_none());
}

#[tokio::test]
async fn an_answer_can_be_preset_or_patched() {
    let server = AuthorizationServer::start().await.unwrap();
    server.set_introspection_answer("anything", json!({"active": "true"}));
    assert_eq!(
        introspect(&server, "anything").await,
        json!({"active": "true"})
    );
    server.clear_introspection_answer("anything");
    assert_eq!(
        introspect(&server, "anything").await,
        json!({"active": false})
    );

    let token = server
        .token()
        .introspects_as(json!({"sub": "mallory", "exp": null}))
        .jwt();
    let answer = introspect(&server, &token).await;
    assert_eq!(answer["sub"], "mallory");
    assert!(answer.get("exp").is_none());
    assert_eq!(answer["active"], true);
}

#[tokio::test]
async fn it_is_as_strict_about_requests_as_keycloak() {
    let server = AuthorizationServer::start().await.unwrap();
    let url = server.url(Endpoint::Introspection);
    let post = |body: &str| {
        let request = http()
            .post(&url)
            .basic_auth("orders-api", Some("orders-secret"));
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.to_owned())
            .send()
    };
    assert_eq!(post("token=a&token=b").await.unwrap().status(), 400);
    assert_eq!(
        post("token=a&token_type_hint=nonsense")
            .await
            .unwrap()
            .status(),
        400
    );
    assert_eq!(post("").await.unwrap().status(), 400);
    for good in [
        "token=",
        "token=garbage",
        "token=a&token_type_hint=access_token",
    ] {
        let response = post(good).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.text().await.unwrap(), INACTIVE);
    }
    let json = http()
        .post(&url)
        .basic_auth("orders-api", Some("orders-secret"))
        .json(&json!({"token": "a"}));
    assert_eq!(json.send().await.unwrap().status(), 415);
    assert_eq!(
        http()
            .get(format!("{url}?token=a"))
            .send()
            .await
            .unwrap()
            .status(),
        405
    );
}

#[tokio::test]
async fn keycloak_style_wants_the_asking_client_in_the_audience() {
    let server = AuthorizationServer::builder()
        .keycloak_style()
        .start()
        .await
        .unwrap();
    let account = server.token().audience("account").jwt();
    let both = server
        .token()
        .claim("aud", json!(["account", "orders-api"]))
        .jwt();
    assert!(!is_active(&server, &account).await);
    assert!(is_active(&server, &both).await);
    server.set_audience_rule(false);
    assert!(is_active(&server, &account).await);
}

#[tokio::test]
async fn an_active_answer_need_not_be_about_an_access_token() {
    let server = AuthorizationServer::start().await.unwrap();
    let now = server.now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let refresh = server.token().claim("typ", "Refresh");
    let by_use = json!({"token_use": "refresh_token"});
    let by_type = json!({"token_type": "refresh_token"});
    let untyped = json!({"token_type": null, "scope": null});
    for patch in [by_use, by_type, untyped] {
        let token = refresh.clone().introspects_as(patch.clone()).opaque();
        let answer = introspect(&server, &token).await;
        assert_eq!(answer["active"], true);
        assert_eq!(answer["typ"], "Refresh");
        for (name, value) in patch.as_object().unwrap() {
            assert_eq!(&answer[name], value);
        }
    }
    // Spring's ID tokens, whose `auth_time` is in milliseconds, and the bare answers of some.
    let id_token = server
        .token()
        .claim("typ", "ID")
        .claim("auth_time", 1_795_230_830_762_u64)
        .introspects_as(json!({"token_type": null, "scope": null}))
        .jwt();
    assert_eq!(introspect(&server, &id_token).await["typ"], "ID");
    let bare = json!({"client_id": "test-app", "exp": now + 300});
    let bare = server.token().only_claims(bare);
    let bare = bare.introspects_as(json!({"token_type": null})).opaque();
    let answer = introspect(&server, &bare).await;
    assert_eq!(
        answer,
        json!({"active": true, "client_id": "test-app", "exp": now + 300})
    );

    // An RPT, asked about as one: permissions, and nobody's name.
    let permissions = json!([{"resource_id": "r", "resource_scopes": ["view"]}]);
    let claims = json!({"exp": now + 300, "permissions": permissions});
    let rpt = server.token().only_claims(claims).opaque();
    let answer = introspect(&server, &rpt).await;
    assert_eq!(answer["permissions"], permissions);
    assert!(answer.get("sub").is_none() && answer.get("client_id").is_none());
}

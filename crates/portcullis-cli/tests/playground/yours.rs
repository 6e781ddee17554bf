//! Before an authorization server that is not the demo's own: whose session a login has led to, and what
//! becomes of it.

use portcullis_testing::{Endpoint, Fault};
use reqwest::Method;
use serde_json::{Value, json};

use crate::login::{CLIENT, SECRET, World, fresh, id_token, now, server, visit};

#[tokio::test]
async fn a_session_that_the_page_has_begun_can_be_ended_by_it() {
    let world = World::new().await;
    let state = world.begin_anew().await;
    let scene = world.come_home(&state, &fresh("s1", "first")).await;
    assert_eq!(scene["token"]["can_end_session"], true, "{scene}");
    assert_eq!(scene["remark"], Value::Null);

    world
        .server
        .inject(Endpoint::Logout, Fault::status(204).times(1));
    let token = json!({ "token": scene["token"]["id"] });
    let done = world.demo.done("end-session", token).await;
    assert!(done["scene"]["token"]["over_at_ms"].is_number());
    // This server tells nobody.
    let said = done["said"].as_str().unwrap();
    assert!(said.contains("no notice has come"), "{said}");
    let asked = world.server.requests(Endpoint::Logout);
    let end = asked.last().unwrap().form_value("refresh_token");
    assert_eq!(end.as_deref(), Some("first"));
}

#[tokio::test]
async fn a_session_that_another_tab_has_begun_meanwhile_is_not_the_pages() {
    let world = World::new().await;
    let now = now();
    let claims = [
        // A visit, however recent the login.
        json!({ "sid": "s", "iat": now, "auth_time": now, "acr": "0" }),
        // From before the page has sent the browser away.
        json!({ "sid": "s", "iat": now, "auth_time": now - 60, "acr": "1" }),
        json!({ "sid": "s", "iat": now, "auth_time": now + 60, "acr": "1" }),
        // Nobody can tell.
        json!({ "sid": "s", "iat": now, "auth_time": now }),
        json!({ "sid": "s", "iat": now, "acr": "1" }),
        json!({ "sid": "s", "auth_time": now, "acr": "1" }),
        json!({}),
    ];
    let claims = claims.map(|claims| json!(id_token(&claims)));
    for id_token in claims.into_iter().chain([json!("no.token"), Value::Null]) {
        let state = world.begin_anew().await;
        let granted = json!({ "id_token": id_token, "refresh_token": "another's" });
        let scene = world.come_home(&state, &granted).await;
        assert_eq!(scene["token"]["can_end_session"], false, "{id_token}");
        assert!(scene["remark"].as_str().unwrap().contains("logged in"));
        let token = json!({ "token": scene["token"]["id"] });
        let (status, _) = world.demo.act("end-session", token).await;
        assert_eq!(status, 409);
    }
    assert_eq!(world.server.request_count(Endpoint::Logout), 0);
}

#[tokio::test]
async fn a_second_login_finds_the_session_that_the_page_has_begun() {
    let world = World::new().await;
    let state = world.begin_anew().await;
    world.come_home(&state, &fresh("s1", "first")).await;

    // Somebody else's, in between.
    let state = world.begin().await;
    let scene = world.come_home(&state, &visit("s2", "another's")).await;
    assert_eq!(scene["token"]["can_end_session"], false, "{scene}");

    let state = world.begin().await;
    let scene = world.come_home(&state, &visit("s1", "second")).await;
    assert_eq!(scene["token"]["can_end_session"], true, "{scene}");
    assert_eq!(scene["remark"], Value::Null);
    world
        .server
        .inject(Endpoint::Logout, Fault::status(204).times(1));
    let token = json!({ "token": scene["token"]["id"] });
    world.demo.done("end-session", token).await;
    let asked = world.server.requests(Endpoint::Logout);
    let end = asked.last().unwrap().form_value("refresh_token");
    assert_eq!(end.as_deref(), Some("second"));

    // It is over, and whoever comes in it later does not come in the page's.
    let state = world.begin().await;
    let scene = world.come_home(&state, &visit("s1", "third")).await;
    assert_eq!(scene["token"]["can_end_session"], false, "{scene}");
}

#[tokio::test]
async fn without_a_refresh_token_the_page_says_why_it_ends_nothing() {
    let world = World::new().await;
    let state = world.begin_anew().await;
    let mut granted = fresh("s1", "");
    granted.as_object_mut().unwrap().remove("refresh_token");
    let scene = world.come_home(&state, &granted).await;
    assert_eq!(scene["token"]["can_end_session"], false);
    let remark = scene["remark"].as_str().unwrap();
    assert!(remark.contains("no refresh tokens"), "{remark}");
    assert!(!remark.contains("logged in"), "{remark}");
}

#[tokio::test]
async fn the_page_knows_when_a_token_expires() {
    let world = World::new().await;
    let state = world.begin_anew().await;
    let mut granted = fresh("s1", "first");
    granted["expires_in"] = json!(300);
    let before = world.scene().await["at_ms"].as_f64().unwrap();
    let scene = world.come_home(&state, &granted).await;
    let after = scene["at_ms"].as_f64().unwrap();
    let expires = scene["token"]["expires_at_ms"].as_f64().unwrap() - 300_000.0;
    assert!(before <= expires && expires <= after, "{scene}");

    // A lifetime that no clock can hold is none.
    let state = world.begin_anew().await;
    let mut granted = fresh("s2", "second");
    granted["expires_in"] = json!(u64::MAX);
    let scene = world.come_home(&state, &granted).await;
    assert_eq!(scene["token"]["expires_at_ms"], Value::Null);
}

#[tokio::test]
async fn a_server_that_names_itself_does_so_always() {
    let names = json!({ "authorization_response_iss_parameter_supported": true });
    let world = World::with(names).await;
    let issuer = world.server.issuer().to_owned();
    for (iss, expected) in [
        (None, "does not name its issuer"),
        (Some("https://evil.example"), "another issuer"),
    ] {
        let state = world.begin().await;
        let mut answer = vec![("code", "a-code"), ("state", state.as_str())];
        answer.extend(iss.map(|iss| ("iss", iss)));
        assert_eq!(world.come_back(&answer).await, "/");
        let remark = world.remark().await;
        assert!(remark.contains(expected), "{remark}");
    }
    assert_eq!(world.server.request_count(Endpoint::Token), 0);
    let state = world.begin().await;
    let answer = [
        ("error", "login_required"),
        ("state", state.as_str()),
        ("iss", issuer.as_str()),
    ];
    assert!(world.come_back(&answer).await.starts_with(&issuer));
}

#[tokio::test]
async fn whatever_comes_back_the_address_is_left_and_the_page_says_it() {
    let world = World::new().await;
    let known = world.begin().await;
    for answer in [
        vec![],
        vec![("code", "a-code")],
        vec![("code", "a-code"), ("state", "of nobody")],
        vec![("code", "a"), ("code", "b"), ("state", known.as_str())],
    ] {
        assert_eq!(world.come_back(&answer).await, "/", "{answer:?}");
        let remark = world.remark().await;
        assert!(!remark.is_empty() && !remark.contains("a-code"), "{remark}");
        world.begin().await;
    }
    assert_eq!(world.server.request_count(Endpoint::Token), 0);
    assert_eq!(world.scene().await["token"], Value::Null);
}

#[tokio::test]
async fn no_answer_is_read_without_end() {
    let world = World::new().await;
    world
        .server
        .inject(Endpoint::Token, Fault::endless_body().times(1));
    let state = world.begin().await;
    let answer = [("code", "a-code"), ("state", &state)];
    assert_eq!(world.come_back(&answer).await, "/");
    let remark = world.remark().await;
    assert!(remark.contains("longer than"), "{remark}");
    assert!(!remark.contains(SECRET), "{remark}");
}

#[tokio::test]
async fn nothing_is_had_by_a_get_of_the_login() {
    let world = World::new().await;
    let request = world.demo.bare(Method::GET, "/play/log-in");
    assert_eq!(request.send().await.unwrap().status(), 405);
}

/// Starts it before a server that does not do; what it says as it ends.
fn refused(issuer: &str) -> String {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["demo", "--issuer", issuer, "--port", "0"])
        .args(["--client-id", CLIENT, "--client-secret-env", "SECRET"])
        .env("SECRET", SECRET)
        .output()
        .unwrap();
    assert!(!output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains(SECRET), "{said}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_are_not_read_without_end() {
    let server = server().await;
    server.inject(Endpoint::Discovery, Fault::endless_body());
    let issuer = server.issuer().to_owned();
    let said = tokio::task::spawn_blocking(move || refused(&issuer));
    let said = said.await.unwrap();
    assert!(said.contains("longer than"), "{said}");
}

#[test]
fn a_name_over_http_is_refused_with_what_to_say_instead() {
    for issuer in [
        "http://localhost:8080/realms/shop",
        "http://id.example.com/realms/shop",
        "http://192.0.2.1/realms/shop",
    ] {
        let said = refused(issuer);
        assert!(said.contains("http://127.0.0.1"), "{said}");
        assert!(!said.contains("danger_allow_http"), "{said}");
    }
}

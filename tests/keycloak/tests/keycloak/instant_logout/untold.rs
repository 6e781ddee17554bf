//! What Keycloak tells nobody of: found within a window, at one call a window and token.

use std::time::Duration;

use portcullis_keycloak_suite::{Tokens, User, payload_of};
use reqwest::StatusCode;
use serde_json::json;
use tokio::time::Instant;

use super::{
    report::{Times, report},
    scene::{Scene, WINDOW, WITHIN_A_WINDOW},
};
use crate::environment::{SHOP_WEB, assert_status, orders, run};

#[test]
fn a_revoked_token_is_refused_within_a_window_and_its_siblings_go_on() {
    run(async |env| {
        let scene = Scene::start(env, "untold-revoked", 1, &[]).await;
        let (_, tokens) = scene.logged_in("user").await;
        let refresh = tokens.refresh.as_deref().unwrap();
        let sibling = scene.realm.refresh(SHOP_WEB, refresh).await.unwrap();
        scene.let_in(&sibling.access).await;
        scene.realm.revoke(SHOP_WEB, &tokens.access).await.unwrap();
        let ended = Instant::now();
        let time = scene
            .let_in_for(&tokens.access, ended, WITHIN_A_WINDOW)
            .await;
        report(
            "untold-revoked",
            &[Times::of("/revoke of an access token", vec![time]).line()],
        );
        for _ in 0..100 {
            assert_status(
                &orders(scene.first(), &sibling.access).await,
                StatusCode::OK,
            );
        }
        scene.admin.delete_realm().await.unwrap();
    });
}

#[test]
fn a_disabled_user_is_refused_within_a_window() {
    refused_within_a_window(
        "untold-disabled",
        "user disabled",
        async |scene, user, _| {
            scene.admin.set_user_enabled(user, false).await.unwrap();
        },
    );
}

#[test]
fn a_deleted_user_is_refused_within_a_window() {
    refused_within_a_window("untold-deleted", "user deleted", async |scene, user, _| {
        scene.admin.delete_user(user).await.unwrap();
    });
}

#[test]
fn the_tokens_of_a_disabled_client_are_refused_within_a_window() {
    refused_within_a_window("untold-client", "client disabled", async |scene, _, _| {
        let off = json!({ "enabled": false });
        scene.admin.patch_client(SHOP_WEB.id, &off).await.unwrap();
    });
}

#[test]
fn the_tokens_of_a_revoked_refresh_token_are_refused_within_a_window() {
    let what = "refresh token revoked";
    refused_within_a_window("untold-refresh", what, async |scene, _, tokens| {
        let refresh = tokens.refresh.as_deref().unwrap();
        scene.realm.revoke(SHOP_WEB, refresh).await.unwrap();
    });
}

#[test]
fn a_session_that_has_expired_is_refused_within_a_window() {
    refused_within_a_window("untold-expired", "session expired", async |scene, _, _| {
        // It counts from the login on: the session has lived for too long at once.
        tokio::time::sleep(Duration::from_secs(2)).await;
        scene.admin.set_session_lifespans(600, 1).await.unwrap();
    });
}

#[test]
fn a_session_that_ends_in_silence_is_refused_within_a_window() {
    let what = "session ended, receiver not registered";
    refused_within_a_window("untold-session", what, async |scene, _, tokens| {
        scene
            .admin
            .set_client_attribute(SHOP_WEB.id, "backchannel.logout.url", "")
            .await
            .unwrap();
        let claims = payload_of(&tokens.access);
        let sid = claims["sid"].as_str().unwrap();
        scene.admin.delete_session(sid).await.unwrap();
    });
}

#[test]
fn a_token_in_use_costs_one_call_a_window() {
    run(async |env| {
        let scene = Scene::start(env, "untold-cost", 1, &[]).await;
        let (_, tokens) = scene.logged_in("user").await;
        let calls = scene.calls().await;
        let began = Instant::now();
        let mut requests = 0_u32;
        while began.elapsed() < Duration::from_secs(5 * WINDOW) {
            assert_status(&orders(scene.first(), &tokens.access).await, StatusCode::OK);
            requests += 1;
        }
        let calls = scene.calls().await - calls;
        let line = format!("{requests} requests of one token in 5 windows: {calls} calls");
        report("untold-cost", &[line]);
        assert!((4.0..=6.0).contains(&calls), "{calls}");
        scene.admin.delete_realm().await.unwrap();
    });
}

fn refused_within_a_window(
    name: &'static str,
    what: &'static str,
    end: impl AsyncFnOnce(&Scene, &User, &Tokens),
) {
    run(async |env| {
        let scene = Scene::start(env, name, 1, &[]).await;
        let (user, tokens) = scene.logged_in("user").await;
        end(&scene, &user, &tokens).await;
        let ended = Instant::now();
        let time = scene
            .let_in_for(&tokens.access, ended, WITHIN_A_WINDOW)
            .await;
        report(name, &[Times::of(what, vec![time]).line()]);
        scene.admin.delete_realm().await.unwrap();
    });
}

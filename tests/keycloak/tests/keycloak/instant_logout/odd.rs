//! Notices that do not come, cannot be judged at once, or can never be.

use std::time::Duration;

use portcullis_keycloak_suite::{Tokens, payload_of, until};
use portcullis_real_servers::free_port;
use reqwest::StatusCode;
use tokio::time::Instant;

use super::{
    gateway::Gateway,
    report::{Times, report},
    scene::{Scene, WITHIN_A_WINDOW},
};
use crate::environment::{SHOP_WEB, assert_invalid_token, assert_status, orders, run};

/// A fetch that has failed is tried again later and later.
const WITHIN_A_MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_notice_that_never_came_is_made_up_for_by_asking_and_counted() {
    run(async |env| {
        let scene = Scene::start(env, "odd-down", 1, &[]).await;
        let (_, tokens) = scene.logged_in("user").await;
        let nobody = format!("http://127.0.0.1:{}/", free_port().unwrap());
        let set = scene.admin.set_backchannel_logout_url(SHOP_WEB.id, &nobody);
        set.await.unwrap();
        scene.log_out(&tokens).await;
        let ended = Instant::now();
        let time = scene
            .let_in_for(&tokens.access, ended, WITHIN_A_WINDOW)
            .await;
        let line = Times::of("user logout, receiver down", vec![time]).line();
        report("odd-receiver-down", &[line]);
        let silent = "portcullis_revocation_feed_silent_ends_total";
        let silent = scene.first().metric(silent, |_| true).await.unwrap();
        assert_eq!(silent, 1.0);
        scene.admin.delete_realm().await.unwrap();
    });
}

#[test]
fn a_notice_that_no_key_is_at_hand_for_is_applied_as_soon_as_there_is_one() {
    run(async |env| {
        let gateway = Gateway::start(env).await;
        let issuer = gateway.issuer("odd-parked");
        let scene = Scene::start_behind(env, "odd-parked", &issuer).await;
        // From here on the instance could have them.
        gateway.withhold_keys(true);
        let front_end = gateway.base_url().to_owned();
        scene.admin.set_frontend_url(&front_end).await.unwrap();
        let user = scene.admin.create_user("user", &[]).await.unwrap();
        let tokens = scene.realm.log_in(SHOP_WEB, &user).await.unwrap();
        assert_eq!(payload_of(&tokens.access)["iss"], *issuer);

        scene.log_out(&tokens).await;
        assert_eq!(scene.notices("parked").await, 1.0);
        let unjudged = orders(scene.first(), &tokens.access).await;
        assert_status(&unjudged, StatusCode::SERVICE_UNAVAILABLE);

        gateway.withhold_keys(false);
        // Nobody need ask for anything.
        let taken = until("the notice that waits", WITHIN_A_MINUTE, async || {
            Ok((scene.notices("taken").await == 1.0).then_some(()))
        });
        taken.await.unwrap();
        assert_invalid_token(&orders(scene.first(), &tokens.access).await);
        assert_eq!(scene.calls().await, 0.0);
        scene.admin.delete_realm().await.unwrap();
    });
}

#[test]
fn a_notice_signed_with_a_key_that_was_made_just_before_is_applied_at_once() {
    run(async |env| {
        let scene = Scene::start(env, "odd-rotated", 1, &[]).await;
        let (_, tokens) = scene.logged_in("user").await;
        scene.admin.add_rsa_key("rotated", 200).await.unwrap();
        scene.log_out(&tokens).await;
        assert_invalid_token(&orders(scene.first(), &tokens.access).await);
        assert_eq!(scene.notices("taken").await, 1.0);
        scene.admin.delete_realm().await.unwrap();
    });
}

#[test]
fn a_notice_signed_with_a_secret_is_refused_with_a_word_in_the_log_and_made_up_for() {
    run(async |env| {
        let scene = Scene::start(env, "odd-hs256", 1, &[]).await;
        let algorithm = "id.token.signed.response.alg";
        let set = scene
            .admin
            .set_client_attribute(SHOP_WEB.id, algorithm, "HS256");
        set.await.unwrap();
        let (_, tokens) = scene.logged_in("user").await;
        scene.log_out(&tokens).await;
        let ended = Instant::now();
        scene
            .let_in_for(&tokens.access, ended, WITHIN_A_WINDOW)
            .await;
        assert_eq!(scene.notices("refused").await, 1.0);
        let named = |line: &str| line.contains("HMAC") && line.contains("WARN");
        let line = scene.first().wait_for_log("HMAC", named).await.unwrap();
        // What to change, and where.
        assert!(line.contains(SHOP_WEB.id), "{line}");
        scene.admin.delete_realm().await.unwrap();
    });
}

#[test]
fn a_notice_without_a_session_ends_all_of_the_users_and_what_comes_later_works() {
    run(async |env| {
        let scene = Scene::start(env, "odd-sub", 1, &[]).await;
        let required = "backchannel.logout.session.required";
        let set = scene
            .admin
            .set_client_attribute(SHOP_WEB.id, required, "false");
        set.await.unwrap();
        let (user, tokens) = scene.logged_in("user").await;
        let other: Tokens = scene.log_in(&user).await;
        scene.log_out(&tokens).await;
        assert_invalid_token(&orders(scene.first(), &tokens.access).await);
        // The notice does not say which session it was: the other is refused with it.
        assert_invalid_token(&orders(scene.first(), &other.access).await);
        tokio::time::sleep(Duration::from_millis(1100)).await;
        scene.log_in(&user).await;
        let setting = "Backchannel logout session required";
        let warned = |line: &str| line.contains("WARN") && line.contains(setting);
        scene.first().wait_for_log(setting, warned).await.unwrap();
        scene.admin.delete_realm().await.unwrap();
    });
}

//! Cut-offs ("not before"): pushed or polled.

use std::time::Duration;

use portcullis_keycloak_suite::{Tokens, payload_of};
use reqwest::StatusCode;
use tokio::time::Instant;

use super::{
    report::{Times, report},
    scene::Scene,
};
use crate::environment::{Environment, SHOP_MOBILE, SHOP_WEB, assert_status, now, orders, run};

/// The poll's period with a tenth more, and what is promised beyond it.
const POLLED: Duration = Duration::from_millis(11_000 + 250);
/// Far more than a push takes: the figures are in the report.
const PUSHED: Duration = Duration::from_secs(2);

#[test]
fn a_cut_off_that_is_pushed_is_obeyed_at_once() {
    run(async |env| {
        let scene = Scene::start(env, "cut-off-pushed", 1, &[]).await;
        let mut times = Vec::new();
        for number in 0..10 {
            until_after_cut_off().await;
            let (_, tokens) = scene.logged_in(&format!("user-{number}")).await;
            cut_off(&scene, &tokens).await;
            let delivery = scene.admin.push_not_before().await.unwrap();
            assert!(delivery.failed.is_empty(), "{delivery:?}");
            let pushed = Instant::now();
            times.push(scene.let_in_for(&tokens.access, pushed, PUSHED).await);
        }
        report(
            "cut-off-pushed",
            &[Times::of("not-before pushed", times).line()],
        );
        scene.admin.delete_realm().await.unwrap();
    });
}

#[test]
fn a_cut_off_that_is_only_set_is_obeyed_within_a_period_of_the_poll() {
    run(async |env| {
        let scene = Scene::start(env, "cut-off-polled", 1, &[]).await;
        let (user, tokens) = scene.logged_in("user").await;
        let calls = scene.calls().await;
        cut_off(&scene, &tokens).await;
        let set = Instant::now();
        let time = scene.let_in_for(&tokens.access, set, POLLED).await;
        report(
            "cut-off-polled",
            &[Times::of("not-before polled", vec![time]).line()],
        );
        // Rechecks saw it too, but asking was not needed.
        assert!(scene.calls().await - calls <= 8.0);
        until_after_cut_off().await;
        let next = scene.realm.log_in(SHOP_WEB, &user).await.unwrap();
        assert_status(&orders(scene.first(), &next.access).await, StatusCode::OK);
        scene.admin.delete_realm().await.unwrap();
    });
}

#[test]
fn log_out_all_of_a_realm_is_obeyed_at_once_where_there_is_an_admin_url() {
    run(async |env| {
        let time = log_out_all(env, "all-pushed", true, PUSHED).await;
        report(
            "log-out-all-pushed",
            &[Times::of("realm logout-all, admin URL", vec![time]).line()],
        );
    });
}

#[test]
fn log_out_all_of_a_realm_is_obeyed_within_a_period_of_the_poll_where_there_is_none() {
    run(async |env| {
        let time = log_out_all(env, "all-polled", false, POLLED).await;
        report(
            "log-out-all-polled",
            &[Times::of("realm logout-all, no admin URL", vec![time]).line()],
        );
    });
}

#[test]
fn a_clients_own_cut_off_that_is_pushed_ends_its_tokens_and_no_others() {
    run(async |env| {
        let scene = Scene::start(env, "cut-off-client", 1, &[]).await;
        let (user, tokens) = scene.logged_in("user").await;
        let others = scene.realm.log_in(SHOP_MOBILE, &user).await.unwrap();
        scene.let_in(&others.access).await;
        let iat = payload_of(&tokens.access)["iat"].as_u64().unwrap();
        let admin = &scene.admin;
        admin
            .set_client_not_before(SHOP_WEB.id, iat + 1)
            .await
            .unwrap();
        let delivery = admin.push_client_not_before(SHOP_WEB.id).await.unwrap();
        assert!(delivery.failed.is_empty(), "{delivery:?}");
        let pushed = Instant::now();
        scene.let_in_for(&tokens.access, pushed, PUSHED).await;
        assert_status(&orders(scene.first(), &others.access).await, StatusCode::OK);
        scene.admin.delete_realm().await.unwrap();
    });
}

/// Sets the realm's cut-off right behind this token.
async fn cut_off(scene: &Scene, tokens: &Tokens) {
    let iat = payload_of(&tokens.access)["iat"].as_u64().unwrap();
    scene.admin.set_not_before(iat + 1).await.unwrap();
}

/// A cut-off lies a second ahead at the most.
async fn until_after_cut_off() {
    let cut_off = now() + 1;
    while now() <= cut_off {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn log_out_all(
    env: &Environment,
    name: &str,
    has_admin_url: bool,
    limit: Duration,
) -> Duration {
    let scene = Scene::start(env, name, 1, &[]).await;
    if !has_admin_url {
        scene.admin.set_admin_url(SHOP_WEB.id, "").await.unwrap();
    }
    let (_, tokens) = scene.logged_in("user").await;
    // The cut-off is this second; what was issued in it is not before it.
    until_after_cut_off().await;
    scene.admin.log_out_all().await.unwrap();
    let ended = Instant::now();
    let time = scene.let_in_for(&tokens.access, ended, limit).await;
    scene.admin.delete_realm().await.unwrap();
    time
}

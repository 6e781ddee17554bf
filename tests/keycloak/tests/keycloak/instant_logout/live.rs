//! What a live route has seen, the local routes know.

use reqwest::StatusCode;

use super::scene::Scene;
use crate::environment::{SHOP_WEB, assert_invalid_token, assert_status, orders, payments, run};

#[test]
fn what_require_active_has_seen_end_the_local_route_refuses_at_once() {
    run(async |env| {
        let scene = Scene::start(env, "live-seen", 1, &[]).await;
        let (_, tokens) = scene.logged_in("user").await;
        scene.realm.revoke(SHOP_WEB, &tokens.access).await.unwrap();
        assert_invalid_token(&payments(scene.first(), &tokens.access).await);
        assert_invalid_token(&orders(scene.first(), &tokens.access).await);
        // It is asked about again every five seconds at the most.
        let calls = scene.calls().await;
        for _ in 0..50 {
            assert_invalid_token(&orders(scene.first(), &tokens.access).await);
        }
        assert!(scene.calls().await - calls <= 1.0);
        scene.admin.delete_realm().await.unwrap();
    });
}

#[test]
fn a_user_who_is_enabled_again_is_let_in_again() {
    run(async |env| {
        let scene = Scene::start(env, "live-enabled", 1, &[]).await;
        let (user, tokens) = scene.logged_in("user").await;
        scene.admin.set_user_enabled(&user, false).await.unwrap();
        assert_invalid_token(&payments(scene.first(), &tokens.access).await);
        scene.admin.set_user_enabled(&user, true).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        assert_status(
            &payments(scene.first(), &tokens.access).await,
            StatusCode::OK,
        );
        assert_status(&orders(scene.first(), &tokens.access).await, StatusCode::OK);
        scene.admin.delete_realm().await.unwrap();
    });
}

//! Offline sessions, which have the `sid` of the login session and outlive it.

use std::time::Duration;

use portcullis_keycloak_suite::{Browser, Tokens, payload_of};
use reqwest::StatusCode;

use super::scene::Scene;
use crate::environment::{SHOP_WEB, assert_status, orders, run};

#[test]
fn an_offline_session_outlives_the_login_session_at_one_call_a_token() {
    run(async |env| {
        let scene = Scene::start(env, "afterlife-offline", 1, &[]).await;
        let user = scene.admin.create_user("user", &[]).await.unwrap();
        let mut browser = Browser::new(&scene.realm, &user).unwrap();
        let online = browser.visit(SHOP_WEB, "openid").await.unwrap();
        let offline = browser
            .visit(SHOP_WEB, "openid offline_access")
            .await
            .unwrap();
        let sid = |tokens: &Tokens| payload_of(&tokens.access)["sid"].clone();
        assert_eq!(sid(&online), sid(&offline));
        scene.let_in(&online.access).await;
        scene.let_in(&offline.access).await;

        scene.log_out(&online).await;
        for token in [&online.access, &offline.access] {
            let answer = orders(scene.first(), token).await;
            assert_status(&answer, StatusCode::UNAUTHORIZED);
        }
        // What the offline session mints from the next second on is its own.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let refresh = offline.refresh.as_deref().unwrap();
        let next = scene.realm.refresh(SHOP_WEB, refresh).await.unwrap();
        assert_eq!(sid(&next), sid(&online));
        let calls = scene.calls().await;
        for _ in 0..20 {
            assert_status(&orders(scene.first(), &next.access).await, StatusCode::OK);
        }
        assert!(scene.calls().await - calls <= 2.0);
        scene.admin.delete_realm().await.unwrap();
    });
}

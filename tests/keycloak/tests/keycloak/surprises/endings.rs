//! Ends that nobody is told of, and what they leave alive.

use portcullis_keycloak_suite::{Browser, Tokens, until};
use serde_json::json;

use super::scene::{OwnRealm, Scene, assert_active, assert_silence, is_active, sid_of};
use crate::environment::{SHOP_MOBILE, SHOP_WEB, SOON, run};

#[test]
fn nobody_is_told_that_a_user_was_disabled() {
    in_silence("silent-disabled", async |scene, _| {
        let user = &scene.user;
        scene.admin.set_user_enabled(user, false).await.unwrap();
    });
}

#[test]
fn nobody_is_told_that_a_user_was_deleted() {
    in_silence("silent-deleted", async |scene, _| {
        scene.admin.delete_user(&scene.user).await.unwrap();
    });
}

#[test]
fn nobody_is_told_that_a_client_was_disabled() {
    in_silence("silent-client-off", async |scene, _| {
        let id = scene.front_end.id;
        let off = json!({ "enabled": false });
        scene.admin.patch_client(id, &off).await.unwrap();
    });
}

#[test]
fn nobody_is_told_that_a_client_was_deleted() {
    in_silence("silent-client-gone", async |scene, _| {
        let id = scene.front_end.id;
        scene.admin.delete_client(id).await.unwrap();
    });
}

#[test]
fn nobody_is_told_that_a_token_was_revoked_and_its_siblings_live_on() {
    in_silence("silent-revoked", async |scene, tokens| {
        let front_end = scene.front_end;
        let refresh = tokens.refresh.as_deref().unwrap();
        let sibling = scene.shop.refresh(front_end, refresh).await.unwrap();
        scene.shop.revoke(front_end, &tokens.access).await.unwrap();
        assert_eq!(sid_of(&sibling.access), sid_of(&tokens.access));
        scene.assert_active(&sibling.access, true).await;
    });
}

#[test]
fn after_the_revocation_of_its_only_refresh_token_a_session_ends_in_silence() {
    in_silence("silent-refresh-revoked", async |scene, tokens| {
        let refresh = tokens.refresh.as_deref().unwrap();
        scene.shop.revoke(scene.front_end, refresh).await.unwrap();
        scene.admin.log_out(&scene.user).await.unwrap();
    });
}

#[test]
fn a_session_that_no_client_with_a_url_took_part_in_ends_in_silence() {
    run(async |env| {
        let attributes = json!({ "backchannel.logout.url": "" });
        let scene = Scene::with(env, "silent-no-url", attributes).await;
        let tokens = scene.log_in().await;
        scene.log_out(&tokens).await;
        scene.assert_active(&tokens.access, false).await;
        scene.assert_silence().await;
    });
}

#[test]
fn a_revoked_token_takes_what_it_was_exchanged_for_not_with_it() {
    run(async |env| {
        let tokens = env.shop.log_in_as(SHOP_WEB, "bob", "bob").await.unwrap();
        let exchanged = env.shop.exchange(SHOP_MOBILE, &tokens.access).await;
        let exchanged = exchanged.unwrap().access;
        env.shop.revoke(SHOP_WEB, &tokens.access).await.unwrap();
        assert_active(&env.shop, &tokens.access, false).await;
        assert_active(&env.shop, &exchanged, true).await;
    });
}

#[test]
fn what_ends_one_client_leaves_the_others_of_the_session_alive() {
    run(async |env| {
        let own = OwnRealm::set(env, "shop-one-client", &[SHOP_WEB, SHOP_MOBILE]).await;
        let user = own.admin.create_user("both", &[]).await.unwrap();
        for end in ["refresh token revoked", "client disabled"] {
            let mut browser = Browser::new(&own.realm, &user).unwrap();
            let web = browser.visit(SHOP_WEB, "openid").await.unwrap();
            let mobile = browser.visit(SHOP_MOBILE, "openid").await.unwrap();
            assert_eq!(sid_of(&web.access), sid_of(&mobile.access));
            if end == "client disabled" {
                let off = json!({ "enabled": false });
                own.admin.patch_client(SHOP_MOBILE.id, &off).await.unwrap();
            } else {
                let refresh = mobile.refresh.as_deref().unwrap();
                own.realm.revoke(SHOP_MOBILE, refresh).await.unwrap();
            }
            own.assert_active(&mobile.access, false).await;
            own.assert_active(&web.access, true).await;
            assert_silence(&own.receiver).await;
        }
        own.delete().await;
    });
}

#[test]
fn nobody_is_told_that_a_session_expired() {
    run(async |env| {
        let attributes = json!({ "client.session.max.lifespan": "2" });
        let scene = Scene::with(env, "silent-expired", attributes).await;
        let tokens = scene.log_in().await;
        let ended = until("the end of a session", SOON, async || {
            let is_active = is_active(scene.shop, &tokens.access).await;
            Ok((!is_active).then_some(()))
        });
        ended.await.unwrap();
        scene.assert_silence().await;
    });
}

/// Whatever `end` does, the token is inactive afterwards, and no message says so.
fn in_silence(id: &'static str, end: impl AsyncFnOnce(&Scene, &Tokens)) {
    run(async |env| {
        let scene = Scene::set(env, id).await;
        let admin_url = json!({ "adminUrl": scene.receiver.admin_url() });
        scene.admin.patch_client(id, &admin_url).await.unwrap();
        let tokens = scene.log_in().await;
        scene.assert_active(&tokens.access, true).await;
        end(&scene, &tokens).await;
        scene.assert_active(&tokens.access, false).await;
        scene.assert_silence().await;
    });
}

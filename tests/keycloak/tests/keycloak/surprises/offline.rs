//! Offline sessions, which have the `sid` of the login that began them and their own end.

use portcullis_keycloak_suite::{Browser, Client, Tokens, payload_of};
use serde_json::Value;

use super::scene::{OwnRealm, Scene, names, sid_of};
use crate::environment::{CANARY, Environment, SHOP_MOBILE, SHOP_WEB, WAREHOUSE, run};

const OFFLINE: &str = "openid offline_access";

#[test]
fn an_offline_session_has_the_sid_of_the_login_and_outlives_its_end() {
    run(async |env| {
        let own = OwnRealm::set(env, "shop-offline", &[SHOP_WEB, SHOP_MOBILE]).await;
        let user = own.admin.create_user("traveller", &[]).await.unwrap();
        let mut browser = Browser::new(&own.realm, &user).unwrap();
        let online = browser.visit(SHOP_WEB, "openid").await.unwrap();
        let offline = browser.visit(SHOP_MOBILE, OFFLINE).await.unwrap();
        let sid = sid_of(&online.access);
        assert_eq!(sid_of(&offline.access), sid);

        own.log_out(SHOP_WEB, &online).await;
        let notices = own.receiver.messages().await;
        assert!(!notices.is_empty());
        for notice in &notices {
            assert_eq!(notice.claims()["sid"], sid);
        }
        own.assert_active(&online.access, false).await;
        own.assert_active(&offline.access, true).await;
        let refresh = offline.refresh.as_deref().unwrap();
        let later = own.realm.refresh(SHOP_MOBILE, refresh).await.unwrap();
        assert_eq!(sid_of(&later.access), sid);
        own.assert_active(&later.access, true).await;

        own.log_out(SHOP_MOBILE, &offline).await;
        let own_end = own.receiver.message().await.claims();
        assert_eq!(own_end["sid"], sid);
        assert_eq!(names(&own_end), names(&notices[0].claims()));
        for token in [&offline.access, &later.access] {
            own.assert_active(token, false).await;
        }
        own.delete().await;
    });
}

#[test]
fn nobody_is_told_that_an_offline_consent_was_taken_back() {
    run(async |env| {
        let scene = Scene::set(env, "offline-consent").await;
        let tokens = log_in_offline(env, &scene).await;
        let id = scene.front_end.id;
        let sessions = scene.admin.offline_sessions(&scene.user, id).await;
        assert_eq!(sessions.unwrap(), [sid_of(&tokens.access)]);
        assert_eq!(scene.admin.sessions(&scene.user).await.unwrap().len(), 0);
        scene.admin.revoke_consent(&scene.user, id).await.unwrap();
        scene.assert_active(&tokens.access, false).await;
        scene.assert_silence().await;
    });
}

#[test]
fn an_administrator_who_deletes_an_offline_session_sends_a_notice() {
    run(async |env| {
        let scene = Scene::set(env, "offline-deleted").await;
        let tokens = log_in_offline(env, &scene).await;
        let sid = sid_of(&tokens.access);
        scene.admin.delete_offline_session(&sid).await.unwrap();
        scene.assert_active(&tokens.access, false).await;
        assert_eq!(scene.notice().await.claims()["sid"], sid);
    });
}

#[test]
fn the_scope_is_no_sure_mark_of_an_offline_token_and_its_jti_is() {
    run(async |env| {
        let scene = Scene::set(env, "offline-scope").await;
        let tokens = log_in_offline(env, &scene).await;
        assert!(scopes(&tokens.access).contains("offline_access"));
        let refresh = tokens.refresh.as_deref().unwrap();
        let later = env
            .shop
            .refresh_for(scene.front_end, refresh, "openid")
            .await;
        let later = later.unwrap().access;
        assert!(!scopes(&later).contains("offline_access"));
        assert!(jti(&later).starts_with("of"), "{}", jti(&later));
    });
}

#[test]
fn a_jti_begins_with_the_kind_of_session_of_token_and_of_grant() {
    run(async |env| {
        let scene = Scene::set(env, "offline-jti").await;
        let shop = scene.shop;
        let user = &scene.user;
        let online = shop.log_in(SHOP_WEB, user).await.unwrap();
        let offline = shop
            .log_in_for(SHOP_WEB, &user.name, &user.password, OFFLINE)
            .await
            .unwrap();
        let lightweight = Client::public("shop-web-lightweight");
        let lightweight = shop.log_in(lightweight, user).await.unwrap();
        let refreshed = shop.refresh(SHOP_WEB, online.refresh.as_deref().unwrap());
        let refreshed_offline = shop.refresh(SHOP_WEB, offline.refresh.as_deref().unwrap());
        let exchanged = shop.exchange(SHOP_MOBILE, &online.access);
        let joined = shop.exchange_and_join(SHOP_MOBILE, &online.access);
        let exchanged_offline = shop.exchange(SHOP_MOBILE, &offline.access);
        for (tokens, kind) in [
            (refreshed.await.unwrap(), "onrtrt"),
            (refreshed_offline.await.unwrap(), "ofrtrt"),
            (exchanged.await.unwrap(), "ntrtte"),
            (joined.await.unwrap(), "onrtte"),
            (exchanged_offline.await.unwrap(), "ftrtte"),
            (shop.client_credentials(WAREHOUSE).await.unwrap(), "trrtcc"),
            (shop.client_credentials(CANARY).await.unwrap(), "onrtcc"),
            (online, "onrtro"),
            (offline, "ofrtro"),
            (lightweight, "onltro"),
        ] {
            let jti = jti(&tokens.access);
            assert_eq!(jti.split_once(':').unwrap().0, kind);
        }
    });
}

async fn log_in_offline(env: &Environment, scene: &Scene) -> Tokens {
    let user = &scene.user;
    env.shop
        .log_in_for(scene.front_end, &user.name, &user.password, OFFLINE)
        .await
        .unwrap()
}

fn scopes(token: &str) -> String {
    text(&payload_of(token)["scope"])
}

fn jti(token: &str) -> String {
    text(&payload_of(token)["jti"])
}

fn text(claim: &Value) -> String {
    claim.as_str().unwrap().to_owned()
}

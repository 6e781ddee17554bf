//! Back-channel logout: who is told of the end of a session that several took part in.

use std::collections::BTreeSet;

use portcullis_keycloak_suite::{Browser, payload_of};

use super::scene::{OwnRealm, Scene, sid_of};
use crate::environment::{SHOP_MOBILE, SHOP_WEB, run};

#[test]
fn every_client_of_a_session_that_has_a_url_gets_a_notice_of_its_own() {
    run(async |env| {
        let own = OwnRealm::set(env, "shop-notice-each", &[SHOP_WEB, SHOP_MOBILE]).await;
        let user = own.admin.create_user("twice", &[]).await.unwrap();
        let mut browser = Browser::new(&own.realm, &user).unwrap();
        let web = browser.visit(SHOP_WEB, "openid").await.unwrap();
        let mobile = browser.visit(SHOP_MOBILE, "openid").await.unwrap();
        let sid = sid_of(&web.access);
        assert_eq!(sid_of(&mobile.access), sid);

        own.log_out(SHOP_MOBILE, &mobile).await;
        let mut told = BTreeSet::new();
        for notice in own.receiver.messages().await {
            let claims = notice.claims();
            assert_eq!(claims["sid"], sid);
            assert!(told.insert(claims["aud"].as_str().unwrap().to_owned()));
        }
        let expected = [SHOP_WEB.id, SHOP_MOBILE.id].map(str::to_owned);
        assert_eq!(told, BTreeSet::from(expected));
        for tokens in [web, mobile] {
            own.assert_active(&tokens.access, false).await;
        }
        own.delete().await;
    });
}

#[test]
fn a_client_that_exchanged_a_token_is_told_only_if_it_joined_the_session() {
    run(async |env| {
        let own = OwnRealm::set(env, "shop-notice-exchange", &[SHOP_MOBILE]).await;
        for joins in [false, true] {
            let tokens = own.log_in(SHOP_WEB).await;
            let exchanged = if joins {
                own.realm
                    .exchange_and_join(SHOP_MOBILE, &tokens.access)
                    .await
            } else {
                own.realm.exchange(SHOP_MOBILE, &tokens.access).await
            };
            let exchanged = exchanged.unwrap().access;
            assert_eq!(payload_of(&exchanged)["azp"], SHOP_MOBILE.id);
            assert_eq!(sid_of(&exchanged), sid_of(&tokens.access));
            own.assert_active(&exchanged, true).await;
            own.log_out(SHOP_WEB, &tokens).await;
            own.assert_active(&exchanged, false).await;
            assert_eq!(own.receiver.messages().await.len(), usize::from(joins));
        }
        own.delete().await;
    });
}

#[test]
fn an_administrator_who_ends_sessions_sends_a_notice_for_each() {
    run(async |env| {
        let scene = Scene::set(env, "notice-admin").await;
        let sessions = [
            scene.log_in().await,
            scene.log_in().await,
            scene.log_in().await,
        ];
        let [deleted, one, other] = sessions.each_ref().map(|tokens| sid_of(&tokens.access));
        scene.admin.delete_session(&deleted).await.unwrap();
        assert_eq!(scene.notice().await.claims()["sid"], deleted);

        scene.admin.log_out(&scene.user).await.unwrap();
        let notices = scene.receiver.messages().await;
        let told: BTreeSet<_> = notices
            .iter()
            .map(|notice| notice.claims()["sid"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(notices.len(), 2);
        assert_eq!(told, BTreeSet::from([one, other]));
        for tokens in &sessions {
            scene.assert_active(&tokens.access, false).await;
        }
    });
}

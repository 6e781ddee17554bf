//! Which ends become events, and which do not.

use portcullis_keycloak_suite::payload_of;
use serde_json::json;

use super::{CREDENTIAL_CHANGE, SESSION_REVOKED, Scene, poll_id};
use crate::{
    environment::{CANARY, SHOP_WEB, run},
    surprises::scene::{log_out, names, sid_of},
};

#[test]
fn a_logout_is_a_revoked_session_of_a_user() {
    run(async |env| {
        let scene = Scene::set(env, "signal-logout").await;
        let tokens = scene.log_in().await;
        scene.log_out(&tokens).await;
        let event = scene.event().await;
        assert_eq!(
            names(&event),
            ["aud", "events", "iat", "iss", "jti", "sub_id", "txn"]
        );
        assert_eq!(event["iss"], scene.realm.issuer());
        let audience = format!("{}/{}", poll_id(scene.name), scene.polled.id);
        assert_eq!(event["aud"], audience);
        let session = json!({ "format": "opaque", "id": sid_of(&tokens.access) });
        assert_eq!(
            event["sub_id"],
            json!({ "format": "complex", "user": scene.subject(), "session": session })
        );
        // Seconds, as `iat` is.
        assert_eq!(
            event["events"],
            json!({ SESSION_REVOKED: {
                "event_timestamp": event["iat"],
                "initiating_entity": "user",
                "reason_admin": { "en": "User logout" },
            } })
        );
    });
}

#[test]
fn a_log_out_by_an_administrator_is_one_event_about_a_session_called_all_by_the_user_itself() {
    run(async |env| {
        let scene = Scene::set(env, "signal-admin").await;
        for _ in 0..2 {
            scene.log_in().await;
        }
        scene.admin.log_out(&scene.user).await.unwrap();
        let event = scene.event().await;
        let session = json!({ "format": "opaque", "id": "ALL" });
        assert_eq!(event["sub_id"]["session"], session);
        assert_eq!(event["sub_id"]["user"], scene.subject());
        let revoked = &event["events"][SESSION_REVOKED];
        assert_eq!(revoked["initiating_entity"], "user");
    });
}

#[test]
fn a_new_password_is_a_changed_credential_of_a_user() {
    run(async |env| {
        let scene = Scene::set(env, "signal-password").await;
        let set = scene.admin.set_password(&scene.user, "another");
        set.await.unwrap();
        let event = scene.event().await;
        assert_eq!(event["sub_id"], scene.subject());
        assert_eq!(
            event["events"],
            json!({ CREDENTIAL_CHANGE: {
                "event_timestamp": event["iat"],
                "initiating_entity": "admin",
                "change_type": "update",
                "credential_type": "password",
                "kc_credential_type": "password",
            } })
        );
    });
}

#[test]
fn the_logouts_of_a_service_account_and_of_an_offline_session_are_events() {
    run(async |env| {
        let scene = Scene::set(env, "signal-others").await;
        let (realm, user) = (&scene.realm, &scene.user);
        let scope = "openid offline_access";
        let offline = realm.log_in_for(SHOP_WEB, &user.name, &user.password, scope);
        let canary = realm.client_credentials(CANARY).await.unwrap();
        let account = payload_of(&canary.access)["sub"].clone();
        let account = scene.subject_of(account.as_str().unwrap());
        scene.ask_for(&account).await;
        for (client, tokens) in [(CANARY, canary), (SHOP_WEB, offline.await.unwrap())] {
            log_out(realm, client, &tokens).await;
            let event = scene.event().await;
            assert_eq!(event["sub_id"]["session"]["id"], sid_of(&tokens.access));
        }
    });
}

#[test]
fn most_ends_are_no_events() {
    run(async |env| {
        let scene = Scene::apart(env, "signal-none").await;
        let (admin, realm) = (&scene.admin, &scene.realm);

        let tokens = scene.log_in().await;
        let sid = sid_of(&tokens.access);
        admin.delete_session(&sid).await.unwrap();
        scene.assert_silence("session deleted").await;

        let tokens = scene.log_in().await;
        realm.revoke(SHOP_WEB, &tokens.access).await.unwrap();
        scene.assert_silence("access token revoked").await;
        let refresh = tokens.refresh.as_deref().unwrap();
        realm.revoke(SHOP_WEB, refresh).await.unwrap();
        scene.assert_silence("refresh token revoked").await;

        scene.log_in().await;
        admin.log_out_all().await.unwrap();
        scene.assert_silence("realm logged out").await;

        let tokens = scene.log_in().await;
        scene.log_out(&tokens).await;
        scene.event().await;

        scene.log_in().await;
        admin.set_user_enabled(&scene.user, false).await.unwrap();
        scene.assert_silence("user disabled").await;
        admin.delete_user(&scene.user).await.unwrap();
        scene.assert_silence("user deleted").await;
        admin.delete_realm().await.unwrap();
    });
}

#[test]
fn nobody_is_a_subject_before_the_receiver_asks() {
    run(async |env| {
        let scene = Scene::set(env, "signal-subjects").await;
        let metadata = scene.realm.signals_metadata().await.unwrap();
        assert_eq!(metadata["default_subjects"], "NONE");
        let stranger = scene.admin.create_user("signal-stranger", &[]);
        let stranger = stranger.await.unwrap();
        let tokens = scene.realm.log_in(SHOP_WEB, &stranger).await.unwrap();
        scene.log_out(&tokens).await;
        scene.assert_silence("logout of a stranger").await;

        scene.ask_for(&scene.subject_of(&stranger.id)).await;
        let tokens = scene.realm.log_in(SHOP_WEB, &stranger).await.unwrap();
        scene.log_out(&tokens).await;
        let event = scene.event().await;
        assert_eq!(event["sub_id"]["user"]["sub"], stranger.id);
    });
}

impl Scene {
    async fn assert_silence(&self, end: &str) {
        let events = self.events().await;
        assert!(events.is_empty(), "{end}: {events:#?}");
    }
}

//! Back-channel logout: what is sent to whom, and when.

use std::time::Duration;

use axum::http::StatusCode;
use portcullis_keycloak_suite::{header_of, payload_of};
use serde_json::json;

use super::scene::{OwnRealm, Scene, is_active, names, published_kids, sid_of};
use crate::environment::{SHOP_WEB, run};

#[test]
fn a_notice_names_session_user_and_front_end_and_never_the_resource_server() {
    run(async |env| {
        let scene = Scene::set(env, "notice-claims").await;
        let tokens = scene.log_in().await;
        scene.log_out(&tokens).await;
        let notice = scene.notice().await;
        assert_eq!(
            notice.http_header("content-type"),
            "application/x-www-form-urlencoded"
        );
        let header = notice.header();
        assert_eq!(names(&header), ["alg", "kid", "typ"]);
        assert_eq!(header["typ"], "logout+jwt");
        assert_eq!(header["kid"], header_of(&tokens.access)["kid"]);

        let claims = notice.claims();
        assert_eq!(
            names(&claims),
            [
                "aud", "events", "exp", "iat", "iss", "jti", "sid", "sub", "typ"
            ]
        );
        assert_eq!(claims["iss"], env.shop.issuer());
        assert_eq!(claims["aud"], "notice-claims");
        assert_eq!(claims["sid"], sid_of(&tokens.access));
        assert_eq!(claims["sub"], scene.user.id);
        assert_eq!(claims["typ"], "Logout");
        assert_eq!(
            claims["events"],
            json!({ "http://schemas.openid.net/event/backchannel-logout": {} })
        );
        let lifetime = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
        assert_eq!(lifetime, 120);
    });
}

#[test]
fn a_session_is_active_while_its_notice_is_delivered_and_ends_after_the_answer() {
    run(async |env| {
        let scene = Scene::set(env, "notice-order").await;
        let tokens = scene.log_in().await;
        let token = tokens.access.clone();
        let mut seen = scene.receiver.during(move |_| {
            let token = token.clone();
            async move { is_active(&env.shop, &token).await }
        });
        scene.log_out(&tokens).await;
        assert_eq!(seen.try_recv(), Ok(true));
        scene.assert_active(&tokens.access, false).await;
    });
}

#[test]
fn a_session_mints_new_tokens_while_its_notice_is_delivered() {
    run(async |env| {
        let scene = Scene::set(env, "notice-refresh").await;
        let tokens = scene.log_in().await;
        let refresh = tokens.refresh.clone().unwrap();
        let front_end = scene.front_end;
        let mut minted = scene.receiver.during(move |_| {
            let refresh = refresh.clone();
            async move { env.shop.refresh(front_end, &refresh).await }
        });
        scene.log_out(&tokens).await;
        let minted = minted.try_recv().unwrap().unwrap();
        assert_eq!(sid_of(&minted.access), sid_of(&tokens.access));
        let notice = scene.notice().await.claims();
        assert!(
            payload_of(&minted.access)["iat"].as_u64() >= notice["iat"].as_u64(),
            "{notice}"
        );
    });
}

#[test]
fn a_notice_that_is_answered_badly_is_never_sent_again_and_the_session_ends_all_the_same() {
    run(async |env| {
        let scene = Scene::set(env, "notice-once").await;
        for status in [
            StatusCode::BAD_REQUEST,
            StatusCode::INTERNAL_SERVER_ERROR,
            StatusCode::SERVICE_UNAVAILABLE,
        ] {
            scene.receiver.answer(status);
            let tokens = scene.log_in().await;
            scene.log_out(&tokens).await;
            let notice = scene.notice().await;
            assert_eq!(notice.claims()["sid"], sid_of(&tokens.access), "{status}");
            scene.assert_active(&tokens.access, false).await;
        }
    });
}

#[test]
fn a_receiver_that_never_answers_is_given_up_and_the_session_ends_all_the_same() {
    run(async |env| {
        let scene = Scene::set(env, "notice-hang").await;
        let tokens = scene.log_in().await;
        scene.receiver.delay(Duration::from_secs(3600));
        scene.log_out(&tokens).await;
        scene.notice().await;
        scene.assert_active(&tokens.access, false).await;
    });
}

#[test]
fn without_session_required_a_notice_names_the_user_alone_though_one_session_ended() {
    run(async |env| {
        let attributes = json!({ "backchannel.logout.session.required": "false" });
        let scene = Scene::with(env, "notice-sub", attributes).await;
        let ended = scene.log_in().await;
        let other = scene.log_in().await;
        scene.log_out(&ended).await;
        let claims = scene.notice().await.claims();
        assert_eq!(claims["sub"], scene.user.id);
        assert_eq!(claims.get("sid"), None, "{claims}");
        scene.assert_active(&ended.access, false).await;
        scene.assert_active(&other.access, true).await;
    });
}

#[test]
fn a_notice_is_signed_as_id_tokens_are_even_where_nobody_can_check_it() {
    run(async |env| {
        for (id, algorithm, is_published) in [
            ("notice-ps256", "PS256", true),
            ("notice-hs256", "HS256", false),
        ] {
            let attributes = json!({ "id.token.signed.response.alg": algorithm });
            let scene = Scene::with(env, id, attributes).await;
            let tokens = scene.log_in().await;
            assert_eq!(header_of(&tokens.access)["alg"], "RS256");
            scene.log_out(&tokens).await;
            let header = scene.notice().await.header();
            assert_eq!(header["alg"], algorithm);
            assert_eq!(header["typ"], "logout+jwt");
            let kids = published_kids(&env.shop).await;
            assert_eq!(kids.contains(&header["kid"]), is_published, "{header}");
        }
    });
}

#[test]
fn after_a_rotation_a_notice_may_be_the_first_thing_that_the_new_key_signs() {
    run(async |env| {
        let own = OwnRealm::set(env, "shop-notice-rotation", &[SHOP_WEB]).await;
        let tokens = own.log_in(SHOP_WEB).await;
        own.admin.add_rsa_key("next", 200).await.unwrap();
        own.log_out(SHOP_WEB, &tokens).await;
        let header = own.receiver.message().await.header();
        assert_ne!(header["kid"], header_of(&tokens.access)["kid"]);
        assert!(published_kids(&own.realm).await.contains(&header["kid"]));
        own.delete().await;
    });
}

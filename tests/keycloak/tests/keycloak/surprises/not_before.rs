//! Cut-offs: what is inactive because of one, and how clients are told.

use axum::http::StatusCode;
use portcullis_keycloak_suite::{Delivery, Tokens, payload_of};

use super::scene::{OwnRealm, Scene, assert_silence, names};
use crate::environment::{Environment, SHOP_WEB, now, run};

#[test]
fn log_out_all_sends_no_notice_and_sets_the_cut_off_for_good() {
    run(async |env| {
        let own = told(env, "shop-all-out").await;
        let url = own.receiver.logout_url();
        let set = own.admin.set_backchannel_logout_url(SHOP_WEB.id, &url);
        set.await.unwrap();
        let tokens = own.log_in(SHOP_WEB).await;
        let begun = now();
        let delivery = own.admin.log_out_all().await.unwrap();
        assert_eq!(delivery.succeeded, [own.receiver.admin_url()]);

        let message = own.receiver.message().await;
        assert_silence(&own.receiver).await;
        assert_eq!(message.path, "/admin/k_logout");
        let claims = message.claims();
        assert_eq!(
            names(&claims),
            ["action", "expiration", "id", "notBefore", "resource"]
        );
        assert_eq!(claims["action"], "LOGOUT");
        assert_eq!(claims["resource"], SHOP_WEB.id);
        let cut_off = published_cut_off(&own).await;
        assert!((begun..=now()).contains(&cut_off), "{cut_off}");
        assert_eq!(claims["notBefore"], cut_off);

        own.assert_active(&tokens.access, false).await;
        own.admin.set_not_before(0).await.unwrap();
        own.assert_active(&tokens.access, false).await;
        own.delete().await;
    });
}

#[test]
fn the_push_of_a_realm_and_the_push_of_a_client_look_alike() {
    run(async |env| {
        let own = told(env, "shop-pushed").await;
        let (of_realm, of_client) = (now() - 1000, now() - 500);
        own.admin.set_not_before(of_realm).await.unwrap();
        let set = own.admin.set_client_not_before(SHOP_WEB.id, of_client);
        set.await.unwrap();
        assert_silence(&own.receiver).await;
        assert_eq!(published_cut_off(&own).await, of_realm);

        let delivery = own.admin.push_not_before().await.unwrap();
        assert_eq!(assert_push(&own, &delivery).await, of_realm);
        let delivery = own.admin.push_client_not_before(SHOP_WEB.id).await;
        assert_eq!(assert_push(&own, &delivery.unwrap()).await, of_client);
        own.admin.set_not_before(0).await.unwrap();
        let delivery = own.admin.push_not_before().await.unwrap();
        assert_eq!(assert_push(&own, &delivery).await, 0);
        own.delete().await;
    });
}

#[test]
fn the_administrator_is_told_which_client_did_not_take_a_push() {
    run(async |env| {
        let own = told(env, "shop-push-refused").await;
        own.receiver.answer(StatusCode::SERVICE_UNAVAILABLE);
        let delivery = own.admin.push_not_before().await.unwrap();
        assert_eq!(delivery.failed, [own.receiver.admin_url()]);
        assert_eq!(own.receiver.messages().await.len(), 1);
        own.delete().await;
    });
}

#[test]
fn a_token_is_inactive_if_it_was_issued_before_the_cut_off_of_its_realm_and_not_at_it() {
    run(async |env| {
        let own = told(env, "shop-cut-off").await;
        let tokens = own.log_in(SHOP_WEB).await;
        let issued = issued_at(&tokens);
        for (cut_off, active) in [
            (issued, true),
            (issued + 1, false),
            (now() + 3600, false),
            (0, true),
        ] {
            own.admin.set_not_before(cut_off).await.unwrap();
            assert_eq!(published_cut_off(&own).await, cut_off);
            own.assert_active(&tokens.access, active).await;
        }
        own.delete().await;
    });
}

#[test]
fn the_cut_off_of_a_client_is_as_strict_and_nowhere_to_be_read() {
    run(async |env| {
        let scene = Scene::set(env, "cut-off-client").await;
        let tokens = scene.log_in().await;
        let other = env.shop.log_in(SHOP_WEB, &scene.user).await.unwrap();
        let issued = issued_at(&tokens);
        for (cut_off, active) in [(issued, true), (issued + 1, false), (0, true)] {
            let id = scene.front_end.id;
            scene
                .admin
                .set_client_not_before(id, cut_off)
                .await
                .unwrap();
            scene.assert_active(&tokens.access, active).await;
            scene.assert_active(&other.access, true).await;
            let document = env.shop.document().await.unwrap();
            assert_eq!(document["tokens-not-before"], 0);
        }
        scene.assert_silence().await;
    });
}

#[test]
fn a_client_that_has_an_admin_url_alone_is_not_told_of_a_logout() {
    run(async |env| {
        let own = told(env, "shop-admin-url").await;
        let tokens = own.log_in(SHOP_WEB).await;
        own.log_out(SHOP_WEB, &tokens).await;
        own.assert_active(&tokens.access, false).await;
        assert_silence(&own.receiver).await;
        own.delete().await;
    });
}

/// A realm whose client `shop-web` has an admin URL.
async fn told(env: &Environment, name: &str) -> OwnRealm {
    let own = OwnRealm::set(env, name, &[]).await;
    let url = own.receiver.admin_url();
    own.admin.set_admin_url(SHOP_WEB.id, &url).await.unwrap();
    own
}

async fn published_cut_off(own: &OwnRealm) -> u64 {
    let document = own.realm.document().await.unwrap();
    document["tokens-not-before"].as_u64().unwrap()
}

/// One push came, and nothing in it says whose cut-off it tells. Answers the cut-off.
async fn assert_push(own: &OwnRealm, delivery: &Delivery) -> u64 {
    assert_eq!(delivery.succeeded, [own.receiver.admin_url()]);
    assert_eq!(delivery.failed, Vec::<String>::new());
    let message = own.receiver.message().await;
    assert_silence(&own.receiver).await;
    assert_eq!(message.path, "/admin/k_push_not_before");
    assert_eq!(
        message.http_header("content-type"),
        "text/plain; charset=ISO-8859-1"
    );
    let header = message.header();
    assert_eq!(names(&header), ["alg", "kid", "typ"]);
    assert_eq!(header["typ"], "JWT");
    let claims = message.claims();
    assert_eq!(
        names(&claims),
        ["action", "expiration", "id", "notBefore", "resource"]
    );
    assert_eq!(claims["action"], "PUSH_NOT_BEFORE");
    assert_eq!(claims["resource"], SHOP_WEB.id);
    let lives_for = claims["expiration"].as_u64().unwrap() - now();
    assert!(lives_for <= 30, "{claims}");
    claims["notBefore"].as_u64().unwrap()
}

fn issued_at(tokens: &Tokens) -> u64 {
    payload_of(&tokens.access)["iat"].as_u64().unwrap()
}

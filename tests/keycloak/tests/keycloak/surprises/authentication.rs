//! How good and how recent a login is called (`acr`, `auth_time`).

use portcullis_keycloak_suite::{Browser, User, payload_of};
use serde_json::{Value, json};

use super::scene::OwnRealm;
use crate::environment::{Environment, ORDERS_API, SHOP_WEB, run};

const GOLD: [(&str, &str); 1] = [("acr_values", "gold")];

#[test]
fn a_login_without_a_browser_has_no_time() {
    run(async |env| {
        let (_, tokens) = env.logged_in("surprise-auth-time", &[]).await;
        let claims = payload_of(&tokens.access);
        assert_eq!(claims["acr"], "1");
        assert_eq!(claims["auth_time"], Value::Null);
        let answer = env.shop.introspect(ORDERS_API, &tokens.access).await;
        assert_eq!(answer.unwrap()["auth_time"], Value::Null);
    });
}

#[test]
fn where_there_are_no_levels_a_login_is_1_and_a_visit_in_the_same_session_0() {
    run(async |env| {
        let user = env.user("surprise-no-levels", &[]).await;
        let mut browser = Browser::new(&env.shop, &user).unwrap();
        for acr in ["1", "0"] {
            let tokens = browser.visit(SHOP_WEB, "openid").await.unwrap();
            assert_eq!(payload_of(&tokens.access)["acr"], acr);
        }
    });
}

#[test]
fn whoever_asks_for_a_level_that_there_is_not_gets_another_one_unless_it_is_essential() {
    run(async |env| {
        let (own, user) = levels(env, "surprise-level-unknown", 3600).await;
        let mut browser = Browser::new(&own.realm, &user).unwrap();
        let asked = [("acr_values", "platinum")];
        let tokens = browser.visit_asking(SHOP_WEB, "openid", &asked).await;
        assert_eq!(payload_of(&tokens.unwrap().access)["acr"], "silver");
        let essential =
            json!({ "id_token": { "acr": { "essential": true, "values": ["platinum"] } } });
        let asked = [("claims", &*essential.to_string())];
        let refused = browser.visit_asking(SHOP_WEB, "openid", &asked).await;
        assert!(refused.is_err());
        own.delete().await;
    });
}

/// What is said of a token is what is true of its session now.
#[test]
fn a_better_login_makes_earlier_tokens_of_the_client_better_where_keycloak_is_asked() {
    run(async |env| {
        let (own, user) = levels(env, "surprise-level-lifts", 3600).await;
        let mut browser = Browser::new(&own.realm, &user).unwrap();
        let silver = browser.visit(SHOP_WEB, "openid").await.unwrap();
        assert_eq!(payload_of(&silver.access)["acr"], "silver");
        let gold = browser.visit_asking(SHOP_WEB, "openid", &GOLD).await;
        let gold = payload_of(&gold.unwrap().access);
        assert_eq!(gold["acr"], "gold");

        let said = own.realm.introspect(ORDERS_API, &silver.access).await;
        let refresh = silver.refresh.as_deref().unwrap();
        let refreshed = own.realm.refresh(SHOP_WEB, refresh).await.unwrap();
        for claims in [said.unwrap(), payload_of(&refreshed.access)] {
            assert_eq!(claims["acr"], "gold");
            assert_eq!(claims["auth_time"], gold["auth_time"]);
        }
        own.delete().await;
    });
}

#[test]
fn a_level_that_does_not_last_is_taken_from_its_tokens_by_the_next_visit() {
    run(async |env| {
        let (own, user) = levels(env, "surprise-level-once", 0).await;
        let mut browser = Browser::new(&own.realm, &user).unwrap();
        let gold = browser.visit_asking(SHOP_WEB, "openid", &GOLD).await;
        let gold = gold.unwrap().access;
        let said = own.realm.introspect(ORDERS_API, &gold).await.unwrap();
        assert_eq!(said["acr"], "gold");

        let visit = browser.visit(SHOP_WEB, "openid").await.unwrap();
        assert_eq!(payload_of(&visit.access)["acr"], "0");
        let said = own.realm.introspect(ORDERS_API, &gold).await.unwrap();
        assert_eq!(said["acr"], "0");
        own.delete().await;
    });
}

/// A realm whose logins have levels that last for so many seconds, and a user of it.
async fn levels(env: &Environment, name: &str, max_age: u32) -> (OwnRealm, User) {
    let own = OwnRealm::set(env, name, &[]).await;
    let steps = [
        ("silver", "auth-username-password-form"),
        ("gold", "auth-password-form"),
    ];
    let set = own.admin.set_levels_of_authentication(&steps, max_age);
    set.await.unwrap();
    let user = own.admin.create_user("carol", &[]).await.unwrap();
    (own, user)
}

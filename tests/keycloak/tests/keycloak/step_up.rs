//! Step-up authentication (RFC 9470): a token of a login that was not good or not recent enough is
//! answered with what a better one takes, and that login gets in.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
    routing::{get, post},
};
use portcullis::{AuthenticateLayer, ManualClock, Realm, RequireAcr, RequireActiveLayer};
use portcullis_keycloak_suite::{Browser, RealmAdmin, User, payload_of};
use serde_json::json;

use crate::{
    environment::{Environment, ORDERS_API, SHOP_WEB, now, run},
    service::{Reply, Service},
};

/// How long ago a login may be.
const AGE: Duration = Duration::from_secs(300);

#[test]
fn a_silver_token_is_told_what_gold_takes_and_that_login_gets_in() {
    run(async |env| {
        let scene = Scene::set(env, "step-up-gold").await;
        let mut browser = Browser::new(&scene.realm, &scene.user).unwrap();
        let silver = browser.visit(SHOP_WEB, "openid").await.unwrap().access;
        assert_eq!(payload_of(&silver)["acr"], "silver");
        assert_eq!(browser.forms(), 1);

        let service = scene.service(ManualClock::at(now()));
        for (method, path) in [(Method::GET, "/gold"), (Method::POST, "/gold")] {
            let refused = ask(&service, method, path, &silver).await;
            assert_eq!(parameter(&refused, "acr_values"), "gold");
        }
        get_ok(&service, "/", &silver).await;

        // The client does as it is told: the user is in already, and asked for what is missing.
        let refused = ask(&service, Method::GET, "/gold", &silver).await;
        let wanted = parameter(&refused, "acr_values");
        let asked = [("acr_values", wanted.as_str())];
        let gold = browser.visit_asking(SHOP_WEB, "openid", &asked).await;
        let gold = gold.unwrap().access;
        assert_eq!(payload_of(&gold)["acr"], "gold");
        assert_eq!(browser.forms(), 2);
        get_ok(&service, "/gold", &gold).await;
        let live = ask(&service, Method::POST, "/gold", &gold).await;
        live.assert(StatusCode::OK);
        scene.delete().await;
    });
}

#[test]
fn a_client_that_cannot_do_without_gold_asks_for_it_as_a_claim() {
    run(async |env| {
        let scene = Scene::set(env, "step-up-essential").await;
        let mut browser = Browser::new(&scene.realm, &scene.user).unwrap();
        let essential = json!({ "id_token": { "acr": { "essential": true, "values": ["gold"] } } });
        let asked = [("claims", essential.to_string())];
        let asked = asked
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let gold = browser.visit_asking(SHOP_WEB, "openid", &asked).await;
        let gold = gold.unwrap().access;
        assert_eq!(payload_of(&gold)["acr"], "gold");
        assert_eq!(browser.forms(), 2);
        let service = scene.service(ManualClock::at(now()));
        get_ok(&service, "/gold", &gold).await;
        scene.delete().await;
    });
}

#[test]
fn a_login_that_is_too_long_ago_is_told_so_and_a_new_one_gets_in() {
    run(async |env| {
        let scene = Scene::set(env, "step-up-age").await;
        let mut browser = Browser::new(&scene.realm, &scene.user).unwrap();
        let first = browser.visit(SHOP_WEB, "openid").await.unwrap().access;
        let login = auth_time(&first);
        let clock = ManualClock::at(login + AGE.as_secs());
        let service = scene.service(clock.clone());
        get_ok(&service, "/recent", &first).await;
        clock.advance(Duration::from_secs(1));
        let refused = ask(&service, Method::GET, "/recent", &first).await;
        assert_eq!(parameter(&refused, "max_age"), "300");

        // A new token of the same login is of no use, however new it is.
        let again = browser.visit(SHOP_WEB, "openid").await.unwrap().access;
        assert_eq!(auth_time(&again), login);
        let refused = ask(&service, Method::GET, "/recent", &again).await;
        assert_eq!(parameter(&refused, "max_age"), "300");

        let mut latest = login;
        for asked in [("prompt", "login"), ("max_age", "0")] {
            let forms = browser.forms();
            let token = log_in_after(latest, &mut browser, asked).await;
            assert!(browser.forms() > forms, "{asked:?}");
            get_ok(&service, "/recent", &token).await;
            latest = auth_time(&token);
        }
        scene.delete().await;
    });
}

/// A realm of the test's own whose logins have two levels: `silver` takes name and password,
/// `gold` the password once more.
struct Scene {
    realm: portcullis_keycloak_suite::Realm,
    admin: RealmAdmin,
    user: User,
}

impl Scene {
    async fn set(env: &Environment, name: &str) -> Self {
        let (realm, admin) = env.own_realm(name).await;
        let steps = [
            ("silver", "auth-username-password-form"),
            ("gold", "auth-password-form"),
        ];
        let set = admin.set_levels_of_authentication(&steps, 3600);
        set.await.unwrap();
        // Longer than what counts as recent.
        admin.set_token_lifespan(1800).await.unwrap();
        Self {
            user: admin.create_user("carol", &[]).await.unwrap(),
            realm,
            admin,
        }
    }

    /// `/` takes every good token, `/gold` a gold one, with POST after Keycloak was asked, and
    /// `/recent` one of a login that was lately.
    fn service(&self, clock: ManualClock) -> Service {
        let issuer = Realm::new(self.realm.issuer())
            .unwrap()
            .audience(ORDERS_API.id)
            .client_secret(ORDERS_API.id, ORDERS_API.secret.unwrap())
            .clock(clock)
            .build()
            .unwrap();
        let live = post(|| async {}).route_layer(RequireActiveLayer::live());
        let gold = get(|| async {}).merge(live);
        let gold = gold.route_layer(RequireAcr::one_of(["gold"]).unwrap());
        let recent = get(|| async {}).route_layer(RequireAcr::authenticated_within(AGE));
        let routes = Router::new()
            .route("/", get(|| async {}))
            .route("/gold", gold)
            .route("/recent", recent);
        Service::of(routes.layer(AuthenticateLayer::new(issuer.hybrid())))
    }

    async fn delete(self) {
        self.admin.delete_realm().await.unwrap();
    }
}

/// A token of a login that was later than this; they are told apart by the second.
async fn log_in_after(time: u64, browser: &mut Browser<'_>, asked: (&str, &str)) -> String {
    for _ in 0..100 {
        let tokens = browser.visit_asking(SHOP_WEB, "openid", &[asked]).await;
        let token = tokens.unwrap().access;
        if auth_time(&token) > time {
            return token;
        }
    }
    panic!("{asked:?} brings no later login than {time}");
}

fn auth_time(token: &str) -> u64 {
    payload_of(token)["auth_time"].as_u64().unwrap()
}

async fn ask(service: &Service, method: Method, path: &str, token: &str) -> Reply {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    service.answer(request).await
}

async fn get_ok(service: &Service, path: &str, token: &str) {
    let reply = ask(service, Method::GET, path, token).await;
    reply.assert(StatusCode::OK);
}

/// A parameter of the challenge for a better login, which has to be one.
#[track_caller]
fn parameter(reply: &Reply, name: &str) -> String {
    reply.assert(StatusCode::UNAUTHORIZED);
    let error = r#"error="insufficient_user_authentication""#;
    assert!(reply.challenge.contains(error), "{reply:#?}");
    let (_, behind) = reply.challenge.split_once(&format!("{name}=\"")).unwrap();
    behind.split_once('"').unwrap().0.to_owned()
}

//! The page of `portcullis demo --issuer` before a Keycloak that is not its own.

use portcullis_keycloak_suite::{Browser, SUITE};
use portcullis_real_servers::{Demo, free_port};
use reqwest::{StatusCode, header, redirect::Policy};
use serde_json::{Value, json};

use crate::environment::{Environment, ORDERS_API, SHOP_WEB, run};

const SECRET: &str = "of the playground: %+é";

/// The page, spoken to as it speaks to the demo.
struct Page {
    demo: Demo,
    http: reqwest::Client,
}

impl Page {
    /// With a client of this name, registered as the demo says.
    async fn open(env: &Environment, client: &str) -> Self {
        let port = free_port().unwrap().to_string();
        let arguments = [
            "--issuer",
            env.shop.issuer(),
            "--client-id",
            client,
            "--client-secret-env",
            "PLAYGROUND_SECRET",
            "--audience",
            "orders-api",
            "--port",
            &port,
        ];
        let environment = [("PLAYGROUND_SECRET", SECRET)];
        let demo = Demo::start_with(&SUITE, &arguments, &environment)
            .await
            .unwrap();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .build()
            .unwrap();
        let registration = demo.registration(SECRET).await.unwrap();
        env.admin.create_client(&registration).await.unwrap();
        Self { demo, http }
    }

    async fn act(&self, action: &str, body: Value) -> (StatusCode, Value) {
        let (origin, key) = self.demo.start_url().split_once("/#key=").unwrap();
        let request = self
            .http
            .post(format!("{origin}/play/{action}"))
            .header("origin", origin)
            .header("x-portcullis-key", key)
            .json(&body);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        (status, answer.json().await.unwrap_or_default())
    }

    /// Logs in with this browser. The token as the page sees it.
    async fn log_in(&self, browser: &mut Browser<'_>) -> Value {
        let (status, away) = self.act("log-in", json!({})).await;
        assert_eq!(status, 200, "{away}");
        let mut url = away["url"].as_str().unwrap().to_owned();
        // To Keycloak and back: once to ask whether there is a session, once more to begin one.
        for _ in 0..2 {
            let back = browser.follow(&url).await.unwrap();
            url = self.come_back(&back).await;
            if url == "/" {
                break;
            }
        }
        let (_, scene) = self.act("state", json!({})).await;
        assert!(scene["token"].is_object(), "{scene}");
        scene
    }

    /// Where the page sends a browser that comes back from Keycloak.
    async fn come_back(&self, url: &str) -> String {
        let answer = self.http.get(url).send().await.unwrap();
        let location = answer.headers()[header::LOCATION].to_str().unwrap();
        location.to_owned()
    }

    async fn status(&self, way: &str, token: &Value) -> u64 {
        let (status, called) = self
            .act("call", json!({ "way": way, "token": token }))
            .await;
        assert_eq!(status, 200, "{called}");
        called["status"].as_u64().unwrap()
    }
}

#[test]
fn the_page_ends_the_session_that_it_began_and_no_other() {
    run(async |env| {
        let user = env.user("playground", &[]).await;
        let page = Page::open(env, "playground").await;
        let mut elsewhere = Browser::new(&env.shop, &user).unwrap();
        let other = elsewhere.visit(SHOP_WEB, "openid").await.unwrap();

        let mut browser = Browser::new(&env.shop, &user).unwrap();
        let scene = page.log_in(&mut browser).await;
        assert_eq!(scene["token"]["can_end_session"], true);
        assert_eq!(scene["is_embedded"], false);
        let token = &scene["token"]["id"];
        for way in ["local", "hybrid", "cached", "live"] {
            assert_eq!(page.status(way, token).await, 200, "{way}");
        }

        let (status, done) = page.act("end-session", json!({ "token": token })).await;
        assert_eq!(status, 200, "{done}");
        assert!(done["said"].as_str().unwrap().contains("was told"));
        for (way, expected) in [("hybrid", 401), ("live", 401), ("local", 200)] {
            assert_eq!(page.status(way, token).await, expected, "{way}");
        }
        let answer = env.shop.introspect(ORDERS_API, &other.access).await;
        assert_eq!(
            answer.unwrap()["active"],
            true,
            "another session of the user"
        );
    });
}

#[test]
fn the_page_does_not_end_a_session_that_was_there_before() {
    run(async |env| {
        let user = env.user("playground-joined", &[]).await;
        let page = Page::open(env, "playground-joined").await;
        let mut browser = Browser::new(&env.shop, &user).unwrap();
        let own = browser.visit(SHOP_WEB, "openid").await.unwrap();

        let scene = page.log_in(&mut browser).await;
        assert_eq!(scene["token"]["can_end_session"], false);
        assert!(scene["remark"].as_str().unwrap().contains("logged in"));
        let token = &scene["token"]["id"];
        let (status, _) = page.act("end-session", json!({ "token": token })).await;
        assert_eq!(status, 409);
        let answer = env.shop.introspect(ORDERS_API, &own.access).await;
        assert_eq!(answer.unwrap()["active"], true);

        // Its own token it may revoke.
        assert_eq!(page.status("live", token).await, 200);
        let (status, done) = page.act("revoke", json!({ "token": token })).await;
        assert_eq!(status, 200, "{done}");
        assert_eq!(page.status("live", token).await, 401);
        let answer = env.shop.introspect(ORDERS_API, &own.access).await;
        assert_eq!(answer.unwrap()["active"], true);
    });
}

#[test]
fn the_page_knows_its_own_session_again() {
    run(async |env| {
        let user = env.user("playground-again", &[]).await;
        let page = Page::open(env, "playground-again").await;
        let mut browser = Browser::new(&env.shop, &user).unwrap();
        for _ in 0..2 {
            let scene = page.log_in(&mut browser).await;
            assert_eq!(scene["token"]["can_end_session"], true, "{scene}");
            assert_eq!(scene["remark"], Value::Null);
        }
        assert_eq!(browser.forms(), 1, "the second login is a visit");
        let (_, scene) = page.act("state", json!({})).await;
        let token = &scene["token"]["id"];
        let (status, done) = page.act("end-session", json!({ "token": token })).await;
        assert_eq!(status, 200, "{done}");
        assert_eq!(page.status("live", token).await, 401);
    });
}

/// Between the question whether there is a session and the login, there comes to be one.
#[test]
fn the_page_does_not_end_a_session_that_another_tab_has_begun_meanwhile() {
    run(async |env| {
        let user = env.user("playground-raced", &[]).await;
        let page = Page::open(env, "playground-raced").await;
        let mut browser = Browser::new(&env.shop, &user).unwrap();
        let (_, away) = page.act("log-in", json!({})).await;
        let back = browser.follow(away["url"].as_str().unwrap()).await.unwrap();
        assert!(back.contains("error=login_required"), "{back}");
        let login_page = page.come_back(&back).await;
        let own = browser.visit(SHOP_WEB, "openid").await.unwrap();

        let back = browser.follow(&login_page).await.unwrap();
        assert_eq!(page.come_back(&back).await, "/");
        let (_, scene) = page.act("state", json!({})).await;
        assert_eq!(scene["token"]["can_end_session"], false, "{scene}");
        let answer = env.shop.introspect(ORDERS_API, &own.access).await;
        assert_eq!(answer.unwrap()["active"], true);
    });
}

/// Asked without a login page, Keycloak does not say `login_required` here.
#[test]
fn nor_one_that_hides_behind_a_missing_consent() {
    run(async |env| {
        let user = env.user("playground-consent", &[]).await;
        let page = Page::open(env, "playground-consent").await;
        let consent = json!({ "consentRequired": true });
        env.admin
            .patch_client("playground-consent", &consent)
            .await
            .unwrap();
        let mut browser = Browser::new(&env.shop, &user).unwrap();
        let own = browser.visit(SHOP_WEB, "openid").await.unwrap();
        let scene = page.log_in(&mut browser).await;
        assert_eq!(scene["token"]["can_end_session"], false);
        let answer = env.shop.introspect(ORDERS_API, &own.access).await;
        assert_eq!(answer.unwrap()["active"], true);
    });
}

#[test]
fn the_page_cannot_stop_a_server_that_is_not_its_own() {
    run(async |env| {
        let page = Page::open(env, "playground-guest").await;
        for action in ["stop", "start", "rotate", "issue"] {
            let (status, _) = page.act(action, json!({ "kind": "jwt" })).await;
            assert_eq!(status, 404, "{action}");
        }
        let origin = page.demo.bare_url();
        for query in ["", "?code=x&state=y", "?error=access_denied"] {
            let url = format!("{origin}callback{query}");
            assert_eq!(page.come_back(&url).await, "/", "{query}");
            let (_, scene) = page.act("state", json!({})).await;
            assert!(scene["remark"].is_string(), "{query}: {scene}");
            assert_eq!(scene["token"], Value::Null);
        }
    });
}

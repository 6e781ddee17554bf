//! The page before a real Keycloak that is not its own.

use portcullis_keycloak_suite::{Distribution, Server};
use portcullis_playground_suite::{Browser, Demo, SUITE, SuiteError};

use crate::world::{World, installation};

const SECRET: &str = "secret of the playground";

/// `None`, said aloud, where nothing runs a Keycloak.
async fn keycloak() -> Option<Server> {
    let started = async { Server::start(&Distribution::find().await?).await };
    match started.await {
        Ok(server) => Some(server),
        Err(SuiteError::Unavailable(reason)) => {
            SUITE.skip(&reason).unwrap_or_else(|line| panic!("{line}"));
            None
        }
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_login_at_a_real_keycloak_and_its_end() {
    let Some(installation) = installation().await else {
        return;
    };
    let Some(server) = keycloak().await else {
        return;
    };
    let realm = server.admin().unwrap().import_shop("shop").await.unwrap();
    let user = realm.create_user("ali", &[]).await.unwrap();
    let issuer = format!("{}/realms/shop", server.base_url());
    let arguments = ["--issuer", &issuer, "--client-id", "playground"];
    let secret = ["--client-secret-env", "PLAYGROUND_SECRET", "--port", "0"];
    let arguments = [arguments, secret].concat();
    let demo = Demo::start_with(&SUITE, &arguments, &[("PLAYGROUND_SECRET", SECRET)])
        .await
        .unwrap();
    let registration = demo.registration(SECRET).await.unwrap();
    realm.create_client(&registration).await.unwrap();
    let browser = Browser::open(installation).await.unwrap();
    let world = World {
        demo,
        browser,
        installation,
    };

    let browser = &world.browser;
    browser.go(world.demo.start_url()).await.unwrap();
    browser.says("#issue", "at your server").await.unwrap();
    for absent in ["#kinds", "#rotate", "#power"] {
        assert_eq!(browser.text(absent).await.unwrap(), "", "{absent}");
    }
    browser.click("#issue").await.unwrap();
    browser.type_into("#username", &user.name).await.unwrap();
    browser
        .type_into("#password", &user.password)
        .await
        .unwrap();
    browser.click("#kc-login").await.unwrap();

    browser.says("#token-state", "alive").await.unwrap();
    // Once more, now without a login page: the session is the page's all the same.
    let first = browser.text("#token-text").await.unwrap();
    browser.click("#issue").await.unwrap();
    let another = portcullis_playground_suite::until(
        "another token",
        std::time::Duration::from_secs(30),
        async || {
            // Between two pages there is none.
            let text = browser.text("#token-text").await.unwrap_or_default();
            Ok((!text.is_empty() && text != first).then_some(()))
        },
    );
    another.await.unwrap();
    let violations = browser.violations(installation).await.unwrap();
    assert!(violations.is_empty(), "{violations:#?}");
    browser.click("#call-all").await.unwrap();
    for way in ["local", "hybrid", "cached", "live"] {
        world.verdict(way, "200 let in").await;
    }
    browser.click("#end-session").await.unwrap();
    browser.says("#token-state", "over").await.unwrap();
    browser.click("#call-all").await.unwrap();
    world.verdict("local", "200 still let in").await;
    world.verdict("hybrid", "401 refused").await;
    world.verdict("live", "401 refused").await;

    // A token that is over by itself.
    let lifespan = realm.set_client_attribute("playground", "access.token.lifespan", "2");
    lifespan.await.unwrap();
    browser.click("#issue").await.unwrap();
    browser.type_into("#username", &user.name).await.unwrap();
    browser
        .type_into("#password", &user.password)
        .await
        .unwrap();
    browser.click("#kc-login").await.unwrap();
    browser.says("#token-state", "expired").await.unwrap();
    world.close().await;
}

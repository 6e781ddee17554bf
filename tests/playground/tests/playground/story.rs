//! Clicking through.

use crate::world::World;

#[tokio::test]
async fn the_whole_story_by_clicks() {
    let Some(world) = World::open().await else {
        return;
    };
    let browser = &world.browser;

    // A token, and what each way makes of it.
    browser.click("#issue").await.unwrap();
    browser.says("#token-state", "alive").await.unwrap();
    let shortened = browser.text("#token-text").await.unwrap();
    assert_eq!(shortened.chars().count(), 13, "{shortened}");
    browser.click("#call-all").await.unwrap();
    for way in ["local", "hybrid", "cached", "live"] {
        world.verdict(way, "200 let in").await;
    }
    assert!(world.cost("local").await.contains("no call"));
    assert!(world.cost("live").await.contains("1 call"));

    // The session ends: who notices, and who does not.
    browser.click("#end-session").await.unwrap();
    browser.says("#token-state", "over").await.unwrap();
    browser.click("#call-all").await.unwrap();
    world.verdict("local", "200 still let in").await;
    world.verdict("hybrid", "401 refused").await;
    world.verdict("cached", "200 still let in").await;
    world.verdict("live", "401 refused").await;
    assert!(world.gap("local").await.starts_with("gap so far: "));
    assert_eq!(world.gap("live").await, "no gap");

    // Called again and again, the cached route notices when its answer is too old.
    browser.click("#auto").await.unwrap();
    world.verdict("cached", "401 refused").await;
    assert!(world.gap("cached").await.starts_with("gap: noticed after "));
    world.verdict("local", "200 still let in").await;

    // A new token of a new session; nobody is told of its revocation.
    browser.click("#issue").await.unwrap();
    for way in ["local", "hybrid", "cached", "live"] {
        world.verdict(way, "200 let in").await;
    }
    browser.click("#revoke").await.unwrap();
    world.verdict("live", "401 refused").await;
    world.verdict("hybrid", "200 still let in").await;
    world.verdict("hybrid", "401 refused").await;
    assert!(world.gap("hybrid").await.starts_with("gap: noticed after "));

    // New keys; old tokens are good all the same, and new ones.
    browser.click("#rotate").await.unwrap();
    browser.says("#log", "new key").await.unwrap();
    browser.click("#issue").await.unwrap();
    world.verdict("local", "200 let in").await;

    // Without the server: local goes on, live cannot tell.
    browser.click("#power").await.unwrap();
    browser.says("#server-state", "stopped").await.unwrap();
    world.verdict("live", "503 cannot tell").await;
    world.verdict("local", "200 let in").await;
    browser.click("#power").await.unwrap();
    browser.says("#server-state", "runs").await.unwrap();
    world.verdict("live", "200 let in").await;

    let events = browser.run(
        "return [...document.querySelectorAll('#axis .event-name')].map((name) => name.textContent);",
    );
    let events = events.await.unwrap().to_string();
    for event in ["token revoked", "keys rotated", "server stopped"] {
        assert!(events.contains(event), "{events}");
    }
    world.close().await;
}

#[tokio::test]
async fn kinds_of_tokens_by_clicks() {
    let Some(world) = World::open().await else {
        return;
    };
    let browser = &world.browser;
    browser.click("input[value=opaque]").await.unwrap();
    browser.click("#issue").await.unwrap();
    browser.says("#token-kind", "opaque").await.unwrap();
    browser.click("#call-all").await.unwrap();
    world.verdict("local", "401 refused").await;
    for way in ["hybrid", "cached", "live"] {
        world.verdict(way, "200 let in").await;
    }
    browser.click("input[value=lightweight]").await.unwrap();
    browser.click("#issue").await.unwrap();
    browser.says("#token-kind", "lightweight").await.unwrap();
    browser.click("[data-way=local] .call").await.unwrap();
    world.verdict("local", "200 let in").await;
    browser.says("#log", "does not say whose").await.unwrap();
    browser.click("[data-way=hybrid] .call").await.unwrap();
    browser.says("#log", "the orders of ali").await.unwrap();
    world.close().await;
}

#[tokio::test]
async fn a_page_that_is_loaded_again_knows_what_is_over() {
    let Some(world) = World::open().await else {
        return;
    };
    let browser = &world.browser;
    browser.click("#issue").await.unwrap();
    browser.says("#token-state", "alive").await.unwrap();
    browser.click("#end-session").await.unwrap();
    browser.says("#token-state", "over").await.unwrap();
    browser.go(world.demo.bare_url()).await.unwrap();
    browser.says("#token-state", "over").await.unwrap();
    browser.click("[data-way=local] .call").await.unwrap();
    world.verdict("local", "200 still let in").await;
    world.close().await;
}

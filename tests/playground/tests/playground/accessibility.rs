//! What axe-core finds: in light and dark, on a desk and on a phone, before and after things happen.

use crate::world::World;

const PHONE: (u32, u32) = (375, 812);

/// The demo answers when the test says so.
const SLOW: &str = "const really = window.really ?? window.fetch; \
                    window.really = really; \
                    window.sent = 0; \
                    const gate = new Promise((goOn) => { window.goOn = goOn; }); \
                    window.fetch = async (...request) => { \
                      window.sent += 1; await gate; return really(...request); };";

async fn assert_no_violation(world: &World, when: &str) {
    let found = world.browser.violations(world.installation).await.unwrap();
    assert!(found.is_empty(), "{when}: {found:#?}");
}

/// Nothing, then a token that is let in, refused and still let in, and a server that has stopped.
async fn look_at_everything(world: &World, scheme: &str) {
    let browser = &world.browser;
    let scheme = [("prefers-color-scheme", scheme)];
    browser.prefer(&scheme).await.unwrap();
    assert_no_violation(world, "at the beginning").await;
    browser.click("#issue").await.unwrap();
    browser.says("#token-state", "alive").await.unwrap();
    browser.click("#call-all").await.unwrap();
    world.verdict("live", "200 let in").await;
    assert_no_violation(world, "let in").await;
    browser.click("#end-session").await.unwrap();
    browser.says("#token-state", "over").await.unwrap();
    browser.click("#call-all").await.unwrap();
    world.verdict("live", "401 refused").await;
    world.verdict("local", "200 still let in").await;
    assert_no_violation(world, "over").await;
    browser.click("#power").await.unwrap();
    browser.says("#server-state", "stopped").await.unwrap();
    browser.click("#call-all").await.unwrap();
    browser.click("summary").await.unwrap();
    assert_no_violation(world, "stopped").await;
}

#[tokio::test]
async fn nothing_is_found_in_the_light() {
    let Some(world) = World::open().await else {
        return;
    };
    look_at_everything(&world, "light").await;
    world.close().await;
}

#[tokio::test]
async fn nothing_is_found_in_the_dark() {
    let Some(world) = World::open().await else {
        return;
    };
    look_at_everything(&world, "dark").await;
    world.close().await;
}

#[tokio::test]
async fn nothing_is_found_on_a_phone_in_either() {
    for scheme in ["light", "dark"] {
        let Some(world) = World::open().await else {
            return;
        };
        let (width, height) = PHONE;
        world.browser.resize(width, height, true).await.unwrap();
        look_at_everything(&world, scheme).await;
        world.close().await;
    }
}

#[tokio::test]
async fn no_width_makes_the_page_scroll_sideways() {
    let Some(world) = World::open().await else {
        return;
    };
    let browser = &world.browser;
    browser.click("#issue").await.unwrap();
    browser.says("#token-state", "alive").await.unwrap();
    browser.click("#call-all").await.unwrap();
    world.verdict("live", "200 let in").await;
    for width in [320, 375, 768, 900, 1280, 1920] {
        browser.resize(width, 800, width < 700).await.unwrap();
        let wide = "return document.documentElement.scrollWidth;";
        let wide = browser.run(wide).await.unwrap();
        assert_eq!(wide, u64::from(width));
    }
    world.close().await;
}

#[tokio::test]
async fn what_happens_is_told_to_a_screen_reader() {
    let Some(world) = World::open().await else {
        return;
    };
    let browser = &world.browser;
    let told = async |words: &str| {
        let waiting = portcullis_playground_suite::until(
            words,
            std::time::Duration::from_secs(30),
            async || {
                let live = "return document.querySelector('[aria-live=polite]').textContent;";
                let live = browser.run(live).await?;
                Ok(live
                    .as_str()
                    .is_some_and(|live| live.contains(words))
                    .then_some(()))
            },
        );
        waiting.await.unwrap();
    };
    browser.click("#issue").await.unwrap();
    told("has a new token").await;
    browser.click("[data-way=local] .call").await.unwrap();
    told("Local: 200, let in").await;
    browser.click("#end-session").await.unwrap();
    told("The session has ended").await;
    browser.click("#call-all").await.unwrap();
    told("Live: 401, refused").await;
    // How wide the gap is, and nothing of what was told just before has gone.
    told("; no gap.").await;
    told("; gap so far: ").await;
    told("The session has ended").await;
    world.close().await;
}

#[tokio::test]
async fn what_takes_long_is_seen_to_be_under_way_and_done_once() {
    let Some(world) = World::open().await else {
        return;
    };
    let browser = &world.browser;
    browser.run(SLOW).await.unwrap();
    browser.click("#issue").await.unwrap();
    browser.says("#progress", "Waiting").await.unwrap();
    assert_no_violation(&world, "under way").await;
    for button in ["#issue", "#rotate", "#power"] {
        let script = format!("document.querySelector('{button}').click();");
        browser.run(&script).await.unwrap();
    }
    let focused = "return document.activeElement.id;";
    assert_eq!(browser.run(focused).await.unwrap(), "issue");
    browser.run("window.goOn();").await.unwrap();
    browser.says("#token-state", "alive").await.unwrap();
    assert_eq!(browser.text("#progress").await.unwrap(), "");
    let sent = "return window.sent;";
    assert_eq!(browser.run(sent).await.unwrap(), 1);

    browser.run(SLOW).await.unwrap();
    browser.click("[data-way=live] .call").await.unwrap();
    browser
        .says("[data-way=live] .cost", "waiting")
        .await
        .unwrap();
    browser.run("window.goOn();").await.unwrap();
    world.verdict("live", "200 let in").await;
    assert!(world.cost("live").await.contains("1 call"));
    world.close().await;
}

//! What other pages in the same browser can do: nothing.

use portcullis_playground_suite::Browser;
use serde_json::Value;

use crate::world::World;

/// What a request from the page that is open comes to.
async fn attempt(browser: &Browser, url: &str, options: &str) -> Value {
    let script = format!(
        "window.came = null; fetch('{url}', {options}).then( \
           (answer) => {{ window.came = answer.type + ' ' + answer.status; }}, \
           () => {{ window.came = 'failed'; }});"
    );
    browser.run(&script).await.unwrap();
    let came = portcullis_playground_suite::until(
        "a request that comes to something",
        std::time::Duration::from_secs(30),
        async || {
            let came = browser.run("return window.came;").await?;
            Ok((!came.is_null()).then_some(came))
        },
    );
    came.await.unwrap()
}

#[tokio::test]
async fn a_page_without_the_key_is_told_to_open_the_printed_url() {
    let Some(world) = World::open().await else {
        return;
    };
    let browser = &world.browser;
    browser.run("sessionStorage.clear();").await.unwrap();
    browser.go("about:blank").await.unwrap();
    browser.go(world.demo.bare_url()).await.unwrap();
    browser.says("#trouble", "#key=").await.unwrap();
    let disabled = "return document.getElementById('issue').disabled;";
    assert_eq!(browser.run(disabled).await.unwrap(), true);
    browser.go(world.demo.start_url()).await.unwrap();
    browser.says("#server-state", "runs").await.unwrap();
    world.close().await;
}

#[tokio::test]
async fn the_key_is_not_left_in_the_address() {
    let Some(world) = World::open().await else {
        return;
    };
    let address = world.browser.run("return location.href;").await.unwrap();
    assert_eq!(address, world.demo.bare_url());
    world.close().await;
}

#[tokio::test]
async fn another_site_can_neither_act_nor_read() {
    let Some(world) = World::open().await else {
        return;
    };
    let browser = &world.browser;
    browser.go("about:blank").await.unwrap();
    let stop = format!("{}play/stop", world.demo.bare_url());
    let (_, key) = world.demo.start_url().split_once("#key=").unwrap();
    let with_key = format!("{{ method: 'POST', headers: {{ 'x-portcullis-key': '{key}' }} }}");
    // The preflight is answered by nobody, even where the key is known.
    assert_eq!(attempt(browser, &stop, &with_key).await, "failed");
    // A request that needs no preflight comes without the key.
    let simple = "{ method: 'POST', mode: 'no-cors' }";
    let came = attempt(browser, &stop, simple).await;
    assert!(came == "failed" || came == "opaque 0", "{came}");
    // That both have failed is in the console; what comes after must not be.
    assert!(!browser.console().await.unwrap().is_empty());
    browser.go(world.demo.start_url()).await.unwrap();
    browser.says("#server-state", "runs").await.unwrap();
    world.close().await;
}

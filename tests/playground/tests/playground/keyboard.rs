//! Without a mouse.

use portcullis_playground_suite::Key;

use crate::world::World;

/// Presses Tab until the element of this id, or this label, has the focus.
async fn reach(world: &World, wanted: &str) {
    for _ in 0..40 {
        world.browser.press(&[Key::Tab]).await.unwrap();
        let focused = world.browser.run(
            "const focused = document.activeElement; \
             return focused.id || focused.getAttribute('aria-label') || focused.value || focused.tagName;",
        );
        if focused.await.unwrap() == wanted {
            return;
        }
    }
    panic!("the keyboard does not reach {wanted}");
}

#[tokio::test]
async fn the_whole_story_by_keyboard() {
    let Some(world) = World::open().await else {
        return;
    };
    let browser = &world.browser;
    reach(&world, "jwt").await;
    browser.press(&[Key::Down, Key::Up]).await.unwrap();
    reach(&world, "issue").await;
    browser.press(&[Key::Enter]).await.unwrap();
    browser.says("#token-state", "alive").await.unwrap();
    reach(&world, "call-all").await;
    browser.press(&[Key::Space]).await.unwrap();
    world.verdict("live", "200 let in").await;
    world.verdict("local", "200 let in").await;
    reach(&world, "end-session").await;
    browser.press(&[Key::Enter]).await.unwrap();
    browser.says("#token-state", "over").await.unwrap();
    reach(&world, "Call the local route").await;
    browser.press(&[Key::Enter]).await.unwrap();
    world.verdict("local", "200 still let in").await;
    reach(&world, "Call the live route").await;
    browser.press(&[Key::Space]).await.unwrap();
    world.verdict("live", "401 refused").await;
    world.close().await;
}

#[tokio::test]
async fn the_switch_is_one_and_the_focus_stays_where_it_was() {
    let Some(world) = World::open().await else {
        return;
    };
    let browser = &world.browser;
    reach(&world, "issue").await;
    browser.press(&[Key::Enter]).await.unwrap();
    browser.says("#token-state", "alive").await.unwrap();
    reach(&world, "auto").await;
    browser.press(&[Key::Space]).await.unwrap();
    let checked = "return document.getElementById('auto').ariaChecked;";
    assert_eq!(browser.run(checked).await.unwrap(), "true");
    world.verdict("live", "200 let in").await;
    reach(&world, "power").await;
    for (state, button) in [("stopped", "Start the server"), ("runs", "Stop the server")] {
        browser.press(&[Key::Enter]).await.unwrap();
        browser.says("#server-state", state).await.unwrap();
        let focused = "return document.activeElement.textContent;";
        assert_eq!(browser.run(focused).await.unwrap(), button);
    }
    world.close().await;
}

#[tokio::test]
async fn the_first_stop_skips_to_the_routes() {
    let Some(world) = World::open().await else {
        return;
    };
    let browser = &world.browser;
    browser.press(&[Key::Tab, Key::Enter]).await.unwrap();
    let focused = "return document.activeElement.id;";
    assert_eq!(browser.run(focused).await.unwrap(), "routes");
    world.close().await;
}

//! What the page looks like, for the documentation: `UPDATE_PICTURES=1` puts the pictures into
//! `docs/images`.

use std::{env, path::PathBuf};

use portcullis_playground_suite::{SUITE, workspace};

use crate::world::World;

/// As much as a page of documentation should have to load.
const LIMIT: u64 = 200_000;

fn are_kept() -> bool {
    env::var_os("UPDATE_PICTURES").is_some()
}

fn folder() -> PathBuf {
    if are_kept() {
        workspace().join("docs/images")
    } else {
        SUITE.run_dir().unwrap()
    }
}

#[tokio::test]
async fn pictures_of_the_gap() {
    let Some(world) = World::open().await else {
        return;
    };
    let browser = &world.browser;
    browser.click("#issue").await.unwrap();
    browser.says("#token-state", "alive").await.unwrap();
    browser.click("#auto").await.unwrap();
    world.verdict("live", "200 let in").await;
    // So many calls that the timeline shows what was before.
    let called = async |times: usize| {
        let rows = format!("return document.querySelectorAll('#log tr').length >= {times};");
        let waiting = portcullis_playground_suite::until(
            "calls in the log",
            std::time::Duration::from_secs(60),
            async || Ok((browser.run(&rows).await? == true).then_some(())),
        );
        waiting.await.unwrap();
    };
    called(60).await;
    browser.click("#end-session").await.unwrap();
    world.verdict("cached", "401 refused").await;
    called(140).await;
    browser.click("#auto").await.unwrap();
    browser
        .run("scrollTo(0, 0); document.activeElement.blur();")
        .await
        .unwrap();
    for (name, scheme, width, height, is_phone) in [
        ("light", "light", 1200, 1030, false),
        ("dark", "dark", 1200, 1030, false),
        ("phone", "light", 375, 812, true),
    ] {
        browser
            .prefer(&[("prefers-color-scheme", scheme)])
            .await
            .unwrap();
        browser.resize(width, height, is_phone).await.unwrap();
        if is_phone {
            let routes = "document.getElementById('routes').scrollIntoView();";
            browser.run(routes).await.unwrap();
        }
        let file = folder().join(format!("playground-{name}.png"));
        browser.picture(&file).await.unwrap();
        let size = file.metadata().unwrap().len();
        assert!(size > 10_000, "{name} shows next to nothing: {size} bytes");
        // Elsewhere, other fonts may take more.
        assert!(size < LIMIT || !are_kept(), "{name}: {size} bytes");
    }
    world.close().await;
}

//! Less motion for those who ask for it.

use serde_json::Value;

use crate::world::World;

/// Where a strip stands in one frame and some frames later.
const WATCH: &str = "const strip = document.querySelector('.strip g'); \
                     const seen = []; \
                     const look = () => { seen.push(strip.getAttribute('transform')); \
                       if (seen.length < 20) { requestAnimationFrame(look); } \
                       else { window.watched = seen; } }; \
                     window.watched = null; look();";

async fn distinct_places(world: &World, preference: &str) -> usize {
    let browser = &world.browser;
    let preference = [("prefers-reduced-motion", preference)];
    browser.prefer(&preference).await.unwrap();
    browser.run(WATCH).await.unwrap();
    let watched = portcullis_playground_suite::until(
        "some frames",
        std::time::Duration::from_secs(30),
        async || {
            let watched = browser.run("return window.watched;").await?;
            Ok((!watched.is_null()).then_some(watched))
        },
    );
    let Value::Array(mut places) = watched.await.unwrap() else {
        panic!("no frames");
    };
    places.dedup();
    places.len()
}

#[tokio::test]
async fn the_timeline_stands_still_unless_something_happens() {
    let Some(world) = World::open().await else {
        return;
    };
    let browser = &world.browser;
    browser.click("#issue").await.unwrap();
    browser.says("#token-state", "alive").await.unwrap();
    browser.click("#call-all").await.unwrap();
    world.verdict("live", "200 let in").await;
    assert!(distinct_places(&world, "no-preference").await > 1);
    assert_eq!(distinct_places(&world, "reduce").await, 1);
    world.close().await;
}

use std::time::Duration;

use portcullis_gateway_suite::SUITE;
use tokio::{sync::watch, time::sleep};

use crate::{traffic::Traffic, world::World};

const RULES: &str = r#"
[[rules]]
path = "/orders/**"
"#;

/// The same for `/orders`, and other rules beside it.
fn rules(round: usize) -> String {
    format!("{RULES}[[rules]]\npath = \"/round/{round}\"\npublic = true\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_while_the_rules_are_read_again_at_500_requests_a_second() {
    let Some(world) = World::start(RULES).await else {
        return;
    };
    let (_token, tokens) = watch::channel(world.token().jwt());
    let reloads = async {
        sleep(Duration::from_secs(1)).await;
        for round in 0..10 {
            world.gateway.write(&rules(round)).unwrap();
            world.gateway.reload("loaded").await.unwrap();
            // And one that cannot be used.
            world
                .gateway
                .write("[[rules]]\npath = \"/orders/**\"\npubilc = true\n")
                .unwrap();
            world.gateway.reload("refused").await.unwrap();
            sleep(Duration::from_millis(300)).await;
        }
    };
    let (outcome, ()) = Traffic::new(tokens).flow(world.nginx.port(), reloads).await;
    SUITE.say(&format!(
        "{} requests through 10 reloads and 10 refused ones, {:.0} a second, {} failed",
        outcome.requests,
        outcome.rate,
        outcome.failures.len()
    ));
    outcome.assert_spotless();
    // The last good rules are in force.
    assert_eq!(world.send("GET /round/9", &[]).await.status, 200);
    assert_eq!(world.send("GET /round/8", &[]).await.status, 403);
}

#[tokio::test]
async fn a_file_that_cannot_be_used_keeps_the_rules_and_says_so() {
    let Some(world) = World::start(&rules(1)).await else {
        return;
    };
    for (bad, said) in [
        ("[[rules]]\npath = \"/round/*\"\npublic = yes\n", ".toml:"),
        (
            "[[rules]]\npath = \"/round/2\"\nlive = \"true\"\n",
            ".toml:",
        ),
        ("recheck_every_seconds = 60\n", "start it anew"),
    ] {
        world.gateway.write(bad).unwrap();
        world.gateway.reload("refused").await.unwrap();
        assert_eq!(world.send("GET /round/1", &[]).await.status, 200, "{bad}");
        assert_eq!(world.send("GET /round/2", &[]).await.status, 403, "{bad}");
        let log = world.gateway.logged().unwrap();
        let mut told = log
            .lines()
            .filter(|line| line.contains("the rules before it stay in force"));
        assert!(told.next_back().unwrap().contains(said), "{log}");
    }
    // Whoever mends it needs to tell nobody.
    world.gateway.write(&rules(3)).unwrap();
    let mended = portcullis_gateway_suite::until(
        "the file is read again by itself",
        Duration::from_secs(20),
        async || Ok((world.send("GET /round/3", &[]).await.status == 200).then_some(())),
    );
    mended.await.unwrap();
    assert_eq!(world.send("GET /round/1", &[]).await.status, 403);
}

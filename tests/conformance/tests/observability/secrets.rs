//! W14, of numbers: no token and no secret in anything that is counted.

use axum::Router;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use portcullis_conformance::{CLIENT_SECRET, Recorded, World, get, post_active, protected};
use portcullis_testing::{Endpoint, Fault};

/// A text, its parts, and each of them in Base64.
fn needles(secret: &str) -> Vec<String> {
    let parts = secret.split('.').filter(|part| part.len() > 7);
    let texts: Vec<_> = parts.chain([secret]).collect();
    texts
        .into_iter()
        .flat_map(|text| {
            [
                text.to_owned(),
                STANDARD_NO_PAD.encode(text),
                URL_SAFE_NO_PAD.encode(text),
            ]
        })
        .collect()
}

async fn present(router: &Router, tokens: &[String]) {
    for token in tokens {
        get(router, token).await;
        post_active(router, token).await;
    }
}

#[tokio::test]
async fn w14_no_secret_in_any_metric() {
    let recorded = Recorded::start();
    let world = World::start().await;
    let issuer = world.asking().build().unwrap();
    let routers = [
        protected(issuer.hybrid()),
        protected(issuer.introspection()),
    ];
    let ended = world.server.login("a-user-who-left");
    let good = world.server.token().subject("a-user-by-name");
    let mut tokens = vec![
        good.jwt(),
        world.server.token().opaque(),
        ended.token().opaque(),
        "a-stranger-of-no-shape".to_owned(),
        format!("{}x", world.server.token().jwt()),
    ];
    ended.end();
    for router in &routers {
        present(router, &tokens).await;
    }
    for fault in [
        Fault::status(500),
        Fault::status(401),
        Fault::drop_before_answer(),
    ] {
        world.server.inject(Endpoint::Introspection, fault);
        let late = [world.server.token().jwt(), world.server.token().opaque()];
        present(&routers[0], &late).await;
        tokens.extend(late);
        world.server.clear_faults(Endpoint::Introspection);
    }
    let _ = issuer.readiness();

    let text = recorded.text();
    assert!(
        text.contains("portcullis_rejections_total{reason=\"inactive\"}"),
        "{text}"
    );
    let names = ["a-user-by-name", "a-user-who-left", CLIENT_SECRET].map(str::to_owned);
    for secret in tokens.iter().chain(&names) {
        for needle in needles(secret) {
            assert!(!text.contains(&needle), "{needle} in {text}");
        }
    }
}

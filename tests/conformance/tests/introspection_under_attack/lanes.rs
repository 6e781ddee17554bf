//! Tokens that were never seen active have calls of their own.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{World, get, post_active, protected};
use portcullis_testing::{Endpoint, HoldPoint};
use tokio::task::JoinSet;

const CALLS: usize = 4;

#[tokio::test]
async fn known_tokens_never_wait_behind_strangers() {
    let world = World::start().await;
    let issuer = world.asking().introspection_calls(CALLS).build().unwrap();
    let router = protected(issuer.hybrid());
    let (known, signed) = (world.server.token().opaque(), world.server.token().jwt());
    assert_eq!(get(&router, &known).await.status, StatusCode::OK);
    // What was kept about the known token is too old from here on.
    world.clock.advance(Duration::from_secs(31));

    // Strangers fill their lane, and more of them queue for it.
    let gate = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::BeforeAnswer);
    let mut strangers = JoinSet::new();
    for number in 0..10 * CALLS {
        let router = router.clone();
        strangers.spawn(async move { get(&router, &format!("stranger-{number}")).await.status });
    }
    gate.wait_for(CALLS).await;
    gate.admit_no_more();

    assert_eq!(post_active(&router, &signed).await.status, StatusCode::OK);
    assert_eq!(get(&router, &known).await.status, StatusCode::OK);
    assert_eq!(gate.waiting(), CALLS);

    gate.release();
    for status in strangers.join_all().await {
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
}

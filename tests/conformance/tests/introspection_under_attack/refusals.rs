//! A server that refuses what is not shaped like its own tokens, and refusals that pass.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{World, get, post_active, protected};
use portcullis_testing::{Endpoint, Fault};
use tokio::task::JoinSet;

#[tokio::test]
async fn one_refused_token_is_nobody_elses_trouble() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    let (opaque, jwt) = (world.server.token().opaque(), world.server.token().jwt());
    for token in ["portcullis-probe", "odd"] {
        let refused = Fault::status(400).for_token(token);
        world.server.inject(Endpoint::Introspection, refused);
    }
    assert_eq!(post_active(&router, &jwt).await.status, StatusCode::OK);
    get(&router, "odd").await.assert_unavailable();
    assert_eq!(post_active(&router, &jwt).await.status, StatusCode::OK);
    assert_eq!(post_active(&router, &opaque).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_server_that_refuses_everything_is_our_trouble() {
    let world = World::start().await;
    let router = protected(world.asking().build().unwrap().hybrid());
    world
        .server
        .inject(Endpoint::Introspection, Fault::status(400));
    let reply = get(&router, "any").await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn statuses_that_pass_are_503_and_hold_nobody_up() {
    for status in [408, 421, 425, 431, 414, 413, 429] {
        let world = World::start().await;
        let router = protected(world.asking().build().unwrap().hybrid());
        world
            .server
            .inject(Endpoint::Introspection, Fault::status(status).times(1));
        get(&router, "any").await.assert_unavailable();
        get(&router, "any").await.assert_invalid_token();
        assert_eq!(
            world.server.request_count(Endpoint::Introspection),
            2,
            "{status}"
        );
    }
}

/// One deadline covers the call and the finding out whose fault its refusal is.
#[tokio::test]
async fn a_hanging_probe_keeps_no_token_beyond_its_deadline() {
    let world = World::start().await;
    let deadline = Duration::from_millis(200);
    let issuer = world.asking().introspection_deadline(deadline);
    let router = protected(issuer.build().unwrap().hybrid());
    let hang = Fault::hang().for_token("portcullis-probe");
    world.server.inject(Endpoint::Introspection, hang);
    let mut refused = JoinSet::new();
    for number in 0..16 {
        let token = format!("odd-{number}");
        let fault = Fault::status(400).for_token(&token);
        world.server.inject(Endpoint::Introspection, fault);
        let router = router.clone();
        refused.spawn(async move { get(&router, &token).await });
    }
    // One after another the probes would take 16 deadlines.
    let all = tokio::time::timeout(10 * deadline, refused.join_all());
    for reply in all.await.unwrap() {
        reply.assert_unavailable();
    }
}

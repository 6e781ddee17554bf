//! What goes on in the background on a runtime that is shut down, or does not run, while the service goes on on another.

use http::StatusCode;
use portcullis::{Cause, Readiness};
use portcullis_conformance::{
    Instance, MemoryFeed, World, get, pass_start, poll_once, protected, until,
};
use portcullis_testing::Endpoint;
use tokio::runtime::{self, Runtime};

use crate::support::{MINUTE, SECOND, status};

/// As where an issuer connects before the runtime of the service is there.
#[test]
fn news_comes_on_another_runtime_once_the_first_is_gone() {
    let running = Runtime::new().unwrap();
    let world = running.block_on(World::start());
    let feed = MemoryFeed::new();
    let first = Runtime::new().unwrap();
    let instance = first.block_on(async {
        let issuer = world.told().revocation_feed(feed.clone());
        let instance = Instance::new(issuer).await;
        until(|| feed.sinks().len() == 1).await;
        instance
    });
    drop(first);
    let silent = Readiness::Degraded(vec![Cause::FeedSilent]);
    assert_eq!(instance.issuer.readiness(), silent);
    running.block_on(async {
        let other = Instance::with(&world, world.told().revocation_feed(feed.clone())).await;
        let session = world.server.login("alice");
        let token = session.token().jwt();
        assert_eq!(status(&instance.hybrid, &token).await, StatusCode::OK);
        until(|| feed.sinks().len() == 3).await;
        until(|| instance.issuer.readiness() == Readiness::Ready).await;
        pass_start(&world);
        other.hear_of(&session).await;
        until(|| !instance.issuer.revocations().is_empty()).await;
        instance.refuses_unasked(&world, &token).await;
    });
}

/// Its cut-off is asked for again, too.
#[test]
fn the_realm_is_polled_on_another_runtime_once_the_first_is_gone() {
    let running = Runtime::new().unwrap();
    let world = running.block_on(World::start());
    let first = Runtime::new().unwrap();
    let instance = first.block_on(Instance::start(&world));
    drop(first);
    running.block_on(async {
        let token = world.server.token().jwt();
        world.clock.advance(5 * SECOND);
        world.server.set_not_before(world.clock.system_time());
        assert_eq!(status(&instance.jwt, &token).await, StatusCode::OK);
        let polls = || world.server.request_count(Endpoint::Realm);
        let polled = polls();
        until(|| polls() > polled).await;
        for _ in 0..10_000 {
            if status(&instance.jwt, &token).await == StatusCode::UNAUTHORIZED {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("the cut-off is not obeyed");
    });
}

/// Who waits for it is served after a while, and it is asked about again.
#[test]
fn a_recheck_that_is_stuck_on_another_runtime_is_given_up() {
    const HANGS: std::time::Duration = std::time::Duration::from_secs(20);
    let running = Runtime::new().unwrap();
    let stuck = runtime::Builder::new_current_thread().enable_all().build();
    let stuck = stuck.unwrap();
    let world = running.block_on(World::start());
    let issuer = world.asking().recheck_every(10 * SECOND);
    let issuer = running.block_on(issuer.introspection_deadline(SECOND / 20).connect());
    let router = protected(issuer.unwrap().hybrid());
    let token = world.server.token().jwt();
    world.server.revoke(&token);
    world.clock.advance(MINUTE);

    let entered = stuck.enter();
    let mut abandoned = Box::pin(get(&router, &token));
    assert!(poll_once(&mut abandoned).is_pending());
    drop((entered, abandoned));

    running.block_on(async {
        let served = tokio::time::timeout(HANGS, status(&router, &token)).await;
        assert_eq!(served, Ok(StatusCode::OK), "it hangs");
        world.clock.advance(MINUTE);
        let refused = tokio::time::timeout(HANGS, status(&router, &token)).await;
        assert_eq!(refused, Ok(StatusCode::UNAUTHORIZED));
    });
}

//! What all that order is for: a session that is asked about while it ends can come back to life at
//! the server.

use portcullis_conformance::{Crowd, FRONT_END, Instance, World, posting_active, until};
use portcullis_testing::{Client, Endpoint, HoldPoint};

use crate::support::MINUTE;

const ROUNDS: usize = 10;
const ASKERS: usize = 8;

/// Logs out sessions of which each is being asked about at that moment. Where the instance is told, the
/// answers arrive once it has taken the notice, else behind the end.
async fn log_out_under_load(world: &World, instance: &Instance, is_told: bool) {
    for round in 1..=ROUNDS {
        let session = world.server.login("alice");
        let tokens: Vec<_> = (0..ASKERS).map(|_| session.token().jwt()).collect();
        let gate = world
            .server
            .hold(Endpoint::Introspection, HoldPoint::AfterAnswer);
        let end = world.server.hold_session_end();
        let asking = Crowd::of(ASKERS, |number| {
            posting_active(&instance.hybrid, &tokens[number])
        });
        gate.wait_for(ASKERS).await;
        let logout = {
            let session = session.clone();
            tokio::spawn(async move { session.log_out().await })
        };
        if is_told {
            until(|| instance.issuer.revocations().len() == round).await;
            gate.release();
            end.wait_for(1).await;
            end.release();
        } else {
            end.wait_for(1).await;
            end.release();
        }
        logout.await.unwrap();
        gate.release();
        for reply in asking.replies().await {
            // Without a notice nobody knows better.
            assert_eq!(reply.status.is_success(), !is_told);
        }
        for token in &tokens {
            if is_told {
                instance.refuses_unasked(world, token).await;
            }
        }
    }
}

async fn under_load() -> (World, Instance) {
    let world = World::start().await;
    world.server.set_sessions_revivable(true);
    let issuer = world.told().introspection_deadline(MINUTE);
    let instance = Instance::with(&world, issuer).await;
    (world, instance)
}

#[tokio::test]
async fn with_the_receiver_in_front_no_session_comes_back() {
    let (world, instance) = under_load().await;
    instance.subscribe(&world).await;
    log_out_under_load(&world, &instance, true).await;
    assert_eq!(world.server.revived_session_count(), 0);
}

/// The same without it, so that the test above can fail.
#[tokio::test]
async fn without_it_they_do() {
    let (world, instance) = under_load().await;
    world.server.add_client(Client::public(FRONT_END));
    log_out_under_load(&world, &instance, false).await;
    assert_eq!(world.server.revived_session_count(), ROUNDS);
}

/// What a session that has come back mints is let in nowhere, and is not asked about.
#[tokio::test]
async fn a_session_that_comes_back_all_the_same_is_let_in_nowhere() {
    let (world, instance) = under_load().await;
    instance.subscribe(&world).await;
    // Somebody else asks, who is told nothing.
    let stranger = Instance::start(&world).await;
    let session = world.server.login("alice");
    let token = session.token().jwt();
    let gate = world
        .server
        .hold(Endpoint::Introspection, HoldPoint::AfterAnswer);
    let asking = Crowd::of(1, |_| posting_active(&stranger.hybrid, &token));
    gate.wait_for(1).await;
    session.log_out().await;
    assert_eq!(world.server.revived_session_count(), 1);
    gate.release();
    assert!(asking.replies().await[0].status.is_success());
    world.clock.advance(MINUTE);
    let minted = session.token().jwt();
    assert_eq!(world.server.introspect(&minted)["active"], true);
    instance.refuses_unasked(&world, &token).await;
    instance.refuses_unasked(&world, &minted).await;
}

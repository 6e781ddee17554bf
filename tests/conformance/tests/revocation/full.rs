//! A set that has no room: the next to end go first, and nobody is lost in silence.

use http::StatusCode;
use portcullis::{Cause, Readiness};
use portcullis_conformance::{Instance, Recorded, World, notify, post_active, protected};
use portcullis_testing::Session;

use crate::support::{MINUTE, SECOND, status};

const CAPACITY: usize = 1_000;

/// An instance with room for a thousand, whose server never ends a session: what is forgotten is asked
/// about and let in, what is remembered is refused unasked.
async fn small() -> (World, Instance) {
    let world = World::start().await;
    let issuer = world.told().max_revocations(CAPACITY);
    let instance = Instance::with(&world, issuer).await;
    (world, instance)
}

async fn end(world: &World, instance: &Instance, number: usize) -> Vec<String> {
    let sessions: Vec<Session> = (0..number).map(|_| world.server.login("alice")).collect();
    let tokens = sessions.iter().map(|session| session.token().jwt());
    let tokens = tokens.collect();
    for session in &sessions {
        instance.hear_of(session).await;
    }
    tokens
}

#[tokio::test]
async fn a_thousand_fit_and_nothing_is_said() {
    let (world, instance) = small().await;
    end(&world, &instance, CAPACITY).await;
    assert_eq!(instance.issuer.revocations().len(), CAPACITY);
    assert_eq!(instance.issuer.readiness(), Readiness::Ready);
}

#[tokio::test]
async fn the_next_to_end_go_and_all_of_their_tokens_are_asked_about() {
    let recorded = Recorded::start();
    let (world, instance) = small().await;
    let early = end(&world, &instance, CAPACITY / 2).await;
    world.clock.advance(2 * MINUTE);
    let late = end(&world, &instance, CAPACITY / 2).await;
    let unharmed = world.server.token().jwt();
    let one_more = end(&world, &instance, 1).await;

    let gone = CAPACITY / 2 + CAPACITY / 2 + 1 - instance.issuer.revocations().len();
    assert!((1..=CAPACITY / 8).contains(&gone), "{gone}");
    let evictions = recorded.sum("portcullis_revocation_evictions_total");
    assert_eq!(evictions, gone as f64);
    let forgotten = Readiness::Degraded(vec![Cause::RevocationsForgotten]);
    assert_eq!(instance.issuer.readiness(), forgotten);

    world.clock.advance(SECOND);
    let mut asked = 0;
    for token in &early {
        let before = world.calls();
        let status = status(&instance.hybrid, token).await;
        match world.calls() - before {
            0 => assert_eq!(status, StatusCode::UNAUTHORIZED),
            _ => {
                assert_eq!(status, StatusCode::OK);
                asked += 1;
            }
        }
    }
    assert_eq!(asked, gone);
    for token in late.iter().chain(&one_more) {
        let before = world.calls();
        assert_eq!(
            status(&instance.hybrid, token).await,
            StatusCode::UNAUTHORIZED
        );
        assert_eq!(world.calls(), before);
    }
    // Whoever has a token from before is asked about once, and nobody later.
    for calls in [1, 1] {
        assert_eq!(status(&instance.hybrid, &unharmed).await, StatusCode::OK);
        assert_eq!(world.calls_about(&unharmed), calls);
    }
    world.clock.advance(MINUTE);
    let later = world.server.token().jwt();
    assert_eq!(status(&instance.hybrid, &later).await, StatusCode::OK);
    assert_eq!(world.calls_about(&later), 0);
}

/// What has ended by then makes room, and is no loss.
#[tokio::test]
async fn what_may_be_forgotten_makes_room_unnoticed() {
    let (world, instance) = small().await;
    end(&world, &instance, CAPACITY).await;
    world.clock.advance(62 * MINUTE);
    assert!(instance.issuer.revocations().is_empty());
    end(&world, &instance, 10).await;
    assert_eq!(instance.issuer.revocations().len(), 10);
    assert!(
        !instance
            .issuer
            .readiness()
            .causes()
            .contains(&Cause::RevocationsForgotten)
    );
}

/// As long as a token can live that they were about.
#[tokio::test]
async fn it_is_said_for_as_long_as_it_matters() {
    let (world, instance) = small().await;
    end(&world, &instance, CAPACITY + 1).await;
    let forgotten = || {
        let readiness = instance.issuer.readiness();
        readiness.causes().contains(&Cause::RevocationsForgotten)
    };
    world.clock.advance(60 * MINUTE);
    assert!(forgotten());
    world.clock.advance(2 * MINUTE);
    assert!(!forgotten());
}

/// What is told again and again takes up no room.
#[tokio::test]
async fn a_repeated_notice_takes_one_place() {
    let (world, instance) = small().await;
    let notice = world.server.logout_token().jwt();
    for _ in 0..2 * CAPACITY {
        let reply = notify(&instance.receiver, &notice).await;
        assert_eq!(reply.status, StatusCode::OK);
    }
    assert_eq!(instance.issuer.revocations().len(), 1);
    assert_eq!(instance.issuer.readiness(), Readiness::Ready);
}

/// Nobody tells it anything: all it knows is what it was told when it asked.
#[tokio::test]
async fn what_was_called_inactive_is_not_forgotten_by_a_service_that_is_told_nothing() {
    let world = World::start().await;
    let issuer = world.asking().max_revocations(1).build().unwrap();
    let router = protected(issuer.hybrid());
    let token = || world.server.token().jwt();
    let (first, second, unharmed) = (token(), token(), token());
    for token in [&first, &second] {
        world.server.revoke(token);
        post_active(&router, token).await.assert_invalid_token();
    }
    let forgotten = Readiness::Degraded(vec![Cause::RevocationsForgotten]);
    assert_eq!(issuer.readiness(), forgotten);
    world.clock.advance(10 * SECOND);
    for token in [&first, &second] {
        assert_eq!(status(&router, token).await, StatusCode::UNAUTHORIZED);
    }
    world.clock.advance(SECOND);
    for calls in [1, 1] {
        assert_eq!(status(&router, &unharmed).await, StatusCode::OK);
        assert_eq!(world.calls_about(&unharmed), calls);
    }
    world.clock.advance(MINUTE);
    let later = token();
    assert_eq!(status(&router, &later).await, StatusCode::OK);
    assert_eq!(world.calls_about(&later), 0);
}

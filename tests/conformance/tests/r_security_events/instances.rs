//! R18: what one instance is told the others know.

use axum::{Router, body::Body};
use http::{Request, StatusCode, header};
use portcullis::{CanAsk, Issuer};
use portcullis_axum::security_event_route;
use portcullis_conformance::{AUDIENCE, MemoryFeed, World, get, protected, send};

use crate::support::{EVENT_TYPE, MINUTE};

/// Two instances of one service.
struct Instances {
    world: World,
    feed: MemoryFeed,
    routers: [Router; 2],
}

impl Instances {
    async fn start() -> Self {
        let world = World::start().await;
        let feed = MemoryFeed::new();
        let mut routers = Vec::new();
        for number in 1..=2 {
            let issuer = issuer(&world, &feed).await;
            let route = security_event_route(issuer.security_event_receiver().unwrap());
            routers.push(protected(issuer.hybrid()).route("/events", route));
            assert!(issuer.revocations().complete_since().is_some());
            // Its task has to have its turn.
            for _ in 0..1_000 {
                if feed.sinks().len() < number {
                    tokio::task::yield_now().await;
                }
            }
            assert_eq!(feed.sinks().len(), number);
        }
        world.clock.advance(MINUTE);
        Self {
            world,
            feed,
            routers: routers.try_into().unwrap(),
        }
    }

    async fn push(&self, event: &str) -> StatusCode {
        let request = Request::post("/events")
            .header(header::CONTENT_TYPE, EVENT_TYPE)
            .body(Body::from(event.to_owned()))
            .unwrap();
        send(&self.routers[0], request).await.status
    }

    async fn statuses(&self, token: &str) -> Vec<StatusCode> {
        let mut statuses = Vec::new();
        for router in &self.routers {
            statuses.push(get(router, token).await.status);
        }
        statuses
    }
}

async fn issuer(world: &World, feed: &MemoryFeed) -> Issuer<CanAsk> {
    let realm = world.asking().security_event_audience(AUDIENCE);
    let realm = realm.revocation_feed(feed.clone());
    realm.connect().await.unwrap()
}

#[tokio::test]
async fn r18_the_other_instances_are_told() {
    let instances = Instances::start().await;
    let alice = instances.world.server.login("alice");
    let token = alice.token().jwt();
    assert_eq!(instances.statuses(&token).await, [StatusCode::OK; 2]);
    let status = instances.push(&alice.session_revoked().jwt()).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    for _ in 0..1_000 {
        if instances.statuses(&token).await[1] != StatusCode::OK {
            break;
        }
        tokio::task::yield_now().await;
    }
    let over = [StatusCode::UNAUTHORIZED; 2];
    assert_eq!(instances.statuses(&token).await, over);
    assert_eq!(instances.world.calls_about(&token), 0);
}

#[tokio::test]
async fn r18_what_is_no_news_is_not_told_again() {
    let instances = Instances::start().await;
    let alice = instances.world.server.login("alice");
    let (event, changed) = (
        alice.session_revoked().jwt(),
        alice.credential_change().jwt(),
    );
    for (event, told) in [(&event, 1), (&event, 1), (&changed, 2), (&changed, 2)] {
        assert_eq!(instances.push(event).await, StatusCode::ACCEPTED);
        assert_eq!(instances.feed.published().len(), told);
    }
}

#[tokio::test(start_paused = true)]
async fn r18_a_feed_that_hangs_keeps_no_transmitter_waiting() {
    let instances = Instances::start().await;
    instances.feed.set_stuck(true);
    let alice = instances.world.server.login("alice");
    let began = tokio::time::Instant::now();
    let status = instances.push(&alice.session_revoked().jwt()).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(began.elapsed().as_millis(), 250);
    let statuses = instances.statuses(&alice.token().jwt()).await;
    assert_eq!(statuses, [StatusCode::UNAUTHORIZED, StatusCode::OK]);
}

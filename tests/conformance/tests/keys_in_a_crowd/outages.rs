//! Crowds of honest tokens while no keys can be had.

use std::time::Duration;

use http::StatusCode;
use portcullis_conformance::{KeyServer, World};
use tokio::task::yield_now;

use crate::support::{assert_good_at_once, lasting};

const SECOND: Duration = Duration::from_secs(1);

/// However many there are, they cause what the cool-down allows, and none of them waits for it.
#[tokio::test]
async fn i11_a_hundred_thousand_requests_in_an_outage_cause_a_fetch_a_second() {
    let world = World::start().await;
    let keys = KeyServer::of(&world, &[]);
    let router = keys.router(&world).await;
    let token = lasting(&world);
    keys.answer(StatusCode::INTERNAL_SERVER_ERROR, &[], "");
    // Ten seconds in which the set is due, and forty in which it stands in.
    world.clock.advance(590 * SECOND);
    for failed in 1..=50 {
        for _ in 0..10 {
            for _ in 0..200 {
                assert_good_at_once(&router, &token);
            }
            // Whatever has begun ends now.
            for _ in 0..10 {
                yield_now().await;
            }
            assert_eq!(keys.asked(), 1 + failed);
        }
        world.clock.advance(SECOND);
    }
}

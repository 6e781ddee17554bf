//! S9: a list that is over by the time that a request gets its turn.

use std::{sync::Arc, time::Duration};

use portcullis::StatusLists;
use portcullis_conformance::{get, poll_once, protected, queueing};
use portcullis_testing::{Endpoint, Fault, HoldPoint};
use tokio::sync::Semaphore;

use crate::support::Listed;

#[tokio::test]
async fn s9_a_list_that_ends_while_the_request_waits_for_its_turn_is_fetched_again() {
    for (meanwhile, expected) in [(Some(0), 200), (Some(1), 401), (None, 503)] {
        let listed = Listed::start().await;
        listed.publish(&listed.list(&[0]));
        let issuer = listed.local.world.realm();
        let issuer = issuer.status_lists(StatusLists::at_issuer());
        let issuer = issuer.connect().await.unwrap();
        let permits = Arc::new(Semaphore::new(1));
        let token = listed.token(0).jwt();
        let server = listed.local.server();
        let gate = server.hold(Endpoint::Other, HoldPoint::BeforeAnswer);
        let mut queued = queueing(issuer.jwt(), &permits, &token);
        assert!(poll_once(&mut queued).is_pending(), "the list is fetched");
        gate.wait_for(1).await;
        let permit = permits.clone().acquire_owned().await.unwrap();
        gate.release();
        let meantime = get(&protected(issuer.jwt()), &token).await;
        assert_eq!(meantime.status, 200, "the list is here");
        assert!(poll_once(&mut queued).is_pending(), "no permit is left");
        listed.local.world.clock.advance(Duration::from_secs(61));
        match meanwhile {
            Some(status) => listed.publish(&listed.list(&[status])),
            None => listed.fail(Fault::status(500)),
        }
        let gate = server.hold(Endpoint::Other, HoldPoint::BeforeAnswer);
        drop(permit);
        assert!(poll_once(&mut queued).is_pending(), "the next is fetched");
        gate.wait_for(1).await;
        assert_eq!(permits.available_permits(), 1, "no permit is held");
        gate.release();
        assert_eq!(queued.await, expected, "{meanwhile:?}");
        assert_eq!(listed.fetches(), 2);
        assert_eq!(permits.available_permits(), 1);
    }
}

//! What another instance was told and what is known here, by clocks that may differ by the leeway: where it cannot
//! be told which was first, what is known against the token counts.

use std::time::Duration;

use http::StatusCode;
use portcullis::{IssuerBuilder, ManualClock, RevocationNotice, RevocationSink, WithCredentials};
use portcullis_conformance::{Instance, MemoryFeed, get, post_active, state_keys, until};
use portcullis_testing::Session;
use serde_json::json;

use super::Pair;
use crate::support::{MINUTE, SECOND, live_status, status};

const MILLISECOND: Duration = Duration::from_millis(1);
/// By how much later than a doubt another instance's answer has to be dated to settle it: the leeway, and the
/// second by which its age is uncertain anyway.
const APART: Duration = Duration::from_secs(31);

/// Two instances, of which one is told what happens.
struct Told {
    pair: Pair,
    sink: RevocationSink,
}

impl Told {
    async fn start() -> Self {
        let feed = MemoryFeed::new();
        let fed = |issuer: IssuerBuilder<WithCredentials>| issuer.revocation_feed(feed.clone());
        let pair = Pair::with(fed).await;
        until(|| feed.sinks().len() == 2).await;
        let sink = feed.sinks().remove(0);
        Self { pair, sink }
    }

    /// Another instance over the same store, whose clock is ahead.
    async fn ahead(&self, by: Duration) -> (Instance, ManualClock) {
        let clock = ManualClock::at(self.pair.now() + by.as_secs());
        let (own, store) = (clock.clone(), self.pair.store.clone());
        let issuer = |issuer: IssuerBuilder<WithCredentials>| {
            issuer.shared_store(store, &state_keys()).clock(own)
        };
        (self.pair.air.another(issuer).await, clock)
    }

    fn token(session: &Session) -> String {
        session.token().expires_in(50 * MINUTE).jwt()
    }

    fn login(&self) -> Session {
        self.pair.air.world.server.login("alice")
    }

    /// Something happens to the user of the tokens.
    fn tell(&self, session: &Session) {
        let now = 1000 * i64::try_from(self.pair.now()).unwrap();
        let sub = session.user();
        let notice = json!({"kind": "suspect_subject", "sub": sub, "issued": now, "received": now});
        let notice = RevocationNotice::decode(notice.to_string().as_bytes()).unwrap();
        self.sink.take(&notice);
    }

    fn pass(&self, clock: &ManualClock, time: Duration) {
        self.pair.air.world.clock.advance(time);
        clock.advance(time);
    }

    fn here(&self) -> &Instance {
        self.pair.here()
    }

    fn calls(&self) -> usize {
        self.pair.air.server.calls()
    }
}

/// Something that has happened, as one instance is told.
type Event = fn(&Told, &Session);

const EVENTS: [(&str, Event); 2] = [
    ("something happens to the user", Told::tell),
    ("news may have been missed", |told, _| told.sink.doubt()),
];

#[tokio::test]
async fn an_answer_settles_a_doubt_that_it_is_later_than_by_the_leeway() {
    for (what, happens) in EVENTS {
        for (later, calls) in [(APART, 2), (APART + MILLISECOND, 1)] {
            let told = Told::start().await;
            let session = told.login();
            let token = Told::token(&session);
            happens(&told, &session);
            told.pair.air.world.clock.advance(later);
            let other = &told.pair.other;
            assert_eq!(live_status(&other.hybrid, &token).await, StatusCode::OK);
            told.pair.settle().await;
            assert_eq!(told.calls(), 1);
            for _ in 0..2 {
                assert_eq!(status(&told.here().hybrid, &token).await, StatusCode::OK);
                assert_eq!(told.calls(), calls, "{what}, {later:?}");
            }
            tokio::time::resume();
        }
    }
}

/// The token ends before anybody here hears that something has happened to it.
#[tokio::test]
async fn an_answer_from_before_a_doubt_settles_nothing_however_far_ahead_its_clock_is() {
    for (what, happens) in EVENTS {
        for ahead in [2, 3, 20, 30] {
            let told = Told::start().await;
            let (other, clock) = told.ahead(ahead * SECOND).await;
            let session = told.login();
            let token = Told::token(&session);
            assert_eq!(live_status(&other.hybrid, &token).await, StatusCode::OK);
            told.pair.settle().await;
            told.pass(&clock, MILLISECOND);
            told.pair.air.server.end(&token);
            happens(&told, &session);
            // By now its answer is dated ahead no longer.
            told.pass(&clock, (ahead + 1) * SECOND);
            let refused = status(&told.here().hybrid, &token).await;
            assert_eq!(refused, StatusCode::UNAUTHORIZED, "{what}, {ahead}");
            tokio::time::resume();
        }
    }
}

/// Its siblings are asked about, and what was said of one of them before is no answer to that.
#[tokio::test]
async fn an_answer_from_before_the_end_of_a_sibling_is_none() {
    let feed = MemoryFeed::new();
    let fed = |issuer: IssuerBuilder<WithCredentials>| {
        let issuer = issuer.recheck_every(60 * SECOND);
        issuer.revocation_feed(feed.clone())
    };
    let pair = Pair::with(fed).await;
    until(|| feed.sinks().len() == 2).await;
    let sink = feed.sinks().remove(0);
    let told = Told { pair, sink };
    let (other, clock) = told.ahead(20 * SECOND).await;
    let session = told.login();
    let (token, sibling) = (Told::token(&session), Told::token(&session));
    assert_eq!(live_status(&other.hybrid, &token).await, StatusCode::OK);
    told.pair.settle().await;
    told.pass(&clock, 2 * SECOND);
    for token in [&token, &sibling] {
        told.pair.air.server.end(token);
    }
    let ended = live_status(&told.here().hybrid, &sibling).await;
    assert_eq!(ended, StatusCode::UNAUTHORIZED);
    told.pass(&clock, 20 * SECOND);
    let refused = status(&told.here().hybrid, &token).await;
    assert_eq!(refused, StatusCode::UNAUTHORIZED);
}

/// Nor is what this instance was told itself dropped for it.
#[tokio::test]
async fn an_answer_from_before_outweighs_no_inactive_one_that_is_on_its_way() {
    let told = Told::start().await;
    let (other, clock) = told.ahead(20 * SECOND).await;
    let session = told.login();
    let token = Told::token(&session);
    assert_eq!(live_status(&other.hybrid, &token).await, StatusCode::OK);
    told.pair.settle().await;
    told.pass(&clock, 10 * SECOND);
    told.pair.air.server.end(&token);
    told.pair.air.server.close();
    let calls = told.calls();
    let asking = {
        let (router, token) = (told.here().hybrid.clone(), token.clone());
        tokio::spawn(async move { post_active(&router, &token).await })
    };
    told.pair.settle().await;
    assert_eq!(told.calls(), calls + 1);
    told.pass(&clock, 12 * SECOND);
    let router = &told.here().introspection;
    assert_eq!(status(router, &token).await, StatusCode::OK, "not told yet");
    told.pair.air.server.open();
    asking.await.unwrap().assert_invalid_token();
    for router in [&told.here().introspection, &told.here().jwt] {
        get(router, &token).await.assert_invalid_token();
    }
}

/// What the server says no longer is no news that anybody is told of.
#[tokio::test]
async fn an_answer_from_before_takes_the_place_of_none_that_was_given_here() {
    for ahead in [2, 20, 30] {
        let told = Told::start().await;
        let (other, clock) = told.ahead(ahead * SECOND).await;
        let token = told.pair.opaque("opaque-token");
        assert_eq!(live_status(&other.hybrid, &token).await, StatusCode::OK);
        told.pair.settle().await;
        told.pass(&clock, MILLISECOND);
        told.pair
            .air
            .server
            .say(&token, json!({"aud": "another-api"}));
        let here = told.here();
        let refused = live_status(&here.hybrid, &token).await;
        assert_eq!(refused, StatusCode::UNAUTHORIZED);
        told.pair.settle().await;
        // The answer that was given here is too old by now, and the other one does not seem so.
        told.pass(&clock, 30 * SECOND);
        for router in [&here.introspection, &here.hybrid] {
            let refused = status(router, &token).await;
            assert_eq!(refused, StatusCode::UNAUTHORIZED, "{ahead}");
        }
        tokio::time::resume();
    }
}

/// In the store as well, where whoever reads it may know nothing else.
#[tokio::test]
async fn an_inactive_answer_takes_the_place_of_an_active_one_that_may_be_older() {
    for ahead in [2, 20, 30] {
        let told = Told::start().await;
        let (other, clock) = told.ahead(ahead * SECOND).await;
        let session = told.login();
        let token = Told::token(&session);
        assert_eq!(live_status(&other.hybrid, &token).await, StatusCode::OK);
        told.pair.settle().await;
        told.pass(&clock, MILLISECOND);
        told.pair.air.server.end(&token);
        let refused = live_status(&told.here().hybrid, &token).await;
        assert_eq!(refused, StatusCode::UNAUTHORIZED);
        told.pair.settle().await;
        let calls = told.calls();
        let refused = status(&told.pair.other.introspection, &token).await;
        assert_eq!(refused, StatusCode::UNAUTHORIZED, "{ahead}");
        assert_eq!(told.calls(), calls, "{ahead}: it stands in the store");
        tokio::time::resume();
    }
}

#[tokio::test]
async fn an_active_answer_takes_the_place_of_an_inactive_one_that_it_is_later_than_by_the_leeway() {
    for (later, calls) in [(APART - MILLISECOND, 3), (APART, 2)] {
        // For as long as a call takes an inactive one stays.
        let patient =
            |issuer: IssuerBuilder<WithCredentials>| issuer.introspection_deadline(10 * MINUTE);
        let pair = Pair::with(patient).await;
        let token = pair.opaque("opaque-token");
        pair.air.server.end(&token);
        let refused = status(&pair.here().hybrid, &token).await;
        assert_eq!(refused, StatusCode::UNAUTHORIZED);
        pair.settle().await;
        pair.air.world.clock.advance(later);
        pair.opaque(&token);
        assert_eq!(status(&pair.here().hybrid, &token).await, StatusCode::OK);
        pair.settle().await;
        assert_eq!(status(&pair.other.hybrid, &token).await, StatusCode::OK);
        assert_eq!(pair.air.server.calls(), calls, "{later:?}");
        tokio::time::resume();
    }
}

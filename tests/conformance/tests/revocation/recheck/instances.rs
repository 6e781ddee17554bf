//! Several instances that share what they learn ask about a token once in a window, together.

use std::time::Duration;

use http::StatusCode;
use portcullis::{IssuerBuilder, WithCredentials};
use portcullis_conformance::{Instance, MemoryStore, Recorded, World, pass_start, state_keys};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{WINDOW, lasting};
use crate::{
    air::Air,
    support::{self, SECOND, live_status, status},
};

/// Two instances over one store, without a feed between them.
struct Pair {
    air: Air,
    other: Instance,
    store: MemoryStore,
}

impl Pair {
    async fn start() -> Self {
        let world = World::start().await;
        let store = MemoryStore::new(&world.clock);
        let air = Air::on(world, |issuer| sharing(issuer, &store)).await;
        let other = air.another(|issuer| sharing(issuer, &store)).await;
        pass_start(&air.world);
        Self { air, other, store }
    }

    /// Both have used a token: the one when it was good, the other more than a window later, when the server said
    /// this of it; and what it got there.
    async fn told_since(said: Value) -> (Self, String, StatusCode) {
        let pair = Self::start().await;
        let token = lasting(&pair.air).jwt();
        let here = pair.used_at(&pair.air.instance, &token).await;
        assert_eq!(here, StatusCode::OK);
        pair.air.world.clock.advance(WINDOW + SECOND);
        pair.air.server.say(&token, said);
        let there = pair.used_at(&pair.other, &token).await;
        (pair, token, there)
    }

    /// What a token gets at an instance, once what that has begun is over.
    async fn used_at(&self, instance: &Instance, token: &str) -> StatusCode {
        let status = status(&instance.hybrid, token).await;
        self.settle().await;
        status
    }

    /// Nobody was served who should have been asked about before.
    fn assert_nothing_was_overdue(&self, recorded: &Recorded) {
        let overdue = recorded.sum("portcullis_recheck_overdue_seconds");
        assert_eq!(overdue, 0.0);
        for instance in [&self.air.instance, &self.other] {
            assert_eq!(instance.issuer.readiness().causes(), []);
        }
    }

    /// Nobody who waits for the store, or for what another instance does, waits any more; by the clock
    /// of tokens no time passes.
    async fn settle(&self) {
        tokio::time::sleep(3 * SECOND).await;
        self.air.settle().await;
    }
}

fn sharing(
    issuer: IssuerBuilder<WithCredentials>,
    store: &MemoryStore,
) -> IssuerBuilder<WithCredentials> {
    issuer
        .recheck_every(WINDOW)
        .shared_store(store.clone(), &state_keys())
}

#[tokio::test]
async fn they_ask_once_in_a_window() {
    let pair = Pair::start().await;
    let token = lasting(&pair.air).jwt();
    for second in 0..60 {
        for instance in [&pair.air.instance, &pair.other] {
            assert_eq!(pair.used_at(instance, &token).await, StatusCode::OK);
        }
        let calls = pair.air.server.calls();
        // The clocks of two of them may differ by a second.
        assert!(calls <= 1 + second / 9, "{calls} in {second} s");
        pair.air.world.clock.advance(SECOND);
    }
    assert!(pair.air.server.calls() >= 6);
}

/// Which of two answers is the newer cannot be told where clocks may differ. That the token is active both
/// of them say.
#[tokio::test]
async fn they_ask_once_in_a_window_also_where_each_answer_has_words_of_its_own() {
    let recorded = Recorded::start();
    let pair = Pair::start().await;
    let token = lasting(&pair.air).jwt();
    for second in 0..60 {
        pair.air.server.say(&token, json!({"expires_in": second}));
        for instance in [&pair.air.instance, &pair.other] {
            assert_eq!(pair.used_at(instance, &token).await, StatusCode::OK);
        }
        let calls = pair.air.server.calls();
        assert!(calls <= 1 + second / 9, "{calls} in {second} s");
        pair.air.world.clock.advance(SECOND);
    }
    pair.assert_nothing_was_overdue(&recorded);
}

/// The other has asked lately, and asks no more for a while: it is not waited for.
#[tokio::test]
async fn a_late_request_takes_the_word_of_another_whatever_else_that_says() {
    let recorded = Recorded::start();
    let (pair, token, there) = Pair::told_since(json!({"scope": "other"})).await;
    assert_eq!(there, StatusCode::OK);
    pair.air.world.clock.advance(5 * SECOND);
    let began = Instant::now();
    let here = status(&pair.air.instance.hybrid, &token).await;
    assert_eq!(here, StatusCode::OK);
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(pair.air.server.calls(), 2);
    pair.assert_nothing_was_overdue(&recorded);
}

/// What another was told, and decides nothing here, is asked for again, and not waited for: after `other` was
/// said, and lately `then`, the token is answered with `status`.
async fn a_late_request_asks_at_once(other: Value, then: Value, status: StatusCode) {
    let recorded = Recorded::start();
    let (pair, token, _) = Pair::told_since(other).await;
    pair.air.server.say(&token, then);
    pair.air.world.clock.advance(6 * SECOND);
    let (began, calls) = (Instant::now(), pair.air.server.calls());
    let here = support::status(&pair.air.instance.hybrid, &token).await;
    assert_eq!(here, status);
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(pair.air.server.calls(), calls + 1);
    pair.assert_nothing_was_overdue(&recorded);
}

#[tokio::test]
async fn a_late_request_asks_at_once_where_the_word_of_another_is_about_somebody_else() {
    let somebody_else = json!({"sub": "somebody else"});
    a_late_request_asks_at_once(somebody_else, json!({}), StatusCode::OK).await;
}

#[tokio::test]
async fn a_late_request_asks_at_once_where_another_was_told_long_ago_that_it_is_over() {
    let over = json!({"active": false});
    a_late_request_asks_at_once(over.clone(), over, StatusCode::UNAUTHORIZED).await;
}

/// Whatever the one has found out counts at the other, and goes on to count.
#[tokio::test]
async fn what_one_finds_inactive_the_other_refuses_for_good() {
    let pair = Pair::start().await;
    let token = lasting(&pair.air).jwt();
    for instance in [&pair.air.instance, &pair.other] {
        assert_eq!(pair.used_at(instance, &token).await, StatusCode::OK);
    }
    pair.air.server.end(&token);
    pair.air.world.clock.advance(WINDOW + SECOND);
    // Due here, and asked about; due there, and looked for in the store.
    for instance in [&pair.air.instance, &pair.other] {
        assert_eq!(pair.used_at(instance, &token).await, StatusCode::OK);
    }
    assert_eq!(pair.air.server.calls(), 2);
    for _ in 0..30 {
        pair.air.world.clock.advance(SECOND);
        for instance in [&pair.other, &pair.air.instance] {
            let status = pair.used_at(instance, &token).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED);
        }
    }
}

/// The same where the request waits for it.
#[tokio::test]
async fn what_one_found_inactive_the_other_refuses_for_good() {
    let pair = Pair::start().await;
    let token = lasting(&pair.air).jwt();
    pair.air.server.end(&token);
    pair.air.world.clock.advance(60 * SECOND);
    for _ in 0..30 {
        for instance in [&pair.air.instance, &pair.other] {
            let status = pair.used_at(instance, &token).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED);
        }
        pair.air.world.clock.advance(SECOND);
    }
}

/// The promise is that of each instance, whoever has asked.
#[tokio::test]
async fn the_promise_is_kept_where_another_has_asked_last() {
    let pair = Pair::start().await;
    let token = lasting(&pair.air).jwt();
    assert_eq!(
        pair.used_at(&pair.air.instance, &token).await,
        StatusCode::OK
    );
    pair.air.server.end(&token);
    // From now on only the other instance has requests, whenever it begins to.
    pair.air.world.clock.advance(5 * SECOND);
    for second in 5.. {
        if pair.used_at(&pair.other, &token).await == StatusCode::UNAUTHORIZED {
            break;
        }
        assert!(second < 13, "served {second} s after its end");
        pair.air.world.clock.advance(SECOND);
    }
}

/// It has the lease, and dies with it.
#[tokio::test]
async fn the_death_of_the_one_that_asks_costs_a_window() {
    let pair = Pair::start().await;
    let token = lasting(&pair.air).jwt();
    pair.air.server.close();
    assert_eq!(
        status(&pair.air.instance.hybrid, &token).await,
        StatusCode::OK
    );
    pair.air.settle().await;
    assert_eq!(pair.air.server.calls(), 1);
    let Pair { air, other, store } = pair;
    let Air {
        world,
        server,
        instance,
    } = air;
    drop(instance);
    server.open();
    server.end(&token);
    // Its answer, if it still came, is nobody's.
    store.clear();
    let mut served = 0;
    loop {
        let status = status(&other.hybrid, &token).await;
        tokio::time::sleep(3 * SECOND).await;
        if status == StatusCode::UNAUTHORIZED {
            break;
        }
        served += 1;
        assert!(served <= 24, "served for {served} s");
        world.clock.advance(SECOND);
    }
    let _ = live_status(&other.hybrid, &token).await;
}

/// Who can write to the store can say that somebody asks.
#[tokio::test]
async fn one_that_claims_to_ask_and_never_tells_costs_a_window() {
    let pair = Pair::start().await;
    pair.store.set_taken(true);
    let token = lasting(&pair.air).jwt();
    let instance = &pair.air.instance;
    assert_eq!(pair.used_at(instance, &token).await, StatusCode::OK);
    pair.air.server.end(&token);
    let mut served = 0;
    while pair.used_at(instance, &token).await == StatusCode::OK {
        served += 1;
        assert!(served <= 24, "served for {served} s");
        pair.air.world.clock.advance(SECOND);
    }
    assert_eq!(pair.air.server.calls(), 1);
}

/// One of them asks in each window, and the others hear nothing of it.
#[tokio::test]
async fn a_token_that_the_server_fails_at_alone_is_no_outage_anywhere() {
    let pair = Pair::start().await;
    let token = lasting(&pair.air).jwt();
    let instances = [&pair.air.instance, &pair.other];
    for instance in instances {
        assert_eq!(pair.used_at(instance, &token).await, StatusCode::OK);
    }
    pair.air.server.fail_at(&token, 413);
    for _ in 0..14 {
        pair.air.world.clock.advance(2 * SECOND);
        for instance in instances {
            pair.used_at(instance, &token).await;
        }
    }
    for _ in 0..10 {
        for instance in instances {
            let refused = pair.used_at(instance, &token).await;
            assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE);
        }
        pair.air.world.clock.advance(2 * SECOND);
    }
}

#[tokio::test]
async fn without_the_store_each_asks_for_itself() {
    let pair = Pair::start().await;
    pair.store.set_down(true);
    let token = lasting(&pair.air).jwt();
    for calls in 1..4 {
        for instance in [&pair.air.instance, &pair.other] {
            assert_eq!(pair.used_at(instance, &token).await, StatusCode::OK);
        }
        assert_eq!(pair.air.server.calls(), 2 * calls);
        pair.air.world.clock.advance(WINDOW);
    }
}

/// That it was asked about a moment ago, and shall not be again, was said before its sibling ended.
#[tokio::test]
async fn the_siblings_of_one_that_is_over_are_due_at_once() {
    let pair = Pair::start().await;
    let session = pair.air.world.server.login("alice");
    let (one, other) = (session.token().jwt(), session.token().jwt());
    let here = &pair.air.instance;
    assert_eq!(pair.used_at(here, &one).await, StatusCode::OK);
    pair.air.world.clock.advance(5 * SECOND);
    assert_eq!(pair.used_at(here, &other).await, StatusCode::OK);
    for token in [&one, &other] {
        pair.air.server.end(token);
    }
    pair.air.world.clock.advance(2 * SECOND);
    assert_eq!(
        live_status(&here.hybrid, &one).await,
        StatusCode::UNAUTHORIZED
    );
    pair.air.world.clock.advance(SECOND);
    let status = pair.used_at(here, &other).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

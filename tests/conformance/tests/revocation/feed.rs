//! News between instances: late, twice, in any order, or stuck.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use http::StatusCode;
use portcullis::{
    Cause, FeedError, FeedFuture, Readiness, RevocationFeed, RevocationNotice, RevocationSink,
};
use portcullis_conformance::{CapturedLog, Instance, MemoryFeed, World, notify, pass_start, until};
use tokio::sync::Notify;
use tracing::Level;

use crate::{
    air::Air,
    support::{MINUTE, SECOND, status},
};

#[tokio::test]
async fn what_one_instance_is_told_all_of_them_know() {
    let world = World::start().await;
    let feed = MemoryFeed::new();
    let mut instances = Vec::new();
    for _ in 0..3 {
        let issuer = world.told().revocation_feed(feed.clone());
        let instance = Instance::new(issuer).await;
        instance.begin();
        instances.push(instance);
    }
    pass_start(&world);
    until(|| feed.sinks().len() == 3).await;
    let session = world.server.login("alice");
    let token = session.token().jwt();
    for instance in &instances {
        instance.admits(&token).await;
    }
    instances[0].hear_of(&session).await;
    for instance in &instances {
        until(|| !instance.issuer.revocations().is_empty()).await;
        instance.refuses_unasked(&world, &token).await;
    }
    assert_eq!(feed.published().len(), 1);
}

/// A session that came back to life at the server mints tokens for as long as it lives. Which instance
/// they come to does not matter.
#[tokio::test]
async fn what_is_remembered_at_one_instance_because_its_tokens_come_is_remembered_at_all() {
    let world = World::start().await;
    let feed = MemoryFeed::new();
    let issuer = || world.told().revocation_feed(feed.clone());
    let instances = [Instance::new(issuer()).await, Instance::new(issuer()).await];
    instances.iter().for_each(Instance::begin);
    pass_start(&world);
    until(|| feed.sinks().len() == 2).await;
    let session = world.server.login("alice");
    let old = session.token().jwt();
    instances[0].hear_of(&session).await;
    until(|| !instances[1].issuer.revocations().is_empty()).await;
    // Tokens that were there before need no memory but for their own life.
    world.clock.advance(10 * MINUTE);
    instances[0].refuses_unasked(&world, &old).await;
    assert_eq!(feed.published().len(), 1);
    for told in 2..10 {
        world.clock.advance(10 * MINUTE);
        let minted = session.token().jwt();
        instances[0].refuses_unasked(&world, &minted).await;
        until(|| feed.published().len() == told).await;
    }
    until(|| instances[1].issuer.revocations().len() == 1).await;
    let minted = session.token().jwt();
    instances[1].refuses_unasked(&world, &minted).await;
}

/// Each issuer's news is for its own instances: the same names are others elsewhere.
#[tokio::test]
async fn news_of_one_issuer_is_none_of_another() {
    let (here, there) = (World::start().await, World::start().await);
    let feed = MemoryFeed::new();
    let instance = Instance::with(&here, here.told().revocation_feed(feed.clone())).await;
    let other = Instance::with(&there, there.told().revocation_feed(feed.clone())).await;
    until(|| feed.sinks().len() == 2).await;
    let session = here.server.login("alice");
    let namesake = there.server.token().claim("sid", session.id()).jwt();
    instance.hear_of(&session).await;
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    other.admits(&namesake).await;
}

/// A feed that tells the others once it is let.
#[derive(Debug, Clone, Default)]
struct SlowFeed {
    told: Arc<Mutex<Vec<RevocationNotice>>>,
    let_go: Arc<Notify>,
}

impl RevocationFeed for SlowFeed {
    fn run(&self, sink: RevocationSink) -> FeedFuture {
        sink.hear();
        Box::pin(std::future::pending())
    }

    fn publish(&self, _: &str, notice: RevocationNotice) -> FeedFuture {
        let (told, let_go) = (self.told.clone(), self.let_go.clone());
        Box::pin(async move {
            let_go.notified().await;
            told.lock().unwrap().push(notice);
            Ok(())
        })
    }
}

#[tokio::test]
async fn one_that_is_stuck_delays_the_answer_by_a_quarter_of_a_second_and_loses_nothing() {
    let log = CapturedLog::start();
    let feed = SlowFeed::default();
    let air = Air::with(|issuer| issuer.revocation_feed(feed.clone())).await;
    let session = air.world.server.login("alice");
    let token = session.token().jwt();
    let mut notice = air.notice(&session);
    notice.waits().await;
    assert_eq!(
        status(&air.instance.hybrid, &token).await,
        StatusCode::UNAUTHORIZED
    );
    let took = notice.answered().await;
    assert!(took >= Duration::from_millis(250) && took < Duration::from_millis(260));
    assert_eq!(log.matching(Level::WARN, "within 250 ms").len(), 1);
    assert!(feed.told.lock().unwrap().is_empty());
    // It goes on, though nobody waits for it.
    feed.let_go.notify_one();
    until(|| feed.told.lock().unwrap().len() == 1).await;
}

/// Both together take no longer.
#[tokio::test]
async fn a_stuck_feed_and_a_call_in_the_air_share_the_quarter_of_a_second() {
    let feed = SlowFeed::default();
    let air = Air::with(|issuer| issuer.revocation_feed(feed.clone())).await;
    let session = air.world.server.login("alice");
    let token = session.token().jwt();
    air.server.close();
    let request = portcullis_conformance::posting_active;
    let mut crowd = portcullis_conformance::Crowd::of(1, |_| request(&air.instance.hybrid, &token));
    crowd.step_first_until(|| air.server.calls() == 1).await;
    let took = air.notice(&session).answered().await;
    assert!(took >= Duration::from_millis(250) && took < Duration::from_millis(260));
}

/// The others are told before anybody has to wait.
#[tokio::test]
async fn the_others_are_told_while_the_answer_waits() {
    let feed = MemoryFeed::new();
    let air = Air::with(|issuer| issuer.revocation_feed(feed.clone())).await;
    let session = air.world.server.login("alice");
    let token = session.token().jwt();
    air.server.close();
    let request = portcullis_conformance::posting_active;
    let mut crowd = portcullis_conformance::Crowd::of(1, |_| request(&air.instance.hybrid, &token));
    crowd.step_first_until(|| air.server.calls() == 1).await;
    let mut notice = air.notice(&session);
    notice.waits().await;
    assert_eq!(feed.published().len(), 1);
    air.server.open();
    notice.answered().await;
}

/// As where an issuer connects in a `block_on` of its own, before the server has a runtime.
#[tokio::test]
async fn one_that_was_begun_on_a_runtime_that_is_gone_goes_on_on_the_next() {
    let world = World::start().await;
    let feed = MemoryFeed::new();
    let issuer = world.told().revocation_feed(feed.clone()).build().unwrap();
    let instance = Instance::of(issuer);
    let (first, begun) = (instance.clone(), feed.clone());
    let begin = move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            first.begin();
            until(|| begun.sinks().len() == 1).await;
        });
    };
    std::thread::spawn(begin).join().unwrap();
    pass_start(&world);
    let session = world.server.login("alice");
    let token = session.token().jwt();
    instance.admits(&token).await;
    until(|| feed.sinks().len() == 2).await;

    let other = Instance::of(world.told().revocation_feed(feed.clone()).build().unwrap());
    other.hear_of(&session).await;
    until(|| !instance.issuer.revocations().is_empty()).await;
    instance.refuses_unasked(&world, &token).await;
    assert_eq!(instance.issuer.readiness(), Readiness::Ready);
}

/// A feed of the application's own that panics.
#[derive(Debug)]
struct PanickingFeed;

impl RevocationFeed for PanickingFeed {
    fn run(&self, _: RevocationSink) -> FeedFuture {
        Box::pin(async { panic!("a feed of the application's own") })
    }

    fn publish(&self, _: &str, _: RevocationNotice) -> FeedFuture {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn one_that_panics_is_not_heard_and_the_service_says_so() {
    let air = Air::with(|issuer| issuer.revocation_feed(PanickingFeed)).await;
    let silent = Readiness::Degraded(vec![Cause::FeedSilent]);
    until(|| air.instance.issuer.readiness() == silent).await;
}

/// A feed that fails whenever it is begun, and at telling.
#[derive(Debug, Clone, Default)]
struct BrokenFeed {
    begun: Arc<Mutex<usize>>,
}

impl RevocationFeed for BrokenFeed {
    fn run(&self, _: RevocationSink) -> FeedFuture {
        *self.begun.lock().unwrap() += 1;
        Box::pin(async { Err(FeedError::new("the store is away")) })
    }

    fn publish(&self, _: &str, _: RevocationNotice) -> FeedFuture {
        Box::pin(async { Err(FeedError::new("the store is away")) })
    }
}

#[tokio::test]
async fn one_that_fails_is_begun_again_and_the_service_says_so() {
    let log = CapturedLog::start();
    let feed = BrokenFeed::default();
    let air = Air::with(|issuer| issuer.revocation_feed(feed.clone())).await;
    until(|| *feed.begun.lock().unwrap() == 1).await;
    let silent = Readiness::Degraded(vec![Cause::FeedSilent]);
    until(|| air.instance.issuer.readiness() == silent).await;
    // After 1, 2, 4, 8, 16 and then every 30 seconds.
    tokio::time::sleep(Duration::from_secs(32)).await;
    assert_eq!(*feed.begun.lock().unwrap(), 6);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(*feed.begun.lock().unwrap(), 8);
    assert!(!log.matching(Level::WARN, "the store is away").is_empty());
    // A notice counts here all the same, and does not wait for what cannot be told.
    let session = air.world.server.login("alice");
    let token = session.token().jwt();
    assert_eq!(air.notice(&session).answered().await, Duration::ZERO);
    assert_eq!(
        status(&air.instance.hybrid, &token).await,
        StatusCode::UNAUTHORIZED
    );
    assert!(!log.matching(Level::WARN, "could not be told").is_empty());
}

/// It keeps nobody alive, and what it brings then is lost on nobody.
#[tokio::test]
async fn a_sink_outlives_its_issuer_and_does_nothing() {
    let world = World::start().await;
    let feed = MemoryFeed::new();
    let instance = Instance::with(&world, world.told().revocation_feed(feed.clone())).await;
    until(|| feed.sinks().len() == 1).await;
    instance.hear_of(&world.server.login("alice")).await;
    let sink = feed.sinks().remove(0);
    assert!(sink.is_wanted());
    assert_eq!(sink.issuer(), world.server.issuer());
    assert!(sink.retention() >= 3600 * SECOND);
    drop(instance);
    until(|| !sink.is_wanted()).await;
    sink.take(&feed.published()[0]);
    sink.doubt();
    sink.lose();
    sink.hear();
    assert_eq!((sink.now(), sink.complete_since()), (None, None));
}

/// Whoever builds one without anything to tell is told.
#[tokio::test]
async fn a_feed_that_nothing_feeds_is_worth_a_word() {
    let log = CapturedLog::start();
    let world = World::start().await;
    let feed = || MemoryFeed::new();
    let _fed = world.told().revocation_feed(feed()).build().unwrap();
    let asking = world.asking().recheck_every(10 * SECOND);
    let _asking = asking.revocation_feed(feed()).build().unwrap();
    let nothing = |log: &CapturedLog| log.matching(Level::WARN, "nothing to feed it").len();
    assert_eq!(nothing(&log), 0);
    let _unfed = world.asking().revocation_feed(feed()).build().unwrap();
    assert_eq!(nothing(&log), 1);
}

/// What cannot be read changes nothing.
#[tokio::test]
async fn garbage_is_no_notice() {
    for bytes in [&b""[..], b"{}", b"null", b"\xff", br#"{"kind":"session"}"#] {
        assert!(RevocationNotice::decode(bytes).is_err(), "{bytes:?}");
    }
    let world = World::start().await;
    let feed = MemoryFeed::new();
    let instance = Instance::with(&world, world.told().revocation_feed(feed.clone())).await;
    let notice = world.server.logout_token().jwt();
    assert_eq!(
        notify(&instance.receiver, &notice).await.status,
        StatusCode::OK
    );
    let published = feed.published().remove(0);
    let decoded = RevocationNotice::decode(&published.encode()).unwrap();
    assert_eq!(decoded, published);
}

/// Whatever is in one that was sealed by another version, or by one whose clock is wrong.
#[tokio::test]
async fn odd_moments_break_nothing() {
    let world = World::start().await;
    let feed = MemoryFeed::new();
    let instance = Instance::with(&world, world.told().revocation_feed(feed.clone())).await;
    until(|| feed.sinks().len() == 1).await;
    let token = world.server.token().claim("jti", "odd").jwt();
    let moments = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];
    for moment in moments {
        for received in moments {
            for news in [
                format!(r#""kind":"session","sid":"odd","issued":{moment}"#),
                format!(r#""kind":"subject","sub":"odd","issued":{moment}"#),
                format!(r#""kind":"suspect_email","email":"odd","issued":{moment}"#),
                format!(r#""kind":"client","client_id":"odd","before":{moment}"#),
                format!(
                    r#""kind":"suspect_token","name":"odd","sid":"odd","asked":{moment},"until":{moment}"#
                ),
            ] {
                let notice = format!("{{{news},\"received\":{received}}}");
                let notice = RevocationNotice::decode(notice.as_bytes()).unwrap();
                for sink in feed.sinks() {
                    sink.take(&notice);
                    sink.reach_back(portcullis::Timestamp::from_milliseconds(received));
                    let _ = sink.complete_since();
                }
            }
            let _ = status(&instance.hybrid, &token).await;
        }
    }
    instance.admits(&world.server.token().jwt()).await;
}

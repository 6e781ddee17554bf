//! Faults between one instance and the Redis by which it shares what it knows.

use std::time::Duration;

use portcullis::{NoticeReceipt, StateKeys};
use portcullis_conformance::{World, state_keys};
use portcullis_faults_suite::{Fault, FaultProxy, Way};
use portcullis_redis::RedisState;
use portcullis_redis_suite::{Configuration, RedisServer};
use portcullis_testing::Session;

use crate::{
    environment::eventually,
    service::{OK, Service, UNAUTHORIZED},
};

/// Two instances of one service, of which one reaches Redis through a proxy.
pub(crate) struct Pair {
    world: World,
    pub(crate) redis: RedisServer,
    proxy: FaultProxy,
    /// Beside Redis.
    pub(crate) near: Service,
    /// Behind the proxy.
    pub(crate) far: Service,
}

impl Pair {
    /// Both, and each has heard of the other. `None` where there is no `redis-server`, which is said aloud and
    /// is a failure under `CI=true`.
    pub(crate) async fn start() -> Option<Self> {
        let redis = RedisServer::start_or_skip(Configuration::default()).await;
        let redis = redis.unwrap_or_else(|error| panic!("{error}"))?;
        let world = World::start().await;
        let proxy = FaultProxy::before(redis.port()).await.unwrap();
        let keys = state_keys();
        let far_url = format!("redis://{}/", proxy.address());
        let pair = Self {
            near: instance(&world, &redis.url(), &keys),
            far: instance(&world, &far_url, &keys),
            world,
            redis,
            proxy,
        };
        let (_, first) = pair.login();
        pair.near.lets_in(&first).await;
        pair.far.lets_in(&first).await;
        // Tokens from now on are younger than all doubt.
        pair.world.clock.advance(Duration::from_secs(60));
        for (teller, hearer) in [(&pair.near, &pair.far), (&pair.far, &pair.near)] {
            let (session, token) = pair.login();
            tell(teller, &session).await;
            eventually("news", async || hearer.ask(Way::Local, &token).await != OK).await;
        }
        Some(pair)
    }

    /// A session with a token of it.
    pub(crate) fn login(&self) -> (Session, String) {
        let session = self.world.server.login("alice");
        let token = session.token().jwt();
        (session, token)
    }
}

fn instance(world: &World, url: &str, keys: &StateKeys) -> Service {
    let redis = RedisState::new(url, keys).unwrap();
    let issuer = world
        .told()
        .shared_store(redis.clone(), keys)
        .revocation_feed(redis);
    Service::of(issuer.build().unwrap())
}

/// Ends a session, and tells this instance alone.
pub(crate) async fn tell(instance: &Service, session: &Session) {
    let receiver = instance.issuer.logout_receiver().unwrap();
    let receipt = receiver.receive(&session.logout_token().jwt()).await;
    assert_eq!(receipt, NoticeReceipt::Taken);
    session.end();
}

/// What is told to either side is refused there at once, and by the other when the fault is over; whoever
/// is asked about refuses at once; and nobody else notices anything.
async fn cut_off(fault: Fault) {
    let Some(pair) = Pair::start().await else {
        return;
    };
    let Pair {
        near, far, proxy, ..
    } = &pair;
    let (_good, good) = pair.login();
    let (near_told, far_told) = (pair.login(), pair.login());
    let asked_about = pair.login();
    for token in [&good, &near_told.1, &far_told.1, &asked_about.1] {
        near.lets_in(token).await;
        far.lets_in(token).await;
    }
    proxy.set(fault);
    tell(near, &near_told.0).await;
    tell(far, &far_told.0).await;
    tell(near, &asked_about.0).await;
    eventually("a fault that has struck", async || {
        near.lets_in(&good).await;
        far.lets_in(&good).await;
        for way in Way::ALL {
            assert_eq!(near.ask(way, &near_told.1).await, UNAUTHORIZED, "{way:?}");
            assert_eq!(far.ask(way, &far_told.1).await, UNAUTHORIZED, "{way:?}");
        }
        assert_eq!(far.ask(Way::Live, &asked_about.1).await, UNAUTHORIZED);
        assert_eq!(far.ask(Way::Cached, &asked_about.1).await, UNAUTHORIZED);
        proxy.met() >= 3
    })
    .await;

    proxy.set(Fault::None);
    eventually("news of both sides", async || {
        near.lets_in(&good).await;
        far.lets_in(&good).await;
        far.ask(Way::Local, &near_told.1).await == UNAUTHORIZED
            && near.ask(Way::Local, &far_told.1).await == UNAUTHORIZED
    })
    .await;
    for token in [&near_told.1, &far_told.1, &asked_about.1] {
        for way in Way::ALL {
            assert_eq!(near.ask(way, token).await, UNAUTHORIZED, "{way:?}");
            assert_eq!(far.ask(way, token).await, UNAUTHORIZED, "{way:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_reset() {
    cut_off(Fault::Reset).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_never_answers() {
    cut_off(Fault::HalfOpen).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_answers_with_noise() {
    cut_off(Fault::Garbage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_drips() {
    cut_off(Fault::Drip(Duration::from_millis(50))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_cut_off_in_the_middle() {
    cut_off(Fault::Cut(2)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_slow() {
    cut_off(Fault::Delay(Duration::from_millis(40))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_slower_than_anybody_waits() {
    cut_off(Fault::Delay(Duration::from_secs(2))).await;
}

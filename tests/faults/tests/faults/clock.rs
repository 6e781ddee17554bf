//! The system's clock, set forward and back while it runs.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use portcullis::{Clock, Timestamp};
use portcullis_faults_suite::Way;

use crate::{
    environment::{Environment, SHOP_WEB, run},
    service::{Service, UNAUTHORIZED},
};

/// The system's clock with an offset. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct ShiftedClock(Arc<Mutex<Offsets>>);

#[derive(Debug, Clone, Copy, Default)]
struct Offsets {
    passed: Duration,
    set_forward: Duration,
    set_back: Duration,
}

impl ShiftedClock {
    /// Has so much time pass at once.
    pub(crate) fn advance(&self, duration: Duration) {
        self.0.lock().unwrap().passed += duration;
    }

    /// Sets the wall clock forward, as an administrator does: no time passes.
    fn set_forward(&self, duration: Duration) {
        self.0.lock().unwrap().set_forward += duration;
    }

    fn set_back(&self, duration: Duration) {
        self.0.lock().unwrap().set_back += duration;
    }

    fn offsets(&self) -> Offsets {
        *self.0.lock().unwrap()
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        let offsets = self.offsets();
        let time = SystemTime::now() + offsets.passed + offsets.set_forward - offsets.set_back;
        time.into()
    }

    fn monotonic(&self) -> Instant {
        Instant::now() + self.offsets().passed
    }
}

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

fn service(env: &Environment, clock: &ShiftedClock) -> Service {
    Service::of(env.issuer(clock).build().unwrap())
}

#[test]
fn a_clock_that_is_set_forward_ends_tokens_and_one_that_is_set_back_revives_none_that_was_revoked()
{
    run(async |env| {
        let clock = ShiftedClock::default();
        let service = service(env, &clock);
        let (_, good) = env.logged_in("clock-good").await;
        let (_, revoked) = env.logged_in("clock-revoked").await;
        service.lets_in(&good.access).await;
        service.lets_in(&revoked.access).await;
        env.realm.revoke(SHOP_WEB, &revoked.access).await.unwrap();
        assert_eq!(service.ask(Way::Live, &revoked.access).await, UNAUTHORIZED);

        clock.set_forward(HOUR);
        for way in Way::ALL {
            assert_eq!(
                service.ask(way, &good.access).await,
                UNAUTHORIZED,
                "{way:?}"
            );
        }
        clock.set_back(HOUR);
        service.lets_in(&good.access).await;
        for way in [Way::Live, Way::Cached, Way::Hybrid] {
            let status = service.ask(way, &revoked.access).await;
            assert_eq!(status, UNAUTHORIZED, "{way:?}");
        }
    });
}

#[test]
fn a_clock_that_is_set_back_lengthens_the_life_of_no_answer() {
    run(async |env| {
        let clock = ShiftedClock::default();
        let service = service(env, &clock);
        let (_, revoked) = env.logged_in("clock-cached").await;
        service.lets_in(&revoked.access).await;
        env.realm.revoke(SHOP_WEB, &revoked.access).await.unwrap();
        clock.set_back(MINUTE / 2);
        // Longer than an answer serves.
        clock.advance(MINUTE / 2 + Duration::from_secs(1));
        assert_eq!(
            service.ask(Way::Cached, &revoked.access).await,
            UNAUTHORIZED
        );
    });
}

#[test]
fn a_session_that_was_told_to_be_over_stays_over_whatever_the_clock_does() {
    run(async |env| {
        let clock = ShiftedClock::default();
        let issuer = env.issuer(&clock).logout_audiences([SHOP_WEB.id]);
        let service = Service::of(issuer.build().unwrap());
        let (_, over) = env.logged_in("clock-told").await;
        service.lets_in(&over.access).await;
        let receiver = env.tell(SHOP_WEB, &service).await;
        let refresh = over.refresh.as_deref().unwrap();
        env.realm.log_out(SHOP_WEB, refresh).await.unwrap();
        assert_eq!(service.ask(Way::Local, &over.access).await, UNAUTHORIZED);
        drop(receiver);

        for times in 1..=3 {
            clock.set_forward(times * HOUR);
            // Whatever is cleared away, is cleared away now.
            let (_, other) = env.logged_in(&format!("clock-other-{times}")).await;
            assert_eq!(service.ask(Way::Local, &other.access).await, UNAUTHORIZED);
            clock.set_back(times * HOUR);
            service.lets_in(&other.access).await;
            for way in Way::ALL {
                let status = service.ask(way, &over.access).await;
                assert_eq!(status, UNAUTHORIZED, "{way:?}");
            }
        }
        assert_eq!(service.ask(Way::Local, &over.access).await, UNAUTHORIZED);
    });
}

//! Faults between the service and where tokens are introspected.

use std::time::Duration;

use portcullis_faults_suite::{Fault, Way};

use crate::{
    clock::ShiftedClock,
    environment::{SHOP_WEB, eventually, run},
    service::{OK, Service, UNAUTHORIZED, UNAVAILABLE},
};

const DEADLINE: Duration = Duration::from_millis(1500);
/// Longer than an answer serves, shorter than a token lives.
const CACHED: Duration = Duration::from_secs(31);
/// The longest pause of the circuit breaker.
const PAUSE: Duration = Duration::from_secs(30);

/// No answer about a token comes through: every route stays within what it may know.
fn nothing_is_known(name: &'static str, fault: Fault) {
    run(async |env| {
        let clock = ShiftedClock::default();
        let (proxy, address) = env.proxy(&env.realm.introspection_endpoint()).await;
        let issuer = env
            .issuer(&clock)
            .introspection_endpoint(address)
            .introspection_deadline(DEADLINE);
        let service = Service::of(issuer.build().unwrap());
        let (_, good) = env.logged_in(&format!("{name}-good")).await;
        let (_, revoked) = env.logged_in(&format!("{name}-revoked")).await;
        let (good, revoked) = (&good.access, &revoked.access);
        service.lets_in(good).await;
        service.lets_in(revoked).await;
        env.realm.revoke(SHOP_WEB, revoked).await.unwrap();

        proxy.set(fault);
        eventually("a fault that has struck", async || {
            assert_eq!(service.ask(Way::Live, good).await, UNAVAILABLE);
            assert_eq!(service.ask(Way::Live, revoked).await, UNAVAILABLE);
            for way in [Way::Local, Way::Hybrid] {
                assert_eq!(service.ask(way, good).await, OK, "{way:?}");
            }
            proxy.met() >= 2
        })
        .await;
        clock.advance(CACHED);
        assert_eq!(service.ask(Way::Cached, good).await, UNAVAILABLE);
        assert_eq!(service.ask(Way::Cached, revoked).await, UNAVAILABLE);
        assert_eq!(service.ask(Way::Hybrid, good).await, OK);

        proxy.set(Fault::None);
        eventually("a recovery", async || {
            clock.advance(PAUSE);
            let again = [
                service.ask(Way::Live, good).await,
                service.ask(Way::Cached, good).await,
            ];
            assert!(again.iter().all(|it| [OK, UNAVAILABLE].contains(it)));
            let never = [
                service.ask(Way::Live, revoked).await,
                service.ask(Way::Cached, revoked).await,
            ];
            assert!(
                never
                    .iter()
                    .all(|it| [UNAUTHORIZED, UNAVAILABLE].contains(it))
            );
            again == [OK; 2] && never == [UNAUTHORIZED; 2]
        })
        .await;
        service.lets_in(good).await;
        for way in [Way::Live, Way::Cached, Way::Hybrid] {
            assert_eq!(service.ask(way, revoked).await, UNAUTHORIZED, "{way:?}");
        }
    });
}

#[test]
fn introspection_that_is_reset() {
    nothing_is_known("reset", Fault::Reset);
}

#[test]
fn introspection_that_is_taken_and_never_answered() {
    nothing_is_known("half-open", Fault::HalfOpen);
}

#[test]
fn introspection_that_is_answered_with_noise() {
    nothing_is_known("garbage", Fault::Garbage);
}

#[test]
fn introspection_that_drips() {
    nothing_is_known("drip", Fault::Drip(Duration::from_millis(50)));
}

#[test]
fn introspection_that_is_cut_in_the_head() {
    nothing_is_known("cut-head", Fault::Cut(20));
}

#[test]
fn introspection_that_is_cut_in_the_body() {
    nothing_is_known("cut-body", Fault::Cut(60));
}

#[test]
fn introspection_that_comes_after_the_deadline() {
    nothing_is_known("late", Fault::Delay(2 * DEADLINE));
}

#[test]
fn introspection_that_is_slow_and_in_time_is_as_good_as_any() {
    run(async |env| {
        let clock = ShiftedClock::default();
        let (proxy, address) = env.proxy(&env.realm.introspection_endpoint()).await;
        let issuer = env.issuer(&clock).introspection_endpoint(address);
        let service = Service::of(issuer.build().unwrap());
        let (_, good) = env.logged_in("slow-good").await;
        let (_, revoked) = env.logged_in("slow-revoked").await;
        service.lets_in(&revoked.access).await;
        proxy.set(Fault::Delay(Duration::from_millis(200)));
        service.lets_in(&good.access).await;
        env.realm.revoke(SHOP_WEB, &revoked.access).await.unwrap();
        for way in [Way::Live, Way::Cached, Way::Hybrid] {
            let status = service.ask(way, &revoked.access).await;
            assert_eq!(status, UNAUTHORIZED, "{way:?}");
        }
        service.lets_in(&good.access).await;
        assert!(proxy.met() >= 3, "{}", proxy.met());
    });
}

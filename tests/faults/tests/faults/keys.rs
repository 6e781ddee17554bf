//! Faults between the service and the issuer's published keys.

use std::time::Duration;

use portcullis_faults_suite::{Fault, Way};
use tokio::sync::Mutex;

use crate::{
    clock::ShiftedClock,
    environment::{SHOP_WEB, eventually, run},
    service::{OK, Service, UNAUTHORIZED, UNAVAILABLE},
};

const DEADLINE: Duration = Duration::from_millis(1500);
const AGE: Duration = Duration::from_secs(60);

/// One rotation at a time: the priorities of the keys grow.
static PRIORITY: Mutex<u32> = Mutex::const_new(200);

/// No key comes through: what can be judged by those that are here is judged, all else is 503.
fn no_key_comes(name: &'static str, fault: Fault) {
    run(async |env| {
        let clock = ShiftedClock::default();
        let (proxy, address) = env.proxy(&keys_address(env.realm.issuer())).await;
        let issuer = || {
            env.issuer(&clock)
                .jwks_uri(&address)
                .jwks_max_age(AGE)
                .fetch_deadline(DEADLINE)
        };
        let service = Service::of(issuer().build().unwrap());
        let (user, old) = env.logged_in(name).await;
        let forged = forged(&old.access);
        service.lets_in(&old.access).await;
        let new = {
            let mut priority = PRIORITY.lock().await;
            *priority += 1;
            env.admin.add_rsa_key(name, *priority).await.unwrap();
            env.realm.log_in(SHOP_WEB, &user).await.unwrap()
        };

        proxy.set(fault);
        // The set that is here has become too old, and stands in.
        clock.advance(AGE + Duration::from_secs(1));
        let late = Service::of(issuer().build().unwrap());
        eventually("a fault that has struck", async || {
            assert_eq!(service.ask(Way::Local, &old.access).await, OK);
            assert_eq!(service.ask(Way::Local, &forged).await, UNAUTHORIZED);
            assert_eq!(service.ask(Way::Local, &new.access).await, UNAVAILABLE);
            for token in [&old.access, &new.access, &forged] {
                assert_eq!(late.ask(Way::Local, token).await, UNAVAILABLE);
            }
            proxy.met() >= 2
        })
        .await;

        proxy.set(Fault::None);
        eventually("a recovery", async || {
            clock.advance(Duration::from_secs(5));
            let mut statuses = Vec::new();
            for service in [&service, &late] {
                for token in [&old.access, &new.access] {
                    statuses.push(service.ask(Way::Local, token).await);
                }
                assert_ne!(service.ask(Way::Local, &forged).await, OK);
            }
            assert!(statuses.iter().all(|it| [OK, UNAVAILABLE].contains(it)));
            statuses.iter().all(|it| *it == OK)
        })
        .await;
        for service in [&service, &late] {
            assert_eq!(service.ask(Way::Local, &forged).await, UNAUTHORIZED);
        }
    });
}

fn keys_address(issuer: &str) -> String {
    format!("{issuer}/protocol/openid-connect/certs")
}

/// The token with another signature.
fn forged(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let turned: String = signature.chars().rev().collect();
    // The last character has bits that have to be zero.
    format!("{signed}.{}A", turned.get(..turned.len() - 1).unwrap())
}

#[test]
fn keys_that_are_reset() {
    no_key_comes("keys-reset", Fault::Reset);
}

#[test]
fn keys_that_are_asked_for_and_never_come() {
    no_key_comes("keys-half-open", Fault::HalfOpen);
}

#[test]
fn keys_that_are_noise() {
    no_key_comes("keys-garbage", Fault::Garbage);
}

#[test]
fn keys_that_drip() {
    no_key_comes("keys-drip", Fault::Drip(Duration::from_millis(50)));
}

#[test]
fn keys_that_are_cut() {
    no_key_comes("keys-cut", Fault::Cut(700));
}

#[test]
fn keys_that_come_after_the_deadline() {
    no_key_comes("keys-late", Fault::Delay(2 * DEADLINE));
}

#[test]
fn keys_that_are_slow_and_in_time_are_as_good_as_any() {
    run(async |env| {
        let clock = ShiftedClock::default();
        let (proxy, address) = env.proxy(&keys_address(env.realm.issuer())).await;
        proxy.set(Fault::Delay(Duration::from_millis(100)));
        let issuer = env.issuer(&clock).jwks_uri(&address);
        let service = Service::of(issuer.build().unwrap());
        let (_, good) = env.logged_in("keys-slow").await;
        eventually("keys", async || {
            let status = service.ask(Way::Local, &good.access).await;
            assert!([OK, UNAVAILABLE].contains(&status), "{status}");
            status == OK
        })
        .await;
        assert!(proxy.met() > 0);
    });
}

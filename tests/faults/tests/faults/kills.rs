//! Keycloak, Redis and a replica that are killed under load, and come back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use portcullis_faults_suite::{Replica, ReplicaSettings, Way};
use portcullis_real_servers::http_client;
use portcullis_redis_suite::{Configuration, RedisServer};
use tokio::{
    task::{JoinSet, yield_now},
    time::sleep,
};

use crate::{
    clock::ShiftedClock,
    environment::{ORDERS_API, SHOP_WEB, eventually, run, run_alone},
    redis::{Pair, tell},
    service::{OK, Service, UNAUTHORIZED, UNAVAILABLE},
};

/// Requests in a loop until this is dropped, each of which may be answered with some statuses only.
struct Load {
    tasks: JoinSet<()>,
    over: Arc<AtomicBool>,
    answered: [Arc<AtomicUsize>; 2],
}

impl Load {
    fn new() -> Self {
        Self {
            tasks: JoinSet::new(),
            over: Arc::default(),
            answered: [Arc::default(), Arc::default()],
        }
    }

    /// One more loop.
    fn add<F: Future<Output = StatusCode> + Send>(
        &mut self,
        what: &'static str,
        allowed: &'static [StatusCode],
        ask: impl Fn() -> F + Send + 'static,
    ) {
        let over = self.over.clone();
        let [good, unavailable] = self.answered.clone();
        self.tasks.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                let status = ask().await;
                assert!(allowed.contains(&status), "{what}: {status}");
                match status {
                    OK => good.fetch_add(1, Ordering::Relaxed),
                    UNAVAILABLE => unavailable.fetch_add(1, Ordering::Relaxed),
                    _ => 0,
                };
                yield_now().await;
            }
        });
    }

    fn good(&self) -> usize {
        self.answered[0].load(Ordering::Relaxed)
    }

    fn unavailable(&self) -> usize {
        self.answered[1].load(Ordering::Relaxed)
    }

    /// Waits until so many more were let in.
    async fn goes_on(&self) {
        let before = self.good();
        eventually("load", async || self.good() >= before + 50).await;
    }

    /// Ends it; panics if an answer was not allowed.
    async fn end(mut self) {
        self.over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
    }
}

#[test]
fn keycloak_is_killed_under_load_and_comes_back() {
    run_alone(async |env| {
        let clock = ShiftedClock::default();
        let issuer = env
            .issuer(&clock)
            .introspection_deadline(Duration::from_secs(10));
        let service = Arc::new(Service::of(issuer.build().unwrap()));
        let (_, good) = env.logged_in("kill-good").await;
        let (user, over) = env.logged_in("kill-over").await;
        service.lets_in(&good.access).await;
        service.lets_in(&over.access).await;
        // What is revoked by itself, Keycloak forgets when it is killed.
        env.admin.set_user_enabled(&user, false).await.unwrap();
        assert_eq!(service.ask(Way::Live, &over.access).await, UNAUTHORIZED);

        let mut load = Load::new();
        let mut add = |what, way, token: &str, allowed| {
            let (service, token) = (service.clone(), token.to_owned());
            load.add(what, allowed, move || {
                let (service, token) = (service.clone(), token.clone());
                async move { service.ask(way, &token).await }
            });
        };
        add("local", Way::Local, &good.access, &[OK]);
        add("hybrid", Way::Hybrid, &good.access, &[OK]);
        add("cached", Way::Cached, &good.access, &[OK, UNAVAILABLE]);
        add("live", Way::Live, &good.access, &[OK, UNAVAILABLE]);
        for way in [Way::Cached, Way::Hybrid, Way::Live] {
            add("over", way, &over.access, &[UNAUTHORIZED, UNAVAILABLE]);
        }
        load.goes_on().await;
        // Its database writes to the disk twice a second.
        sleep(Duration::from_secs(2)).await;
        let mut server = env.server.lock().await;
        server.kill().await.unwrap();
        let before = load.unavailable();
        eventually("503", async || load.unavailable() >= before + 50).await;
        load.goes_on().await;
        server.start_again().await.unwrap();
        // What it has written before it was killed, it knows.
        for (token, is_good) in [(&good, true), (&over, false)] {
            let answer = env
                .realm
                .introspect(ORDERS_API, &token.access)
                .await
                .unwrap();
            assert_eq!(answer["active"], is_good);
        }
        eventually("a recovery", async || {
            clock.advance(Duration::from_secs(30));
            service.ask(Way::Live, &good.access).await == OK
        })
        .await;
        load.goes_on().await;
        load.end().await;
        service.lets_in(&good.access).await;
        assert_eq!(service.ask(Way::Live, &over.access).await, UNAUTHORIZED);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_killed_under_load_and_comes_back() {
    let Some(pair) = Pair::start().await else {
        return;
    };
    let (_good, good) = pair.login();
    let (over, still) = (pair.login(), pair.login());
    let Pair {
        mut redis,
        near,
        far,
        ..
    } = pair;
    let (near, far) = (Arc::new(near), Arc::new(far));
    let mut load = Load::new();
    for service in [&near, &far] {
        service.lets_in(&good).await;
        for way in Way::ALL {
            let (service, good) = (service.clone(), good.clone());
            load.add("good", &[OK], move || {
                let (service, good) = (service.clone(), good.clone());
                async move { service.ask(way, &good).await }
            });
        }
    }
    load.goes_on().await;
    redis.kill();
    tell(&near, &over.0).await;
    let (token, teller) = (over.1.clone(), near.clone());
    load.add("over", &[UNAUTHORIZED], move || {
        let (service, token) = (teller.clone(), token.clone());
        async move { service.ask(Way::Local, &token).await }
    });
    load.goes_on().await;
    redis.start_again().await.unwrap();
    eventually("news", async || {
        far.ask(Way::Local, &over.1).await == UNAUTHORIZED
    })
    .await;
    load.goes_on().await;
    load.end().await;
    near.lets_in(&still.1).await;
    far.lets_in(&still.1).await;
}

/// The answer of a replica, or that there is none.
async fn get(http: &reqwest::Client, url: String, token: String) -> Option<StatusCode> {
    let answer = http.get(url).bearer_auth(token).send().await;
    answer.ok().map(|answer| answer.status())
}

#[test]
fn a_replica_is_killed_under_load_and_lets_nobody_in_who_left_meanwhile() {
    run(async |env| {
        let redis = RedisServer::start_or_skip(Configuration::default()).await;
        let Some(redis) = redis.unwrap() else {
            return;
        };
        let (realm, admin) = env.own_realm("kill-replica").await;
        let settings = ReplicaSettings {
            program: env!("CARGO_BIN_EXE_faults-service").into(),
            issuer: realm.issuer().to_owned(),
            variables: vec![
                ("REDIS_URL", redis.url()),
                ("LOGOUT_AUDIENCES", SHOP_WEB.id.to_owned()),
            ],
            wrapper: Vec::new(),
        };
        let told = Replica::start(settings.clone()).await.unwrap();
        let mut mortal = Replica::start(settings).await.unwrap();
        let url = format!("{}/backchannel-logout", told.base_url());
        let set = admin.set_backchannel_logout_url(SHOP_WEB.id, &url);
        set.await.unwrap();
        let http = http_client().unwrap();
        let user = admin.create_user("user", &[]).await.unwrap();
        let good = realm.log_in(SHOP_WEB, &user).await.unwrap();
        let over = realm.log_in(SHOP_WEB, &user).await.unwrap();
        let ask = async |replica: &Replica, way: Way, token: &str| {
            let url = format!("{}{}", replica.base_url(), way.path());
            get(&http, url, token.to_owned()).await
        };
        for token in [&good.access, &over.access] {
            for replica in [&told, &mortal] {
                eventually("an answer", async || {
                    ask(replica, Way::Hybrid, token).await == Some(OK)
                })
                .await;
            }
        }
        let mut load = Load::new();
        for way in [Way::Local, Way::Hybrid, Way::Cached] {
            let url = format!("{}{}", told.base_url(), way.path());
            let (http, token) = (http.clone(), good.access.clone());
            load.add("good", &[OK], move || {
                let (http, url, token) = (http.clone(), url.clone(), token.clone());
                async move { get(&http, url, token).await.unwrap() }
            });
        }
        load.goes_on().await;
        mortal.kill().await.unwrap();
        let refresh = over.refresh.as_deref().unwrap();
        realm.log_out(SHOP_WEB, refresh).await.unwrap();
        assert_eq!(
            ask(&told, Way::Local, &over.access).await,
            Some(UNAUTHORIZED)
        );
        load.goes_on().await;
        mortal.start_again().await.unwrap();
        eventually("a verdict", async || {
            for way in [Way::Hybrid, Way::Cached, Way::Live] {
                let status = ask(&mortal, way, &over.access).await;
                assert_ne!(status, Some(OK), "{way:?}");
            }
            ask(&mortal, Way::Hybrid, &over.access).await == Some(UNAUTHORIZED)
        })
        .await;
        for way in Way::ALL {
            assert_eq!(ask(&mortal, way, &good.access).await, Some(OK), "{way:?}");
        }
        load.goes_on().await;
        load.end().await;
    });
}

//! Keys that change while requests come in.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use portcullis_keycloak_suite::{Answer, Example, Realm, SuiteError, header_of, until};
use reqwest::StatusCode;

use crate::environment::{ORDERS_API, WAREHOUSE, assert_status, orders, own_example, run};

const ROTATIONS: u32 = 3;
const PHASE: usize = 60;
const LIMIT: Duration = Duration::from_secs(60);

/// What the clients have seen.
#[derive(Default)]
struct Traffic {
    stop: AtomicBool,
    requests: AtomicUsize,
    kids: Mutex<BTreeSet<String>>,
    failures: Mutex<Vec<String>>,
}

#[test]
fn no_request_fails_while_the_keys_change_under_traffic() {
    run(async |env| {
        let (realm, admin) = env.own_realm("shop-rotation").await;
        let example = own_example(&realm, "orders-api", ORDERS_API).await.unwrap();
        let old = realm.client_credentials(WAREHOUSE).await.unwrap();
        let traffic = Traffic::default();

        let clients = async {
            tokio::join!(
                traffic.client(&realm, &example),
                traffic.client(&realm, &example),
                traffic.client(&realm, &example),
                traffic.client(&realm, &example),
            )
        };
        let rotations = async {
            traffic.flows(PHASE).await;
            for rotation in 1..=ROTATIONS {
                admin
                    .add_rsa_key(&format!("rotation-{rotation}"), 200 + rotation)
                    .await
                    .unwrap();
                traffic.flows(PHASE).await;
            }
            traffic.stop.store(true, Ordering::Relaxed);
        };
        tokio::join!(clients, rotations);

        assert_eq!(*traffic.failures.lock().unwrap(), Vec::<String>::new());
        assert_eq!(traffic.kids.lock().unwrap().len(), 1 + ROTATIONS as usize);
        assert_status(&orders(&example, &old.access).await, StatusCode::OK);
        admin.delete_realm().await.unwrap();
    });
}

impl Traffic {
    /// A service that fetches a fresh token and uses it, again and again.
    async fn client(&self, realm: &Realm, example: &Example) {
        while !self.stop.load(Ordering::Relaxed) {
            let token = realm.client_credentials(WAREHOUSE).await.unwrap().access;
            let kid = header_of(&token)["kid"].as_str().unwrap().to_owned();
            self.kids.lock().unwrap().insert(kid);
            self.count(example.get("/orders", &token).await);
            self.count(example.post("/payments", &token).await);
        }
    }

    fn count(&self, answer: Result<Answer, SuiteError>) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        match answer {
            Ok(answer) if answer.status == StatusCode::OK => {}
            other => self.failures.lock().unwrap().push(format!("{other:#?}")),
        }
    }

    /// Waits until so many more requests were answered.
    async fn flows(&self, more: usize) {
        let goal = self.requests.load(Ordering::Relaxed) + more;
        let enough = async || Ok((self.requests.load(Ordering::Relaxed) >= goal).then_some(()));
        until("traffic", LIMIT, enough).await.unwrap();
    }
}

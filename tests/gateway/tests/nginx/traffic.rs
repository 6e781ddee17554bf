use std::{sync::Arc, time::Duration};

use portcullis_gateway_suite::Kept;
use tokio::{
    sync::{Mutex, mpsc, watch},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};

/// Requests at a steady rate, whatever becomes of them.
pub(crate) struct Traffic {
    tokens: watch::Receiver<String>,
}

/// What has become of them.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) requests: usize,
    pub(crate) failures: Vec<String>,
    /// Requests a second that were answered, over the whole time.
    pub(crate) rate: f64,
}

impl Traffic {
    /// Requests a second.
    const RATE: u32 = 500;
    /// How many clients send them. Where all of them wait, requests are late and none is left out.
    const CLIENTS: usize = 64;

    /// As whoever has the newest of these tokens.
    pub(crate) fn new(tokens: watch::Receiver<String>) -> Self {
        Self { tokens }
    }

    /// Sends `GET` through this nginx until `until` is done. Each that is not 200 is a failure.
    pub(crate) async fn flow<T>(&self, nginx: u16, until: impl Future<Output = T>) -> (Outcome, T) {
        let (due, turns) = mpsc::channel(Self::CLIENTS);
        let turns = Arc::new(Mutex::new(turns));
        let mut clients = JoinSet::new();
        for _ in 0..Self::CLIENTS {
            clients.spawn(client(nginx, turns.clone(), self.tokens.clone()));
        }
        let begun = Instant::now();
        let flowing = async {
            let mut pace = interval(Duration::from_secs(1) / Self::RATE);
            // What was late is made up for: the rate is kept.
            pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
            loop {
                pace.tick().await;
                if due.send(()).await.is_err() {
                    break;
                }
            }
        };
        let done = tokio::select! {
            () = flowing => panic!("the clients are gone"),
            done = until => done,
        };
        drop(due);
        let mut outcome = Outcome::default();
        while let Some(client) = clients.join_next().await {
            let (requests, failures) = client.unwrap();
            outcome.requests += requests;
            outcome.failures.extend(failures);
        }
        outcome.rate = outcome.requests as f64 / begun.elapsed().as_secs_f64();
        (outcome, done)
    }
}

/// One client: a request for each turn that is its.
async fn client(
    nginx: u16,
    turns: Arc<Mutex<mpsc::Receiver<()>>>,
    tokens: watch::Receiver<String>,
) -> (usize, Vec<String>) {
    let mut connection = Kept::to(nginx);
    let (mut requests, mut failures) = (0, Vec::new());
    loop {
        let turn = turns.lock().await.recv().await;
        if turn.is_none() {
            return (requests, failures);
        }
        requests += 1;
        let token = tokens.borrow().clone();
        match connection.get("/orders/quick/1", &token).await {
            Ok(200) => {}
            other => failures.push(format!("{other:?}")),
        }
    }
}

impl Outcome {
    /// Asserts that nothing failed, at the rate that was promised.
    #[track_caller]
    pub(crate) fn assert_spotless(&self) {
        let first = self.failures.iter().take(5).collect::<Vec<_>>();
        let failed = self.failures.len();
        assert_eq!(failed, 0, "of {}: {first:?}", self.requests);
        let promised = f64::from(Traffic::RATE) * 0.9;
        assert!(self.rate > promised, "{} requests a second", self.rate);
    }
}

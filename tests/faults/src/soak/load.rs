use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use fastrand::Rng;
use tokio::{
    sync::{
        Mutex,
        mpsc::{self, Receiver, Sender, error::TrySendError},
    },
    task::JoinSet,
    time::sleep,
};

use super::{
    Plan, client::Connection, garbage, oracle::Exchange, oracle::Oracle, population::Population,
    scene::Scene,
};
use crate::Way;

/// How many requests may be under way.
const WORKERS: usize = 128;
/// How many may wait for a worker: some seconds of them.
const WAITING: usize = 20_000;
const TICK: Duration = Duration::from_millis(5);
/// How many live requests a second: each costs Keycloak milliseconds of a processor it shares with all.
const LIVE: u32 = 40;
/// How many requests of garbage a second.
const GARBAGE: u32 = 20;

/// Requests by the clock, whatever becomes of them.
#[derive(Debug)]
pub(super) struct Load {
    counts: Arc<Counts>,
    pacer: JoinSet<()>,
    workers: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Counts {
    due: AtomicU64,
    dropped: AtomicU64,
    answered: AtomicU64,
    late: AtomicU64,
    garbage: AtomicU64,
}

/// What was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    /// How many requests had to be sent.
    pub(super) due: u64,
    /// How many of them were not, because too many were waiting.
    pub(super) dropped: u64,
    /// How many were sent more than a second late.
    pub(super) late: u64,
    /// How many were garbage, beside those.
    pub(super) garbage: u64,
}

/// One request to be sent.
#[derive(Debug, Clone, Copy)]
struct Job {
    way: Way,
    told: bool,
    due: Instant,
}

impl Load {
    pub(super) fn begin(
        scene: &Arc<Scene>,
        population: &Arc<Population>,
        oracle: &Oracle,
        plan: Plan,
    ) -> Self {
        let counts = Arc::<Counts>::default();
        let (jobs, queue) = mpsc::channel(WAITING);
        let queue = Arc::new(Mutex::new(queue));
        let mut workers = JoinSet::new();
        for _ in 0..WORKERS {
            let worker = Worker {
                queue: queue.clone(),
                connections: scene.ports.map(Connection::to),
                population: population.clone(),
                oracle: oracle.clone(),
                counts: counts.clone(),
            };
            workers.spawn(worker.run());
        }
        let mut pacer = JoinSet::new();
        pacer.spawn(pace(jobs, plan, counts.clone()));
        let told = scene.ports[0];
        let (population, oracle, sent) = (population.clone(), oracle.clone(), counts.clone());
        pacer.spawn(async move {
            let mut rng = Rng::with_seed(plan.seed ^ 1);
            let mut under_way = JoinSet::new();
            loop {
                sleep(Duration::from_secs(1) / GARBAGE).await;
                sent.garbage.fetch_add(1, Ordering::Relaxed);
                let oracle = oracle.clone();
                let garbage = garbage::any(&mut rng, population.any().as_deref());
                under_way.spawn(async move {
                    let status = garbage.send(told).await;
                    oracle.judge_garbage(garbage.name(), status);
                });
                while under_way.try_join_next().is_some() {}
            }
        });
        Self {
            counts,
            pacer,
            workers,
        }
    }

    /// How many answers there were.
    pub(super) fn answered(&self) -> u64 {
        self.counts.answered.load(Ordering::Relaxed)
    }

    /// Ends it, once what is under way was answered.
    pub(super) async fn end(mut self) -> Sent {
        self.pacer.shutdown().await;
        while self.workers.join_next().await.is_some() {}
        let counted = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Sent {
            due: counted(&self.counts.due),
            dropped: counted(&self.counts.dropped),
            late: counted(&self.counts.late),
            garbage: counted(&self.counts.garbage),
        }
    }
}

async fn pace(jobs: Sender<Job>, plan: Plan, counts: Arc<Counts>) {
    let mut rng = Rng::with_seed(plan.seed);
    let begun = Instant::now();
    let mut sent = 0_u64;
    loop {
        let due = (begun.elapsed().as_secs_f64() * f64::from(plan.rate)) as u64;
        while sent < due {
            sent += 1;
            let job = Job {
                way: way(&mut rng, plan.rate),
                told: rng.u8(0..10) < 7,
                due: Instant::now(),
            };
            counts.due.fetch_add(1, Ordering::Relaxed);
            match jobs.try_send(job) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => {
                    counts.dropped.fetch_add(1, Ordering::Relaxed);
                }
                Err(TrySendError::Closed(_)) => return,
            }
        }
        sleep(TICK).await;
    }
}

fn way(rng: &mut Rng, rate: u32) -> Way {
    if rng.u32(0..rate.max(1)) < LIVE {
        return Way::Live;
    }
    match rng.u8(0..10) {
        0..4 => Way::Local,
        4..8 => Way::Hybrid,
        _ => Way::Cached,
    }
}

struct Worker {
    queue: Arc<Mutex<Receiver<Job>>>,
    connections: [Connection; 2],
    population: Arc<Population>,
    oracle: Oracle,
    counts: Arc<Counts>,
}

impl Worker {
    async fn run(mut self) {
        loop {
            let job = self.queue.lock().await.recv().await;
            let Some(Job { way, told, due }) = job else {
                return;
            };
            let Some(token) = self.population.any() else {
                continue;
            };
            let [of_told, of_mortal] = &mut self.connections;
            let connection = if told { of_told } else { of_mortal };
            let asked = Instant::now();
            if asked - due > Duration::from_secs(1) {
                self.counts.late.fetch_add(1, Ordering::Relaxed);
            }
            let status = connection.get(way.path(), token.authorization()).await;
            let answered = Instant::now();
            self.counts.answered.fetch_add(1, Ordering::Relaxed);
            let exchange = Exchange {
                way,
                told,
                asked,
                answered,
                status,
            };
            self.oracle.judge(&token, exchange);
        }
    }
}

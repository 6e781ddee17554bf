use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::sleep};

use super::{
    Plan,
    faults::{Faults, Part},
    population::Population,
    scene::{LIFESPAN, Scene},
};
use crate::{SUITE, SuiteError};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// When each kind comes first, how often, and how long before the end no more.
const ROTATIONS: Times = Times(seconds(30), seconds(60), seconds(20));
const REDIS_KILLS: Times = Times(seconds(50), seconds(170), seconds(30));
const REPLICA_KILLS: Times = Times(seconds(85), seconds(130), seconds(30));
const KEYCLOAK_KILLS: Times = Times(seconds(110), seconds(300), seconds(60));
/// The first is early: what waits then is the most that a replica ever holds.
const KEYCLOAK_STALLS: Times = Times(seconds(15), seconds(240), seconds(60));

/// How long what was killed is away.
const AWAY: Duration = seconds(5);
/// How long what stalls does: longer than an answer is waited for.
const STALL: Duration = seconds(8);
/// What Keycloak's database has within this time, it has after a kill.
const WRITTEN: Duration = seconds(5);

const LOGOUT_EVERY: Duration = seconds(4);
const REVOCATION_EVERY: Duration = seconds(5);
/// How long a key stays that signs no more: longer than what it has signed.
const KEYS_KEPT: usize = 2 + (LIFESPAN / 60) as usize;

#[derive(Debug, Clone, Copy)]
struct Times(Duration, Duration, Duration);

/// How often what happened.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) logouts: AtomicU64,
    pub(super) revocations: AtomicU64,
    pub(super) rotations: AtomicU64,
    pub(super) redis_kills: AtomicU64,
    pub(super) replica_kills: AtomicU64,
    pub(super) keycloak_kills: AtomicU64,
    pub(super) keycloak_stalls: AtomicU64,
    /// Tokens whose fate Keycloak has forgotten when it was killed.
    pub(super) forgotten: AtomicU64,
}

/// What happens beside the load.
#[derive(Debug)]
pub(super) struct Incidents {
    tasks: JoinSet<Result<(), SuiteError>>,
    is_over: Arc<AtomicBool>,
    counts: Arc<Counts>,
}

/// What each kind of incident has.
#[derive(Debug, Clone)]
struct Stage {
    scene: Arc<Scene>,
    population: Arc<Population>,
    faults: Faults,
    is_over: Arc<AtomicBool>,
    counts: Arc<Counts>,
    begun: Instant,
    length: Duration,
}

impl Incidents {
    pub(super) fn begin(
        scene: &Arc<Scene>,
        population: &Arc<Population>,
        faults: &Faults,
        plan: Plan,
    ) -> Self {
        let stage = Stage {
            scene: scene.clone(),
            population: population.clone(),
            faults: faults.clone(),
            is_over: Arc::default(),
            counts: Arc::default(),
            begun: Instant::now(),
            length: plan.length(),
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(stage.clone().people());
        tasks.spawn(stage.clone().rotations());
        tasks.spawn(stage.clone().redis_kills());
        tasks.spawn(stage.clone().replica_kills());
        tasks.spawn(stage.clone().keycloak_kills());
        tasks.spawn(stage.clone().keycloak_stalls());
        Self {
            tasks,
            is_over: stage.is_over,
            counts: stage.counts,
        }
    }

    /// Waits for the end of what is under way, and of all incidents.
    pub(super) async fn end(mut self) -> Result<Arc<Counts>, SuiteError> {
        self.is_over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.tasks.join_next().await {
            if let Ok(ended) = ended {
                ended?;
            }
        }
        Ok(self.counts)
    }
}

impl Stage {
    /// Logins, logouts, refreshes, revocations.
    async fn people(self) -> Result<(), SuiteError> {
        let (mut logout, mut revocation) = (Instant::now(), Instant::now());
        while !self.is_over() {
            {
                let _turn = self.population.turn.lock().await;
                // What does not succeed is not known to have failed, and the next one will.
                for _ in 0..3 {
                    let _ = self.population.renew().await;
                }
                if logout.elapsed() > LOGOUT_EVERY {
                    logout = Instant::now();
                    if matches!(self.population.log_out().await, Ok(true)) {
                        count(&self.counts.logouts);
                    }
                }
                if revocation.elapsed() > REVOCATION_EVERY {
                    revocation = Instant::now();
                    if matches!(self.population.revoke().await, Ok(true)) {
                        count(&self.counts.revocations);
                    }
                }
            }
            sleep(Duration::from_millis(250)).await;
        }
        Ok(())
    }

    async fn rotations(self) -> Result<(), SuiteError> {
        let mut keys = Vec::new();
        let mut number = 0;
        while self.comes(ROTATIONS, number).await {
            number += 1;
            let _turn = self.population.turn.lock().await;
            self.faults.begin(Part::Keys);
            let name = format!("soak-{number}");
            let key = self.scene.admin.add_rsa_key(&name, 200 + number);
            keys.push(key.await?);
            self.faults.end(Part::Keys);
            count(&self.counts.rotations);
            if keys.len() > KEYS_KEPT {
                self.scene.admin.remove_component(&keys.remove(0)).await?;
            }
        }
        Ok(())
    }

    async fn redis_kills(self) -> Result<(), SuiteError> {
        let mut number = 0;
        while self.comes(REDIS_KILLS, number).await {
            number += 1;
            let mut redis = self.scene.redis.lock().await;
            self.faults.begin(Part::Redis);
            redis.kill();
            sleep(AWAY).await;
            redis.start_again().await?;
            self.faults.end(Part::Redis);
            count(&self.counts.redis_kills);
        }
        Ok(())
    }

    async fn replica_kills(self) -> Result<(), SuiteError> {
        let mut number = 0;
        while self.comes(REPLICA_KILLS, number).await {
            number += 1;
            let mut mortal = self.scene.mortal.write().await;
            self.faults.begin(Part::Mortal);
            mortal.kill().await?;
            sleep(AWAY).await;
            mortal.start_again().await?;
            self.faults.end(Part::Mortal);
            count(&self.counts.replica_kills);
        }
        Ok(())
    }

    async fn keycloak_kills(self) -> Result<(), SuiteError> {
        let mut number = 0;
        while self.comes(KEYCLOAK_KILLS, number).await {
            number += 1;
            let _turn = self.population.turn.lock().await;
            sleep(WRITTEN).await;
            let mut keycloak = self.scene.keycloak.lock().await;
            self.faults.begin(Part::Keycloak);
            SUITE.say("Keycloak is killed");
            keycloak.kill().await?;
            sleep(AWAY).await;
            keycloak.start_again().await?;
            let forgotten = self.population.compare().await?;
            self.faults.end(Part::Keycloak);
            SUITE.say("Keycloak is back");
            let forgotten = forgotten.try_into().unwrap_or(u64::MAX);
            self.counts
                .forgotten
                .fetch_add(forgotten, Ordering::Relaxed);
            count(&self.counts.keycloak_kills);
        }
        Ok(())
    }

    async fn keycloak_stalls(self) -> Result<(), SuiteError> {
        let mut number = 0;
        while self.comes(KEYCLOAK_STALLS, number).await {
            number += 1;
            let _turn = self.population.turn.lock().await;
            let keycloak = self.scene.keycloak.lock().await;
            self.faults.begin(Part::Keycloak);
            keycloak.stall(STALL).await?;
            self.faults.end(Part::Keycloak);
            count(&self.counts.keycloak_stalls);
        }
        Ok(())
    }

    /// Waits for the incident of this number; whether it comes.
    async fn comes(&self, times: Times, number: u32) -> bool {
        let Times(first, every, last) = times;
        let at = first + every * number;
        if at + last > self.length {
            return false;
        }
        sleep(at.saturating_sub(self.begun.elapsed())).await;
        !self.is_over()
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}

fn count(what: &AtomicU64) {
    what.fetch_add(1, Ordering::Relaxed);
}

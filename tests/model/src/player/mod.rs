mod recovery;
mod steps;

use std::time::Duration;

use http::StatusCode;
use tokio::{
    runtime::Builder,
    task::{JoinHandle, yield_now},
};

use crate::{
    instance::Instance,
    promise::{self, Promise, Violation},
    schedule::{Kind, Route, Schedule, Setup, Step},
    world::Shared,
};

/// What was done and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Steps, those of the recovery included.
    pub steps: u64,
    /// Requests that were answered.
    pub requests: u64,
    /// Of those, how many were let in.
    pub accepted: u64,
    /// With 401.
    pub refused: u64,
    /// With 503.
    pub unavailable: u64,
    /// Calls to the authorization server.
    pub calls: u64,
}

/// Plays a schedule, and holds everything that happens against what is promised.
///
/// # Errors
/// The first promise that was broken.
pub fn play(schedule: &Schedule) -> Result<Figures, Violation> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut player = Player::new(&schedule.setup);
        let played = player.play(schedule).await;
        played
            .map(|()| player.figures())
            .map_err(|violation| Violation {
                history: player.world.lock().history(),
                ..violation
            })
    })
}

struct Player {
    world: Shared,
    instances: Vec<Instance>,
    /// Logout tokens that are being taken, with instance and session.
    taking: Vec<(JoinHandle<()>, usize, usize)>,
}

impl Player {
    fn new(setup: &Setup) -> Self {
        let world = Shared::new(setup.instances);
        {
            let mut world = world.lock();
            world.cache = Duration::from_secs(setup.cache);
            world.journal.ticks = setup.ticks;
            world.ahead = setup.ahead;
        }
        let instances = 0..setup.instances;
        Self {
            instances: instances
                .map(|number| Instance::start(number, setup, &world))
                .collect(),
            world,
            taking: Vec::new(),
        }
    }

    async fn play(&mut self, schedule: &Schedule) -> Result<(), Violation> {
        if schedule.setup.is_settled {
            self.begin().await?;
            self.pass(2 * Instance::LEEWAY).await;
        }
        for step in &schedule.steps {
            self.step(step).await?;
        }
        self.recover().await
    }

    /// Has each instance begin what it does in the background.
    async fn begin(&mut self) -> Result<(), Violation> {
        self.step(&Step::Issue {
            session: 0,
            kind: Kind::Jwt,
            life: 1,
        })
        .await?;
        for instance in 0..self.instances.len() {
            self.request(instance, Route::Local, 0);
        }
        self.settle().await
    }

    async fn step(&mut self, step: &Step) -> Result<(), Violation> {
        self.world.lock().journal.step += 1;
        if let Step::Pass(duration) = step {
            self.pass(*duration).await;
        } else {
            self.act(step);
        }
        self.settle().await
    }

    async fn pass(&self, duration: Duration) {
        let clock = self.world.lock().journal.clock.clone();
        clock.advance(duration);
        tokio::time::advance(duration).await;
    }

    /// Lets everything happen that can happen now, and judges it.
    async fn settle(&mut self) -> Result<(), Violation> {
        for _ in 0..4 {
            yield_now().await;
        }
        let mut guard = self.world.lock();
        let world = &mut *guard;
        if let Some(broken) = world.broken.take() {
            return Err(broken);
        }
        for number in 0..world.requests.len() {
            let request = &world.requests[number];
            if let Some(answered) = request.answered
                && !request.is_judged
            {
                promise::judge(world, request, answered)?;
                world.requests[number].is_judged = true;
            }
        }
        Ok(())
    }

    fn violation(&self, promise: Promise, what: String) -> Violation {
        let step = self.world.lock().journal.step;
        Violation {
            step,
            promise,
            what,
            history: Vec::new(),
        }
    }

    fn figures(&self) -> Figures {
        let world = self.world.lock();
        let of = |status| {
            let all = world.requests.iter();
            let fit = all.filter(|it| it.answered.is_some_and(|it| it.status == status));
            fit.count() as u64
        };
        let answered = world.requests.iter().filter(|it| it.answered.is_some());
        Figures {
            steps: world.journal.step as u64,
            requests: answered.count() as u64,
            accepted: of(StatusCode::OK),
            refused: of(StatusCode::UNAUTHORIZED),
            unavailable: of(StatusCode::SERVICE_UNAVAILABLE),
            calls: world.calls.len() as u64,
        }
    }
}

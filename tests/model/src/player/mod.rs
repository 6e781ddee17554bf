use std::time::Duration;

use http::StatusCode;
use portcullis::Reason;
use tokio::{
    runtime::Builder,
    task::{JoinHandle, yield_now},
};

use crate::{
    call::{Call, Delivery},
    instance::{Instance, answer},
    promise::{self, Promise, Violation, expected},
    schedule::{Kind, Mode, Route, Schedule, Setup, Step},
    world::{Answered, Request, Shared, What},
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

    fn act(&mut self, step: &Step) {
        let mut guard = self.world.lock();
        let world = &mut *guard;
        let (server, journal) = (&mut world.server, &mut world.journal);
        let (sessions, tokens) = (server.sessions.len(), server.tokens.len().max(1));
        match *step {
            Step::LogIn => server.sessions.push(crate::server::Session::default()),
            Step::Issue {
                session,
                kind,
                life,
            } => server.issue(session % sessions, kind, life, journal),
            Step::Revoke { token } => {
                if let Some(token) = server.tokens.get_mut(token % tokens) {
                    token.is_revoked = true;
                }
            }
            Step::End { session, told } => {
                let session = session % sessions;
                server.sessions[session].has_ended = true;
                if let Some(instance) = told {
                    world.notified.push(session);
                    let text = server.logout_token(session, journal);
                    drop(guard);
                    self.tell(instance, session, text);
                }
            }
            Step::Disable {
                session,
                is_disabled,
            } => server.sessions[session % sessions].is_disabled = is_disabled,
            Step::Rotate { withdraws } => server.rotate(withdraws, journal),
            Step::Withdraw { key } => server.withdraw(key % server.keys.len(), journal),
            Step::Introspection(mode) => world.introspection = mode,
            Step::Keys(mode) => world.keys = mode,
            Step::Request {
                instance,
                route,
                token,
                times,
            } => {
                let token = (tokens - 1).saturating_sub(token % tokens);
                drop(guard);
                for _ in 0..times {
                    self.request(instance, route, token);
                }
            }
            Step::Cancel { request } => {
                let open = world.requests.iter_mut().filter(|it| it.is_open());
                let mut open: Vec<_> = open.collect();
                if !open.is_empty() {
                    let number = request % open.len();
                    let request = &mut *open[number];
                    request.is_cancelled = true;
                    let task = request.task.clone();
                    drop(guard);
                    // What it drops may look at the world.
                    task.expect("a request that was sent").abort();
                }
            }
            Step::Judge { call } => {
                let held = world.held();
                if !held.is_empty() {
                    world.make_up(held[call % held.len()]);
                }
            }
            Step::Release { call, fails } => {
                let held = world.held();
                if !held.is_empty() {
                    world.release(held[call % held.len()], fails);
                }
            }
            Step::HoldShared(holds) => world.holds_shared = holds,
            Step::ReleaseShared { work, is_lost } => world.release_work(work, is_lost),
            Step::Tell { news, again } => {
                let all = world.news.iter().enumerate();
                let fit: Vec<_> = all
                    .filter(|(_, news)| again || !news.has_arrived)
                    .map(|(number, _)| number)
                    .collect();
                drop(guard);
                if !fit.is_empty() {
                    self.world.tell(fit[news % fit.len()]);
                }
            }
            Step::Pass(_) => {}
        }
    }

    /// Sends an instance a logout token.
    fn tell(&mut self, instance: usize, session: usize, text: String) {
        let Ok(receiver) = self.instances[instance].issuer.logout_receiver() else {
            return;
        };
        let world = self.world.clone();
        let task = tokio::spawn(async move {
            if receiver.receive(&text).await == portcullis::NoticeReceipt::Taken {
                world.lock().note_told(instance, What::Ended { session });
            }
        });
        self.taking.push((task, instance, session));
    }

    fn request(&mut self, instance: usize, route: Route, token: usize) {
        let mut world = self.world.lock();
        let Some(known) = world.server.tokens.get(token) else {
            return;
        };
        let route = if known.kind == Kind::Opaque && route == Route::Local {
            Route::Hybrid
        } else {
            route
        };
        let (text, number) = (known.text.clone(), world.requests.len());
        world.requests.push(Request::new(instance, route, token));
        drop(world);
        let service = self.instances[instance].service(route);
        let world = self.world.clone();
        let task = tokio::spawn(async move {
            {
                let mut world = world.lock();
                let now = world.journal.event();
                world.requests[number].arrived = Some(now);
            }
            let response = answer(service, &text).await;
            let mut world = world.lock();
            let at = world.journal.event();
            world.requests[number].answered = Some(Answered {
                at,
                status: response.status(),
                reason: response.extensions().get::<Reason>().copied(),
            });
        });
        self.world.lock().requests[number].task = Some(task.abort_handle());
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

    /// Makes everything well again, and sees that everybody is answered, and rightly.
    async fn recover(&mut self) -> Result<(), Violation> {
        {
            let mut world = self.world.lock();
            world.introspection = Mode::Answer;
            world.keys = Mode::Answer;
            world.holds_shared = false;
        }
        for pause in [1, 1, 300, 3_000, 21_000, 41_000] {
            self.let_go();
            self.settle().await?;
            self.step(&Step::Pass(Duration::from_millis(pause))).await?;
        }
        self.let_go();
        self.settle().await?;
        let open = self
            .world
            .lock()
            .requests
            .iter()
            .find(|it| it.is_open())
            .map(|it| {
                format!(
                    "no answer: {:?} of token {} at instance {}",
                    it.route, it.token, it.instance
                )
            });
        if let Some(what) = open {
            return Err(self.violation(Promise::Liveness, what));
        }
        self.ask_about_all().await
    }

    fn let_go(&mut self) {
        let news = {
            let mut world = self.world.lock();
            for call in world.held() {
                world.release(call, None);
            }
            while !world.entries.works.is_empty() {
                world.release_work(0, false);
            }
            world.news.len()
        };
        for number in 0..news {
            if !self.world.lock().news[number].has_arrived {
                self.world.tell(number);
            }
        }
    }

    /// Asks about every token, at every instance.
    async fn ask_about_all(&mut self) -> Result<(), Violation> {
        let tokens = self.world.lock().server.tokens.len();
        for instance in 0..self.instances.len() {
            // Old keys may stand in once more, while it is found out that new ones can be had.
            for token in 0..tokens {
                self.request(instance, Route::Local, token);
                self.settle().await?;
            }
            for token in 0..tokens {
                let expected = expected(&self.world.lock(), instance, token);
                let number = self.world.lock().requests.len();
                self.world.lock().journal.step += 1;
                self.request(instance, Route::Live { is_hybrid: true }, token);
                self.settle().await?;
                // What is dated now is waited for until it has passed.
                self.step(&Step::Pass(Duration::from_millis(1))).await?;
                self.step(&Step::Pass(Duration::from_millis(1))).await?;
                let answered = self.world.lock().requests[number].answered;
                if answered.map(|answered| answered.status) != Some(expected.status()) {
                    let promise = match expected.status() {
                        StatusCode::OK => Promise::Availability,
                        _ => Promise::NoWrongAccept,
                    };
                    let what = format!(
                        "all is well, token {token} at instance {instance} is {expected:?}, and the answer is {answered:?}"
                    );
                    return Err(self.violation(promise, what));
                }
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

impl crate::world::World {
    /// Lets a call that is held go on, or fail.
    fn release(&mut self, number: usize, fails: Option<bool>) {
        let delivery = match fails {
            None => {
                self.make_up(number);
                Delivery::Answer
            }
            Some(true) => Delivery::Nothing,
            Some(false) => Delivery::Trouble,
        };
        let Call { hold, .. } = &mut self.calls[number];
        if let Some(hold) = hold.take() {
            // Whoever has given it up in the meantime is not told.
            let _ = hold.send(delivery);
        }
    }
}

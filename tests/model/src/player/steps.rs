//! What each step does.

use portcullis::Reason;

use super::Player;
use crate::{
    call::{Call, Delivery},
    instance::answer,
    schedule::{Kind, Route, Step},
    world::{Answered, Request, What},
};

impl Player {
    pub(super) fn act(&mut self, step: &Step) {
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

    pub(super) fn request(&mut self, instance: usize, route: Route, token: usize) {
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
}

impl crate::world::World {
    /// Lets a call that is held go on, or fail.
    pub(super) fn release(&mut self, number: usize, fails: Option<bool>) {
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

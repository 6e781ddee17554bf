//! One call at a time for each token, in a task of its own: who waits may go away, panic or time
//! out and harms nobody else.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio::{runtime::Handle, sync::watch};

use super::digest::TokenDigest;
use crate::{Answer, Reason, Rejection};

/// The calls that are under way: for each token at most one in the air and one to come.
#[derive(Debug, Default)]
pub(super) struct Flights {
    slots: Mutex<HashMap<TokenDigest, Slot>>,
}

#[derive(Debug)]
struct Slot {
    began: Instant,
    running: Ticket,
    next: Option<Booking>,
}

/// A call that is still to come, with those who wait for it.
#[derive(Debug)]
struct Booking {
    sender: watch::Sender<Option<Answer>>,
    ticket: Ticket,
}

impl Booking {
    fn new() -> Self {
        let (sender, outcome) = watch::channel(None);
        let ticket = Ticket { outcome };
        Self { sender, ticket }
    }
}

/// A place on a call.
#[derive(Debug, Clone)]
pub(super) struct Ticket {
    outcome: watch::Receiver<Option<Answer>>,
}

impl Ticket {
    /// What the call brought, once it has ended.
    pub(super) async fn redeemed(mut self) -> Answer {
        let lost = || {
            Err(Rejection::because(
                Reason::IssuerUnreachable,
                "the call that was waited for was cut short",
            ))
        };
        match self.outcome.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or_else(lost),
            Err(_) => lost(),
        }
    }
}

impl Flights {
    /// A place on the call that is under way if it began at `since` or later (`None`: whenever),
    /// else on the next one.
    ///
    /// `call` is run for every call that has to be made, in a task of its own. `now` is when a
    /// call that is started here begins.
    pub(super) fn board<C, F>(
        self: &Arc<Self>,
        digest: &TokenDigest,
        joins: Joins,
        now: impl Fn() -> Instant + Send + 'static,
        call: C,
    ) -> Result<Ticket, Rejection>
    where
        C: Fn() -> F + Send + 'static,
        F: Future<Output = Answer> + Send,
    {
        let mut slots = self.slots();
        if let Some(slot) = slots.get_mut(digest) {
            if joins.admits(slot.began) {
                return Ok(slot.running.clone());
            }
            let next = slot.next.get_or_insert_with(Booking::new);
            return Ok(next.ticket.clone());
        }
        let runtime = Handle::try_current().map_err(|_| {
            Rejection::because(Reason::Internal, "there is no tokio runtime to ask on")
        })?;
        let Booking { sender, ticket } = Booking::new();
        let slot = Slot {
            began: now(),
            running: ticket.clone(),
            next: None,
        };
        slots.insert(digest.clone(), slot);
        drop(slots);
        let pilot = Pilot {
            flights: self.clone(),
            digest: digest.clone(),
            sender,
            has_landed: false,
        };
        runtime.spawn(async move { pilot.fly(now, call).await });
        Ok(ticket)
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<TokenDigest, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which call under way is good enough.
#[derive(Debug, Clone, Copy)]
pub(super) enum Joins {
    /// Any.
    Any,
    /// One that began at this moment or later.
    Since(Instant),
    /// None: whatever is under way began too early.
    None,
}

impl Joins {
    fn admits(self, began: Instant) -> bool {
        match self {
            Self::Any => true,
            Self::Since(since) => began >= since,
            Self::None => false,
        }
    }
}

/// The task that makes the calls about one token.
struct Pilot {
    flights: Arc<Flights>,
    digest: TokenDigest,
    /// Who waits for the call in the air. Dropped after the slot is gone, so that whoever hears
    /// of a crash may begin anew at once.
    sender: watch::Sender<Option<Answer>>,
    /// Whether the last call has ended in good order.
    has_landed: bool,
}

impl Pilot {
    async fn fly<C, F>(mut self, now: impl Fn() -> Instant, call: C)
    where
        C: Fn() -> F,
        F: Future<Output = Answer>,
    {
        loop {
            let answer = call().await;
            let next = self.land(now());
            self.sender.send_replace(Some(answer));
            match next {
                Some(next) => self.sender = next,
                None => {
                    self.has_landed = true;
                    return;
                }
            }
        }
    }

    /// Makes room for the next call; `None` when nobody waits for one.
    fn land(&self, now: Instant) -> Option<watch::Sender<Option<Answer>>> {
        let mut slots = self.flights.slots();
        let slot = slots.get_mut(&self.digest)?;
        match slot.next.take() {
            Some(Booking { sender, ticket }) => {
                slot.began = now;
                slot.running = ticket;
                Some(sender)
            }
            None => {
                slots.remove(&self.digest);
                None
            }
        }
    }
}

impl Drop for Pilot {
    /// A call that panicked or was cut off leaves nobody waiting and nothing behind. After an
    /// orderly end the slot is gone already, or belongs to a later pilot.
    fn drop(&mut self) {
        if !self.has_landed {
            self.flights.slots().remove(&self.digest);
        }
    }
}

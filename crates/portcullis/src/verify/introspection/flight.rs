//! One call at a time for each token, in a task of its own: who waits may go away, panic or time
//! out and harms nobody else.

use std::{
    collections::HashMap,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::digest::TokenDigest;
use crate::{
    Answer, Reason, Rejection,
    concurrency::{
        Handle, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        timeout,
    },
    telemetry::Boarding,
};

/// The calls that are under way: for each token at most one in the air and one to come.
#[derive(Debug)]
pub(crate) struct Flights {
    slots: Mutex<HashMap<TokenDigest, Slot>>,
    /// How long a call in the air may take. A task that takes longer is stuck on a runtime that
    /// does not run, and is given up.
    bound: Duration,
    pilots: AtomicU64,
}

#[derive(Debug)]
struct Slot {
    /// Which task flies.
    pilot: u64,
    began: Instant,
    /// The same by the time that passes while nothing runs.
    departed: Instant,
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
    fn new(bound: Duration) -> Self {
        let (sender, outcome) = watch::channel(None);
        let ticket = Ticket { outcome, bound };
        Self { sender, ticket }
    }
}

/// A place on a call.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    outcome: watch::Receiver<Option<Answer>>,
    /// How long it is waited for at the most, whatever becomes of the task that calls.
    bound: Duration,
}

impl Ticket {
    /// What the call brought, once it has ended.
    pub(crate) async fn redeemed(mut self) -> Answer {
        let lost = || {
            Err(Rejection::because(
                Reason::IssuerUnreachable,
                "the call that was waited for was cut short",
            ))
        };
        let landed = self.outcome.wait_for(Option::is_some);
        match timeout(self.bound, landed).await {
            Ok(Ok(outcome)) => outcome.clone().unwrap_or_else(lost),
            Ok(Err(_)) => lost(),
            Err(_) => Err(Rejection::because(
                Reason::IssuerTimeout,
                "the call that was waited for is stuck on a runtime that does not run",
            )),
        }
    }
}

impl Flights {
    /// Calls of which each ends by itself within `deadline`.
    pub(crate) fn new(deadline: Duration) -> Self {
        /// What a call may take over its deadline before it is given up.
        const GRACE: Duration = Duration::from_millis(500);
        Self {
            slots: Mutex::default(),
            bound: deadline.saturating_add(GRACE),
            pilots: AtomicU64::new(0),
        }
    }

    /// A place on the call that is under way, where it is good enough, else on the next one.
    ///
    /// `call` is run for every call that has to be made, in a task of its own. `now` is when a
    /// call that is started here begins.
    pub(crate) fn board<C, F>(
        self: &Arc<Self>,
        digest: &TokenDigest,
        joins: Joins,
        now: impl Fn() -> Instant + Send + 'static,
        call: C,
    ) -> Result<(Ticket, Boarding), Rejection>
    where
        C: Fn() -> F + Send + 'static,
        F: Future<Output = Answer> + Send,
    {
        let mut slots = self.slots();
        if let Some(slot) = slots.get_mut(digest)
            && slot.departed.elapsed() <= self.bound
        {
            if joins.admits(slot.began) {
                return Ok((slot.running.clone(), Boarding::Joined));
            }
            // Whoever books waits no longer for both calls than for one.
            let next = slot.next.get_or_insert_with(|| Booking::new(self.bound));
            return Ok((next.ticket.clone(), Boarding::Booked));
        }
        let runtime = Handle::try_current().map_err(|_| {
            Rejection::because(Reason::Internal, "there is no tokio runtime to ask on")
        })?;
        let Booking { sender, ticket } = Booking::new(self.bound);
        let number = self.pilots.fetch_add(1, Ordering::Relaxed);
        let slot = Slot {
            pilot: number,
            began: now(),
            departed: Instant::now(),
            running: ticket.clone(),
            next: None,
        };
        slots.insert(digest.clone(), slot);
        drop(slots);
        let pilot = Pilot {
            flights: self.clone(),
            number,
            digest: digest.clone(),
            sender,
            has_landed: false,
        };
        runtime.spawn(async move { pilot.fly(now, call).await });
        Ok((ticket, Boarding::Started))
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<TokenDigest, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which call under way is good enough.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Joins {
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
    number: u64,
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
            let answer = caught(call()).await;
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
        let slot = slots
            .get_mut(&self.digest)
            .filter(|slot| slot.pilot == self.number)?;
        match slot.next.take() {
            Some(Booking { sender, ticket }) => {
                slot.began = now;
                slot.departed = Instant::now();
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
    /// A call that was cut off leaves nobody waiting and nothing behind. After an orderly end
    /// the slot is gone already, or belongs to a later pilot.
    fn drop(&mut self) {
        if !self.has_landed {
            let mut slots = self.flights.slots();
            if slots
                .get(&self.digest)
                .is_some_and(|slot| slot.pilot == self.number)
            {
                slots.remove(&self.digest);
            }
        }
    }
}

/// A call whose panic is an answer like others: those who booked the next call get theirs.
async fn caught(call: impl Future<Output = Answer>) -> Answer {
    let mut call = pin!(call);
    poll_fn(|cx| {
        catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx))).unwrap_or_else(|_| {
            tracing::error!(target: "portcullis::introspection", "the HTTP client panicked");
            Poll::Ready(Err(Rejection::because(
                Reason::IssuerUnreachable,
                "the HTTP client panicked",
            )))
        })
    })
    .await
}

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{runtime::Handle, sync::oneshot};

use super::{
    Bucket,
    queue::{Queue, Ticket},
};
use crate::Clock;

/// So many turns a second. Where more are asked for, everybody has an equal share: one of each in
/// turn, and of one's own the oldest comes first.
pub(crate) struct Turns {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    secret: RandomState,
}

/// Whether a request waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// It does: its turn comes before those that nobody waits for.
    Awaited,
    /// Nobody does.
    Background,
}

struct State {
    bucket: Bucket,
    awaited: Queue,
    background: Queue,
    /// Who hands out the turns, if anybody does.
    attendant: Option<Attending>,
    attendants: u64,
}

#[derive(Clone, Copy)]
struct Attending {
    number: u64,
    /// When it is to hand out the next turn. One that is late for that is stuck on a runtime that does
    /// not run, and gives way to another.
    next: Instant,
}

/// What becomes of the next turn.
enum Next {
    HandedOut,
    NotBefore(Duration),
    NobodyWaits,
}

/// Too many wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crowded;

impl Turns {
    /// How late an attendant may be.
    const GRACE: Duration = Duration::from_millis(500);

    /// So many turns a second, and as many at once after a quiet second.
    pub(crate) fn new(per_second: u32, clock: Arc<dyn Clock>) -> Self {
        let per_second = per_second.max(1);
        let period = Duration::from_secs(1) / per_second;
        Self {
            state: Mutex::new(State {
                bucket: Bucket::full(per_second, period, clock.monotonic()),
                awaited: Queue::default(),
                background: Queue::default(),
                attendant: None,
                attendants: 0,
            }),
            clock,
            secret: RandomState::new(),
        }
    }

    /// Waits for a turn on behalf of somebody.
    pub(crate) async fn turn(
        self: &Arc<Self>,
        whose: &str,
        urgency: Urgency,
    ) -> Result<(), Crowded> {
        match self.queue_up(whose, urgency)? {
            Some(mut waiting) => (&mut waiting.turn).await.map_err(|_| Crowded),
            None => Ok(()),
        }
    }

    /// A place in the queue; `None` where it is one's turn at once.
    fn queue_up(
        self: &Arc<Self>,
        whose: &str,
        urgency: Urgency,
    ) -> Result<Option<Waiting>, Crowded> {
        let whose = self.secret.hash_one(whose);
        let mut state = self.state();
        if state.attendant.is_none() && state.bucket.take(self.clock.monotonic()).is_ok() {
            return Ok(None);
        }
        let (ticket, turn) = state.queue(urgency).add(whose)?;
        let attendant = state.needs_attendant().then(|| state.attend());
        drop(state);
        let waiting = Waiting {
            turns: self.clone(),
            urgency,
            ticket,
            turn,
        };
        if let Some(number) = attendant {
            let turns = self.clone();
            let attendant = Attendant { turns, number };
            let runtime = Handle::try_current().map_err(|_| Crowded)?;
            runtime.spawn(attendant.hand_out());
        }
        Ok(Some(waiting))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn queue(&mut self, urgency: Urgency) -> &mut Queue {
        match urgency {
            Urgency::Awaited => &mut self.awaited,
            Urgency::Background => &mut self.background,
        }
    }

    fn needs_attendant(&self) -> bool {
        self.attendant
            .is_none_or(|attendant| attendant.next.elapsed() > Turns::GRACE)
    }

    /// The number of the one who attends from now on.
    fn attend(&mut self) -> u64 {
        self.attendants += 1;
        self.attendant = Some(Attending {
            number: self.attendants,
            next: Instant::now(),
        });
        self.attendants
    }

    fn hand_out(&mut self, now: Instant) -> Next {
        if self.awaited.is_empty() && self.background.is_empty() {
            return Next::NobodyWaits;
        }
        if let Err(wait) = self.bucket.take(now) {
            return Next::NotBefore(wait);
        }
        while let Some(turn) = self.awaited.next().or_else(|| self.background.next()) {
            if turn.send(()).is_ok() {
                break;
            }
        }
        Next::HandedOut
    }
}

/// One who waits, until he goes away.
struct Waiting {
    turns: Arc<Turns>,
    urgency: Urgency,
    ticket: Ticket,
    turn: oneshot::Receiver<()>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.turns.state().queue(self.urgency).leave(self.ticket);
    }
}

/// Hands out the turns, until nobody waits any more. Cut off, it leaves nobody waiting.
struct Attendant {
    turns: Arc<Turns>,
    number: u64,
}

impl Attendant {
    async fn hand_out(self) {
        while let Some(wait) = self.next() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Hands out what there is, and says how long the next takes; `None` when that is nothing of his
    /// any more.
    fn next(&self) -> Option<Duration> {
        let mut state = self.turns.state();
        let attending = state.attendant;
        attending.filter(|attending| attending.number == self.number)?;
        loop {
            match state.hand_out(self.turns.clock.monotonic()) {
                Next::HandedOut => {}
                Next::NotBefore(wait) => {
                    let next = Instant::now().checked_add(wait)?;
                    let number = self.number;
                    state.attendant = Some(Attending { number, next });
                    return Some(wait);
                }
                Next::NobodyWaits => {
                    state.attendant = None;
                    return None;
                }
            }
        }
    }
}

impl Drop for Attendant {
    fn drop(&mut self) {
        let mut state = self.turns.state();
        // By now there may be another one.
        if state
            .attendant
            .is_some_and(|attending| attending.number == self.number)
        {
            state.attendant = None;
            state.awaited.clear();
            state.background.clear();
        }
    }
}

impl fmt::Debug for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turns").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemClock;

    fn turns(per_second: u32) -> Arc<Turns> {
        Arc::new(Turns::new(per_second, Arc::new(SystemClock)))
    }

    #[tokio::test]
    async fn a_turn_that_is_free_is_taken_at_once() {
        let turns = turns(2);
        let queue_up = || turns.queue_up("a", Urgency::Awaited).unwrap();
        assert!(queue_up().is_none() && queue_up().is_none());
        assert!(queue_up().is_some());
    }

    #[tokio::test]
    async fn who_goes_away_leaves_nothing_behind() {
        let turns = turns(1);
        for _ in 0..3 {
            drop(turns.queue_up("a", Urgency::Background));
        }
        assert!(turns.state().background.is_empty());
    }

    #[tokio::test]
    async fn whoever_a_request_waits_for_comes_first() {
        let turns = turns(1);
        turns.queue_up("a", Urgency::Awaited).unwrap();
        let wait = |urgency| turns.queue_up("a", urgency).unwrap().unwrap();
        let mut background = wait(Urgency::Background);
        let mut awaited = wait(Urgency::Awaited);
        let later = Instant::now() + Duration::from_secs(1);
        assert!(matches!(turns.state().hand_out(later), Next::HandedOut));
        assert!(awaited.turn.try_recv().is_ok());
        assert!(background.turn.try_recv().is_err());
    }

    #[test]
    fn one_who_is_stuck_on_another_runtime_gives_way() {
        let runtime = || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
        };
        let (stuck, running) = (runtime().unwrap(), runtime().unwrap());
        let turns = turns(100);
        while let Ok(None) = turns.queue_up("a", Urgency::Awaited) {}
        {
            let _entered = stuck.enter();
            assert!(turns.queue_up("b", Urgency::Awaited).unwrap().is_some());
        }
        let give_way = turns.state().attendant.map(|attending| Attending {
            next: attending.next - 2 * Turns::GRACE,
            ..attending
        });
        turns.state().attendant = give_way;
        let turn = turns.turn("c", Urgency::Awaited);
        let turn = async { tokio::time::timeout(Duration::from_secs(20), turn).await };
        assert_eq!(running.block_on(turn), Ok(Ok(())));
    }
}

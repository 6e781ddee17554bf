use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{runtime::Handle, sync::oneshot};

use super::Bucket;
use crate::Clock;

/// So many turns a second. Where more are asked for, everybody has an equal share: nobody's second
/// turn comes before somebody else's first, and of one's own the oldest comes first.
pub(crate) struct Turns {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    secret: RandomState,
}

struct State {
    bucket: Bucket,
    /// Who waits, by round and number.
    queue: BTreeMap<(u64, u64), Waiter>,
    /// Of everybody who waits, or has had a turn in this round: the round of the next turn, and how
    /// many are waited for.
    shares: HashMap<u64, Share>,
    round: u64,
    next: u64,
    /// Whether somebody hands out the turns.
    is_attended: bool,
}

struct Waiter {
    whose: u64,
    turn: oneshot::Sender<()>,
}

#[derive(Default)]
struct Share {
    round: u64,
    waiting: usize,
}

/// Too many wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crowded;

impl Turns {
    /// How many may wait.
    const LIMIT: usize = 16 * 1024;

    /// So many turns a second, and as many at once after a quiet second.
    pub(crate) fn new(per_second: u32, clock: Arc<dyn Clock>) -> Self {
        let per_second = per_second.max(1);
        let period = Duration::from_secs(1) / per_second;
        Self {
            state: Mutex::new(State {
                bucket: Bucket::full(per_second, period, clock.monotonic()),
                queue: BTreeMap::new(),
                shares: HashMap::new(),
                round: 0,
                next: 0,
                is_attended: false,
            }),
            clock,
            secret: RandomState::new(),
        }
    }

    /// Waits for a turn on behalf of somebody.
    pub(crate) async fn turn(self: &Arc<Self>, whose: &str) -> Result<(), Crowded> {
        let Some(turn) = self.queue_up(whose)? else {
            return Ok(());
        };
        turn.await.map_err(|_| Crowded)
    }

    /// A place in the queue; `None` where it is one's turn at once.
    fn queue_up(self: &Arc<Self>, whose: &str) -> Result<Option<oneshot::Receiver<()>>, Crowded> {
        let whose = self.secret.hash_one(whose);
        let mut state = self.state();
        if state.queue.is_empty() && state.bucket.take(self.clock.monotonic()).is_ok() {
            return Ok(None);
        }
        if state.queue.len() >= Self::LIMIT {
            return Err(Crowded);
        }
        let (sender, receiver) = oneshot::channel();
        state.add(Waiter {
            whose,
            turn: sender,
        });
        let is_attended = std::mem::replace(&mut state.is_attended, true);
        drop(state);
        if !is_attended {
            let attendant = Attendant {
                turns: self.clone(),
                is_done: false,
            };
            let runtime = Handle::try_current().map_err(|_| Crowded)?;
            runtime.spawn(async move { attendant.hand_out().await });
        }
        Ok(Some(receiver))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, waiter: Waiter) {
        let share = self.shares.entry(waiter.whose).or_default();
        let round = share.round.max(self.round);
        share.round = round + 1;
        share.waiting += 1;
        self.queue.insert((round, self.next), waiter);
        self.next += 1;
    }

    /// Takes out whoever's turn is next and who still waits for it.
    fn next_waiter(&mut self) -> Option<Waiter> {
        while let Some(((round, _), waiter)) = self.queue.pop_first() {
            if round > self.round {
                self.round = round;
                // Who has had a turn in this round comes back in the next.
                self.shares
                    .retain(|_, share| share.waiting > 0 || share.round > round);
            }
            if let Some(share) = self.shares.get_mut(&waiter.whose) {
                share.waiting -= 1;
            }
            if !waiter.turn.is_closed() {
                return Some(waiter);
            }
        }
        self.shares.clear();
        None
    }
}

/// Hands out the turns, until nobody waits any more. Cut off, it leaves nobody waiting.
struct Attendant {
    turns: Arc<Turns>,
    is_done: bool,
}

impl Attendant {
    async fn hand_out(mut self) {
        while let Some(waiter) = self.next_waiter() {
            while let Err(wait) = self.take() {
                tokio::time::sleep(wait).await;
            }
            // Who has gone meanwhile leaves the turn unused.
            let _ = waiter.turn.send(());
        }
        // By now there may be another attendant.
        self.is_done = true;
    }

    fn next_waiter(&self) -> Option<Waiter> {
        let mut state = self.turns.state();
        let waiter = state.next_waiter();
        state.is_attended = waiter.is_some();
        waiter
    }

    fn take(&self) -> Result<(), Duration> {
        self.turns.state().bucket.take(self.turns.clock.monotonic())
    }
}

impl Drop for Attendant {
    fn drop(&mut self) {
        if !self.is_done {
            let mut state = self.turns.state();
            state.is_attended = false;
            state.queue.clear();
            state.shares.clear();
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

    fn order(asked: &[&str]) -> Vec<String> {
        let turns = Arc::new(Turns::new(1, Arc::new(SystemClock)));
        let mut state = turns.state();
        let mut names = HashMap::new();
        let mut receivers = Vec::new();
        for (number, whose) in asked.iter().enumerate() {
            let (turn, receiver) = oneshot::channel();
            receivers.push(receiver);
            let whose = turns.secret.hash_one(whose);
            names.insert(number, whose);
            state.add(Waiter { whose, turn });
        }
        let mut order = Vec::new();
        while let Some(waiter) = state.next_waiter() {
            let whose = asked
                .iter()
                .find(|name| turns.secret.hash_one(name) == waiter.whose);
            order.push((*whose.unwrap()).to_owned());
        }
        assert!(state.shares.is_empty());
        order
    }

    #[test]
    fn everybody_has_an_equal_share() {
        assert_eq!(
            order(&["a", "a", "a", "b", "c", "b"]),
            ["a", "b", "c", "a", "b", "a"]
        );
        assert_eq!(order(&["a", "a"]), ["a", "a"]);
    }

    #[test]
    fn who_has_gone_is_passed_over() {
        let turns = Turns::new(1, Arc::new(SystemClock));
        let mut state = turns.state();
        let (turn, receiver) = oneshot::channel();
        state.add(Waiter { whose: 1, turn });
        drop(receiver);
        assert!(state.next_waiter().is_none());
        assert!(state.shares.is_empty());
    }

    #[tokio::test]
    async fn a_turn_that_is_free_is_taken_at_once() {
        let turns = Arc::new(Turns::new(2, Arc::new(SystemClock)));
        assert!(turns.queue_up("a").unwrap().is_none());
        assert!(turns.queue_up("a").unwrap().is_none());
        assert!(turns.queue_up("a").unwrap().is_some());
    }
}

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{Clock, pacing::Bucket};

/// How often the operator is told of one kind of trouble: whoever sends requests causes it as often as
/// he likes. What is not told is counted.
pub(super) struct Warnings {
    state: Mutex<State>,
}

struct State {
    bucket: Bucket,
    untold: u64,
}

impl Warnings {
    const AT_ONCE: u32 = 5;
    const PERIOD: Duration = Duration::from_secs(10);

    pub(super) fn new(clock: &dyn Clock) -> Self {
        let now = clock.monotonic();
        let bucket = Bucket::full(Self::AT_ONCE, Self::PERIOD, now);
        Self {
            state: Mutex::new(State { bucket, untold: 0 }),
        }
    }

    /// How many were not told since the last one, if this one is to be told.
    pub(super) fn turn(&self, clock: &dyn Clock) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.bucket.take(clock.monotonic()).is_ok() {
            return Some(std::mem::take(&mut state.untold));
        }
        state.untold = state.untold.saturating_add(1);
        None
    }
}

impl fmt::Debug for Warnings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Warnings").finish_non_exhaustive()
    }
}

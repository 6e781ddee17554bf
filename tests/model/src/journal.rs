use std::{
    fmt,
    time::{Duration, Instant},
};

use portcullis::{Clock, ManualClock};

/// A place in the order of everything that happens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    /// Which event it was.
    pub(crate) number: u64,
    /// In which step of the schedule.
    pub(crate) step: usize,
    /// By the clock, since the beginning.
    pub(crate) time: Duration,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (step {}, {:?})", self.number, self.step, self.time)
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Counts what happens, and dates it.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(crate) clock: ManualClock,
    began: Instant,
    number: u64,
    pub(crate) step: usize,
    /// Whether time passes from one event to the next; else only where the schedule says so, as with a
    /// clock that is coarse.
    pub(crate) ticks: bool,
}

impl Journal {
    /// Wall time at the beginning, in seconds.
    pub(crate) const EPOCH: u64 = 1_800_000_000;

    pub(crate) fn new() -> Self {
        let clock = ManualClock::at(Self::EPOCH);
        Self {
            began: clock.monotonic(),
            clock,
            number: 0,
            step: 0,
            ticks: false,
        }
    }

    /// What happens now.
    pub(crate) fn event(&mut self) -> Moment {
        const TICK: Duration = Duration::from_micros(1);
        self.number += 1;
        if self.ticks {
            self.clock.advance(TICK);
        }
        Moment {
            number: self.number,
            step: self.step,
            time: self.time(),
        }
    }

    /// How much time has passed since the beginning.
    pub(crate) fn time(&self) -> Duration {
        self.clock.monotonic() - self.began
    }

    /// Wall time in whole seconds.
    pub(crate) fn seconds(&self) -> u64 {
        Self::EPOCH + self.time().as_secs()
    }
}

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::entries::minutes;
use crate::{Clock, Timestamp};

/// The time of a set: counted from when it was made, so that it fits into a few bits.
#[derive(Debug)]
pub(super) struct Moments {
    clock: Arc<dyn Clock>,
    epoch: Instant,
}

/// One moment by both faces of the clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) wall: Timestamp,
    pub(super) monotonic: Instant,
    /// Since the set was made.
    pub(super) passed: Duration,
}

impl Moments {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let epoch = clock.monotonic();
        Self { clock, epoch }
    }

    pub(super) fn now(&self) -> Moment {
        let monotonic = self.clock.monotonic();
        Moment {
            wall: self.clock.now(),
            monotonic,
            passed: monotonic.saturating_duration_since(self.epoch),
        }
    }

    /// A moment in milliseconds since the set was made, rounded up; 0 for those before.
    pub(super) fn milliseconds(&self, moment: Instant) -> u64 {
        let passed = moment.saturating_duration_since(self.epoch);
        u64::try_from(passed.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }

    /// The moment so many milliseconds after the set was made, by the clock that ages are measured
    /// with; where that cannot tell it, the moment when the set was made.
    pub(super) fn instant(&self, milliseconds: i64) -> Instant {
        let distance = Duration::from_millis(milliseconds.unsigned_abs());
        let moment = if milliseconds < 0 {
            self.epoch.checked_sub(distance)
        } else {
            self.epoch.checked_add(distance)
        };
        moment.unwrap_or(self.epoch)
    }
}

impl Moment {
    /// Whole milliseconds since the set was made, rounded up: what is dated so is never dated
    /// earlier than it was.
    pub(super) fn milliseconds(self) -> i64 {
        let nanoseconds = self.passed.as_nanos().div_ceil(1_000_000);
        i64::try_from(nanoseconds).unwrap_or(i64::MAX)
    }

    /// The minute it lies in.
    pub(super) fn minute(self) -> u32 {
        minutes(self.passed).saturating_sub(1)
    }

    /// The wall time so many milliseconds after the set was made.
    pub(super) fn wall_at(self, milliseconds: i64) -> Timestamp {
        let ago = self.milliseconds().saturating_sub(milliseconds);
        Timestamp::from_milliseconds(self.wall.as_milliseconds().saturating_sub(ago))
    }
}

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
        self.at(self.wall())
    }

    /// Now, of which the wall time is known.
    pub(super) fn at(&self, wall: Timestamp) -> Moment {
        let monotonic = self.clock.monotonic();
        Moment {
            wall,
            monotonic,
            passed: monotonic.saturating_duration_since(self.epoch),
        }
    }

    pub(super) fn wall(&self) -> Timestamp {
        self.clock.now()
    }

    /// A moment in milliseconds since the set was made, rounded up; 0 for those before.
    pub(super) fn milliseconds(&self, moment: Instant) -> u64 {
        milliseconds(moment.saturating_duration_since(self.epoch))
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
        i64::try_from(milliseconds(self.passed)).unwrap_or(i64::MAX)
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

/// Whole milliseconds, rounded up.
fn milliseconds(time: Duration) -> u64 {
    let rest = u64::from(time.subsec_nanos().div_ceil(1_000_000));
    time.as_secs().saturating_mul(1000).saturating_add(rest)
}

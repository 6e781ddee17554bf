use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::entries::minutes;
use crate::{Clock, Timestamp};

/// The time of a set: counted from a little before it was made, so that it fits into a few bits, and
/// that what has arrived elsewhere before has a place in it.
#[derive(Debug)]
pub(super) struct Moments {
    clock: Arc<dyn Clock>,
    /// When the set was made.
    made: Instant,
    /// How long before that the count begins.
    before: Duration,
}

/// One moment by both faces of the clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) wall: Timestamp,
    pub(super) monotonic: Instant,
    /// Since the count began.
    pub(super) passed: Duration,
}

impl Moments {
    /// A count that begins so long before now.
    pub(super) fn new(clock: Arc<dyn Clock>, before: Duration) -> Self {
        let made = clock.monotonic();
        Self {
            clock,
            made,
            before,
        }
    }

    pub(super) fn now(&self) -> Moment {
        self.at(self.wall(), self.monotonic())
    }

    /// What was read from both faces of the clock.
    pub(super) fn at(&self, wall: Timestamp, monotonic: Instant) -> Moment {
        Moment {
            wall,
            monotonic,
            passed: self.passed(monotonic),
        }
    }

    pub(super) fn wall(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn monotonic(&self) -> Instant {
        self.clock.monotonic()
    }

    /// A moment in milliseconds of the count, rounded up; 0 for those before it.
    pub(super) fn milliseconds(&self, moment: Instant) -> u64 {
        milliseconds(self.passed(moment))
    }

    /// The moment at so many milliseconds of the count, by the clock that ages are measured with; where
    /// that cannot tell it, the moment when the set was made.
    pub(super) fn instant(&self, milliseconds: i64) -> Instant {
        let before = i64::try_from(self.before.as_millis()).unwrap_or(i64::MAX);
        let offset = milliseconds.saturating_sub(before);
        let distance = Duration::from_millis(offset.unsigned_abs());
        let moment = if offset < 0 {
            self.made.checked_sub(distance)
        } else {
            self.made.checked_add(distance)
        };
        moment.unwrap_or(self.made)
    }

    fn passed(&self, moment: Instant) -> Duration {
        match moment.checked_duration_since(self.made) {
            Some(since) => self.before.saturating_add(since),
            None => self.before.saturating_sub(self.made.duration_since(moment)),
        }
    }
}

impl Moment {
    /// Whole milliseconds of the count, rounded up: what is dated so is never dated
    /// earlier than it was.
    pub(super) fn milliseconds(self) -> i64 {
        i64::try_from(milliseconds(self.passed)).unwrap_or(i64::MAX)
    }

    /// The minute it lies in.
    pub(super) fn minute(self) -> u32 {
        minutes(self.passed).saturating_sub(1)
    }

    /// The wall time at so many milliseconds of the count.
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

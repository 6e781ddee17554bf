use std::time::Duration;

use super::key::{Digest, Place};
use crate::concurrency::atomic::{AtomicU64, Ordering};

/// What is kept of a notice, all of it compared by "the later one counts": order and repetition
/// change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::revocation) struct Entry {
    /// The moment the notice speaks of, by the clock of whoever has sent it, in milliseconds since
    /// the Unix epoch.
    pub(in crate::revocation) moment: u64,
    /// When a notice of that moment first arrived here, in milliseconds of the set's count.
    pub(in crate::revocation) arrived: u64,
    /// When it may be forgotten, in minutes of it.
    pub(in crate::revocation) end: u32,
}

/// An entry as readers see it. Its digests stay for ever, the other words only grow.
///
/// Without a tag the slot is empty; the tag is written last.
#[derive(Debug, Default)]
pub(super) struct Slot {
    tag: AtomicU64,
    place: AtomicU64,
    moment: AtomicU64,
    /// The end in the upper 24 bits, the arrival in the lower 40: 34 years of each.
    times: AtomicU64,
}

/// When an entry arrived and when it ends, in one word.
#[derive(Debug, Clone, Copy)]
struct Times {
    arrived: u64,
    end: u32,
}

impl Times {
    const ARRIVAL_BITS: u32 = 40;
    const LATEST_ARRIVAL: u64 = (1 << Self::ARRIVAL_BITS) - 1;
    const LATEST_END: u32 = (1 << 24) - 1;

    fn packed(self) -> u64 {
        let end = u64::from(self.end.min(Self::LATEST_END));
        (end << Self::ARRIVAL_BITS) | self.arrived.min(Self::LATEST_ARRIVAL)
    }

    fn unpacked(word: u64) -> Self {
        Self {
            arrived: word & Self::LATEST_ARRIVAL,
            end: u32::try_from(word >> Self::ARRIVAL_BITS).unwrap_or(Self::LATEST_END),
        }
    }
}

impl Slot {
    /// Whose entry it is; `None` when it is empty.
    pub(super) fn digest(&self) -> Option<Digest> {
        let tag = self.tag.load(Ordering::Acquire);
        let place = Place::from_bits(self.place.load(Ordering::Acquire));
        (tag != 0).then_some(Digest { place, tag })
    }

    pub(super) fn entry(&self) -> Entry {
        let Times { arrived, end } = Times::unpacked(self.times.load(Ordering::Acquire));
        Entry {
            moment: self.moment.load(Ordering::Acquire),
            arrived,
            end,
        }
    }

    /// Fills an empty slot. One writer at a time.
    pub(super) fn fill(&self, digest: Digest, entry: Entry) {
        let Entry {
            moment,
            arrived,
            end,
        } = entry;
        self.moment.store(moment, Ordering::Release);
        let times = Times { arrived, end };
        self.times.store(times.packed(), Ordering::Release);
        self.place.store(digest.place.bits(), Ordering::Release);
        self.tag.store(digest.tag, Ordering::Release);
    }

    /// Replaces what is known by what is newer, and says whether it was. One writer at a time;
    /// readers may extend the end meanwhile.
    pub(super) fn merge(&self, newer: Entry) -> bool {
        let is_newer = newer.moment > self.moment.load(Ordering::Acquire);
        self.update(|times| Times {
            arrived: if is_newer {
                newer.arrived.max(times.arrived)
            } else {
                times.arrived
            },
            end: newer.end.max(times.end),
        });
        if is_newer {
            self.moment.store(newer.moment, Ordering::Release);
        }
        is_newer
    }

    /// Lets the entry live at least so long; whether it would not have, which only one of several
    /// readers is told.
    pub(super) fn extend(&self, end: u32) -> bool {
        if self.entry().end >= end {
            return false;
        }
        let before = self.update(|times| Times {
            end: times.end.max(end),
            ..times
        });
        before.end < end
    }

    /// Changes both times in one step, and returns what they were before.
    fn update(&self, change: impl Fn(Times) -> Times) -> Times {
        let changed = |word| Some(change(Times::unpacked(word)).packed());
        // It never fails: there is always a word to put in.
        let (Ok(before) | Err(before)) =
            self.times
                .fetch_update(Ordering::AcqRel, Ordering::Acquire, changed);
        Times::unpacked(before)
    }
}

/// The first whole minute after so much time: an entry lives rather longer than shorter.
pub(in crate::revocation) fn minutes(time: Duration) -> u32 {
    u32::try_from(time.as_secs() / 60 + 1)
        .map_or(Times::LATEST_END, |minutes| minutes.min(Times::LATEST_END))
}

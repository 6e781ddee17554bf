//! What has ended, found in less time than it takes to hash it: read by every request without a
//! lock, written by one notice at a time.

mod filter;
mod key;
mod slot;
mod table;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use self::{
    key::{Digest, Digests},
    slot::Slot,
    table::{Put, Table},
};
pub(super) use self::{
    key::{Key, Kind, Name, Place},
    slot::{Entry, minutes},
};
use crate::concurrency::{
    Mutex, PoisonError,
    atomic::{AtomicU8, Ordering, fence},
};

/// The entries of one issuer, so many at the most. Time is given in minutes.
#[derive(Debug)]
pub(super) struct Entries {
    table: ArcSwap<Table>,
    digests: Digests,
    /// The kinds of which there ever was an entry; others are not looked for.
    kinds: AtomicU8,
    writer: Mutex<Writer>,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Writer {
    /// How many slots of the table are taken.
    taken: usize,
}

/// What a notice has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    /// Whether anything is known now that was not.
    pub(super) is_news: bool,
    /// How many entries had to go before their end to make room.
    pub(super) evicted: usize,
}

impl Entries {
    const FIRST_SLOTS: usize = 1024;
    /// One in so many entries goes when there is no room.
    const EVICTED_SHARE: usize = 16;

    pub(super) fn with_capacity(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self {
            table: ArcSwap::from_pointee(Table::with_slots(Self::FIRST_SLOTS)),
            digests: Digests::new(),
            kinds: AtomicU8::new(0),
            writer: Mutex::default(),
            capacity,
        }
    }

    /// A look at the entries as they are now; `None` where nothing was ever put in.
    pub(super) fn view(&self) -> Option<View<'_>> {
        let kinds = self.kinds.load(Ordering::Acquire);
        (kinds != 0).then(|| View {
            table: self.table.load(),
            entries: self,
            kinds,
        })
    }

    /// Puts in what a notice says. Where there is no room, entries whose end has passed go first,
    /// then those that are nearest to it.
    pub(super) fn put(&self, key: Key<'_>, entry: Entry, now: u32) -> Change {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // Before the entry can be found, so that nobody who looks overlooks it.
        self.kinds.fetch_or(key.kind.bit(), Ordering::AcqRel);
        let digest = self.digests.digest(key);
        let mut evicted = 0;
        let put = loop {
            let table = self.table.load();
            let room = room_of(table.slots()).min(self.capacity);
            match table.put(digest, entry, writer.taken < room) {
                Put::NoRoom => evicted += self.make_room(&mut writer, now),
                put => break put,
            }
        };
        writer.taken += usize::from(put == Put::New);
        Change {
            is_news: put != Put::Known,
            evicted,
        }
    }

    /// Puts another table in the place of the one that is full: without the entries whose end has
    /// passed, larger where those were few, and without the next to end where it may grow no more.
    fn make_room(&self, writer: &mut Writer, now: u32) -> usize {
        let old = self.table.load_full();
        let living: Vec<_> = old.entries().filter(|(_, entry)| entry.end > now).collect();
        let share = self.capacity.div_ceil(Self::EVICTED_SHARE);
        let is_full = living.len() >= self.capacity;
        let evicted = if is_full {
            living.len() - self.capacity + share
        } else {
            0
        };
        let kept = without_next_to_end(living, evicted);
        let table = Table::with_slots(slots_for(kept.len() + kept.len() / 8));
        for (digest, entry) in &kept {
            table.put(*digest, *entry, true);
        }
        writer.taken = kept.len();
        let table = Arc::new(table);
        self.table.store(table.clone());
        // What a look-up has prolonged since it was copied is in the old one; whoever does so from now on
        // sees that there is another.
        fence(Ordering::SeqCst);
        for (digest, entry) in old.entries().filter(|(_, entry)| entry.end > now) {
            let put = table.put(digest, entry, evicted == 0);
            writer.taken += usize::from(put == Put::New);
        }
        evicted
    }

    /// Prolongs an entry in the table that has taken the place of the one in which that was done, if another
    /// has.
    fn prolong_elsewhere(&self, prolonged: &Arc<Table>, digest: Digest, end: u32) {
        let mut last = prolonged.clone();
        loop {
            fence(Ordering::SeqCst);
            let current = self.table.load_full();
            if Arc::ptr_eq(&current, &last) {
                return;
            }
            if let Some(slot) = current.find(digest) {
                slot.extend(end);
            }
            last = current;
        }
    }

    /// How many entries there are, those included whose end has passed and that may go.
    pub(super) fn taken(&self) -> usize {
        self.writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .taken
    }

    /// How many entries there are whose end has not passed. Looks at each of them.
    pub(super) fn count(&self, now: u32) -> usize {
        let table = self.table.load();
        let living = table.entries().filter(|(_, entry)| entry.end > now);
        living.count()
    }

    /// How many bytes the entries take up.
    pub(super) fn bytes(&self) -> usize {
        self.table.load().bytes()
    }
}

/// The entries as they were when a request began to look: one look-up of the table serves all its
/// questions.
pub(super) struct View<'a> {
    table: Guard<Arc<Table>>,
    entries: &'a Entries,
    kinds: u8,
}

impl View<'_> {
    /// Whether there ever was an entry of this kind.
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.kinds & kind.bit() != 0
    }

    /// Whether there may be an entry of any kind under the name of this place. Of names that are not there it
    /// is said of next to none: their text need not be read, which of a million tokens lies far away.
    pub(super) fn may_have(&self, place: Place) -> bool {
        self.table.may_have(place)
    }

    /// What is known of a key. `now` is asked for once there is something.
    pub(super) fn find(&self, key: Key<'_>, now: impl FnOnce() -> u32) -> Option<Entry> {
        self.living(key, now).map(|(_, entry)| entry)
    }

    /// The same, and lets what was found live until minute `end` at least; whether it would not have.
    pub(super) fn find_and_extend(
        &self,
        key: Key<'_>,
        now: impl FnOnce() -> u32,
        end: impl FnOnce() -> u32,
    ) -> Option<(Entry, bool)> {
        let (slot, entry) = self.living(key, now)?;
        let end = end();
        let is_extended = slot.extend(end);
        if is_extended {
            let digest = self.entries.digests.digest(key);
            self.entries.prolong_elsewhere(&self.table, digest, end);
        }
        Some((entry, is_extended))
    }

    fn living(&self, key: Key<'_>, now: impl FnOnce() -> u32) -> Option<(&Slot, Entry)> {
        if !self.has(key.kind) {
            return None;
        }
        if !self.may_have(key.name.place) {
            return None;
        }
        let slot = self.table.find(self.entries.digests.digest(key))?;
        let entry = slot.entry();
        (entry.end > now()).then_some((slot, entry))
    }
}

/// How many entries a table of so many slots takes: searches stay short.
fn room_of(slots: usize) -> usize {
    slots / 4 * 3
}

/// How many slots a table needs that shall take so many entries and some more.
fn slots_for(entries: usize) -> usize {
    (entries + entries / 2).max(Entries::FIRST_SLOTS)
}

/// All but the `number` that end first; among those that end in the same minute any.
fn without_next_to_end(mut entries: Vec<(Digest, Entry)>, number: usize) -> Vec<(Digest, Entry)> {
    if number > 0 && number < entries.len() {
        entries.select_nth_unstable_by_key(number, |(_, entry)| entry.end);
    }
    entries.drain(..number.min(entries.len()));
    entries
}

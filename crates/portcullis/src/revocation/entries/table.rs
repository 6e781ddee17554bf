use super::{
    filter::{Filter, scaled},
    key::{Digest, Place},
    slot::{Entry, Slot},
};

/// Entries by their digests: open addressing over atomics. Anybody may read at any time, one at a
/// time may write; nothing is ever taken out, a table that is full gives way to another one.
#[derive(Debug)]
pub(super) struct Table {
    slots: Box<[Slot]>,
    filter: Filter,
}

/// What a key has met.
#[derive(Debug)]
enum Met<'a> {
    Known(&'a Slot),
    Free(&'a Slot),
    /// Every slot is taken.
    Full,
}

/// What has become of an entry that was put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    /// There was none of this key.
    New,
    /// It says more than the one that was there.
    Newer,
    /// It says nothing that was not known.
    Known,
    /// It would be one more, and there is no room for it.
    NoRoom,
}

impl Table {
    pub(super) fn with_slots(slots: usize) -> Self {
        let slots = slots.max(1);
        Self {
            filter: Filter::for_slots(slots),
            slots: (0..slots).map(|_| Slot::default()).collect(),
        }
    }

    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.slots) + self.filter.bytes()
    }

    /// Whether there is an entry of a name of this place, or of another name that has the same.
    pub(super) fn may_have(&self, place: Place) -> bool {
        self.filter.may_have(place) && self.has(place)
    }

    fn has(&self, place: Place) -> bool {
        let mut taken = self.from(place).map_while(Slot::digest);
        taken.any(|known| known.place == place)
    }

    /// The slot of a key, where there is an entry of it.
    pub(super) fn find(&self, digest: Digest) -> Option<&Slot> {
        match self.meet(digest) {
            Met::Known(slot) => Some(slot),
            Met::Free(_) | Met::Full => None,
        }
    }

    /// Merges an entry with what is known of its key. One writer at a time.
    pub(super) fn put(&self, digest: Digest, entry: Entry, has_room: bool) -> Put {
        match self.meet(digest) {
            Met::Known(slot) if slot.merge(entry) => Put::Newer,
            Met::Known(_) => Put::Known,
            Met::Free(slot) if has_room => {
                self.filter.add(digest.place);
                slot.fill(digest, entry);
                Put::New
            }
            Met::Free(_) | Met::Full => Put::NoRoom,
        }
    }

    /// Every entry with its digest.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Digest, Entry)> {
        self.slots
            .iter()
            .filter_map(|slot| slot.digest().map(|digest| (digest, slot.entry())))
    }

    fn meet(&self, digest: Digest) -> Met<'_> {
        for slot in self.from(digest.place) {
            match slot.digest() {
                None => return Met::Free(slot),
                Some(known) if known == digest => return Met::Known(slot),
                Some(_) => {}
            }
        }
        Met::Full
    }

    /// All slots, in the order in which those of a place are taken.
    fn from(&self, place: Place) -> impl Iterator<Item = &Slot> {
        let begin = scaled(place.bits(), self.slots.len());
        let (front, back) = self.slots.split_at(begin.min(self.slots.len()));
        back.iter().chain(front)
    }
}

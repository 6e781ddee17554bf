use std::{
    hash::BuildHasher,
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use foldhash::fast::RandomState;

use super::token_tag::TokenTag;
use crate::{Timestamp, TokenFacts};

/// Tokens by their tags, in one flat table: of a million the one that is looked for costs one look into memory
/// that is not near, beside that at its facts.
pub(super) struct TokenTable {
    /// A power of two of them, at most three quarters of which are taken.
    slots: Box<[Slot]>,
    taken: usize,
    secret: RandomState,
}

/// A token, or room for one. None lies across two lines of the processor's cache, nor two pages.
#[derive(Default)]
#[repr(align(32))]
pub(super) struct Slot {
    tag: TokenTag,
    pub(super) facts: Option<Arc<TokenFacts>>,
    /// When it is over, in seconds since the Unix epoch; [`Self::NEVER`] where it does not say, or so late that
    /// nobody waits for it.
    over: u32,
    /// Whether it is one of those that are used, and not only one that came.
    pub(super) is_regular: bool,
    /// Whether it has come again since somebody asked.
    has_come_again: AtomicBool,
}

impl Slot {
    const NEVER: u32 = u32::MAX;

    pub(super) fn new(tag: TokenTag, facts: Arc<TokenFacts>, is_regular: bool) -> Self {
        Self {
            tag,
            over: over(&facts),
            facts: Some(facts),
            is_regular,
            has_come_again: AtomicBool::new(false),
        }
    }

    /// Whether there is a token that is over, by all that is tolerated of clocks.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        let ends = self.facts.is_some() && self.over != Self::NEVER;
        ends && i64::from(self.over) < now.as_seconds()
    }

    /// Notes that its token has come again. Of most that is known, and nothing is written: no processor
    /// takes the slot away from another.
    pub(super) fn note_use(&self) {
        if !self.has_come_again.load(Ordering::Relaxed) {
            self.has_come_again.store(true, Ordering::Relaxed);
        }
    }

    /// Whether it has come again since this was last asked.
    pub(super) fn take_use(&mut self) -> bool {
        mem::take(self.has_come_again.get_mut())
    }
}

/// The last second in which a token may be good.
fn over(facts: &TokenFacts) -> u32 {
    let leeway = facts.expectations().leeway;
    let exp = facts.terms().validity.exp;
    let over = exp.map(|exp| exp.plus(leeway).as_seconds().max(0));
    over.and_then(|over| u32::try_from(over).ok())
        .unwrap_or(Slot::NEVER)
}

impl TokenTable {
    const FIRST_SLOTS: usize = 16;

    /// An empty table; the secret says where a tag is looked for.
    pub(super) fn new(secret: RandomState) -> Self {
        Self {
            slots: free(Self::FIRST_SLOTS),
            taken: 0,
            secret,
        }
    }

    /// How many slots there are, free ones included.
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn at(&self, index: usize) -> Option<&Slot> {
        self.slots.get(index)
    }

    pub(super) fn at_mut(&mut self, index: usize) -> Option<&mut Slot> {
        self.slots.get_mut(index)
    }

    /// Where a token is; `hash` is that of its tag.
    pub(super) fn find(&self, tag: &TokenTag, hash: u64) -> Option<usize> {
        let mut index = self.home(hash);
        loop {
            let slot = self.slots.get(index)?;
            slot.facts.as_ref()?;
            if slot.tag == *tag {
                return Some(index);
            }
            index = self.after(index);
        }
    }

    /// Puts in a token that is not there.
    pub(super) fn insert(&mut self, slot: Slot) {
        self.taken += 1;
        if self.taken * 4 > self.slots.len() * 3 {
            let more = free(self.slots.len() * 2);
            let slots = mem::replace(&mut self.slots, more);
            let taken = slots.into_iter().filter(|slot| slot.facts.is_some());
            taken.for_each(|slot| self.put(slot));
        }
        self.put(slot);
    }

    fn put(&mut self, slot: Slot) {
        let mut index = self.home(self.hash(&slot));
        while self.is_taken(index) {
            index = self.after(index);
        }
        if let Some(free) = self.slots.get_mut(index) {
            *free = slot;
        }
    }

    /// Takes out what is there. What stands behind it for want of a place nearer to its own moves up, so
    /// that a search may end at the first free slot.
    pub(super) fn remove(&mut self, index: usize) -> Option<Slot> {
        let removed = mem::take(self.slots.get_mut(index)?);
        removed.facts.as_ref()?;
        self.taken -= 1;
        let mut hole = index;
        let mut next = self.after(hole);
        while self.is_taken(next) {
            let home = self.slots.get(next).map(|slot| self.home(self.hash(slot)));
            let comes_from_before = |home| self.distance(home, next) >= self.distance(hole, next);
            if home.is_some_and(comes_from_before) {
                self.slots.swap(hole, next);
                hole = next;
            }
            next = self.after(next);
        }
        Some(removed)
    }

    pub(super) fn hash(&self, slot: &Slot) -> u64 {
        self.secret.hash_one(slot.tag)
    }

    fn is_taken(&self, index: usize) -> bool {
        let slot = self.slots.get(index);
        slot.is_some_and(|slot| slot.facts.is_some())
    }

    /// Where the search for a tag begins: by the lower bits, since the upper ones have chosen the table.
    fn home(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }

    pub(super) fn after(&self, index: usize) -> usize {
        (index + 1) & (self.slots.len() - 1)
    }

    fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & (self.slots.len() - 1)
    }
}

fn free(slots: usize) -> Box<[Slot]> {
    (0..slots).map(|_| Slot::default()).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::token_tag::TagKey, *};
    use crate::Expectations;

    /// Two lie in a line of the processor's cache.
    #[test]
    fn a_slot_is_small() {
        assert_eq!(size_of::<Slot>(), 32);
    }

    #[test]
    fn a_token_is_over_when_it_says_so_and_never_where_it_does_not() {
        let key = TagKey::random().unwrap();
        let tag = key.tag(b"token").unwrap();
        let expectations = Arc::new(Expectations::danger_any_audience());
        let is_over = |json: &str, now| {
            let facts = TokenFacts::from_json(json, &expectations).unwrap();
            Slot::new(tag, Arc::new(facts), false).is_over(Timestamp::from_seconds(now))
        };
        let last = 1_700_000_000 + Expectations::LEEWAY.as_secs() as i64;
        assert!(!is_over(r#"{"exp":1700000000}"#, last));
        assert!(is_over(r#"{"exp":1700000000}"#, last + 1));
        // The last seconds that are told apart, and beyond: in the year 2106.
        let end = i64::from(u32::MAX);
        for (json, now) in [
            ("{}", end),
            ("{}", end + 1),
            (r#"{"exp":4294967295}"#, end + 1),
        ] {
            assert!(!is_over(json, now), "{json}");
        }
    }

    #[test]
    fn what_is_put_in_is_found_until_it_is_taken_out() {
        let secret = RandomState::default();
        let mut table = TokenTable::new(secret.clone());
        let expectations = Arc::new(Expectations::danger_any_audience());
        let facts = Arc::new(TokenFacts::from_json("{}", &expectations).unwrap());
        let hash = |tag: &TokenTag| secret.hash_one(tag);
        let key = TagKey::random().unwrap();
        let tags = (0..500_u32).filter_map(|number| key.tag(&number.to_ne_bytes()));
        let mut tags: Vec<_> = tags.collect();
        for tag in &tags {
            assert_eq!(table.find(tag, hash(tag)), None);
            table.insert(Slot::new(*tag, facts.clone(), false));
        }
        while let Some(tag) = tags.pop() {
            let index = table.find(&tag, hash(&tag)).unwrap();
            assert!(table.remove(index).unwrap().tag == tag);
            assert_eq!(table.find(&tag, hash(&tag)), None);
            for other in &tags {
                assert!(table.find(other, hash(other)).is_some());
            }
        }
        assert_eq!(table.taken, 0);
        assert_eq!(Arc::strong_count(&facts), 1);
    }
}

use std::sync::Arc;

use foldhash::fast::RandomState;

use super::{
    token_table::{Slot, TokenTable},
    token_tag::TokenTag,
};
use crate::{Timestamp, TokenFacts};

/// A part of the tokens that were verified, in so many bytes at the most.
///
/// A token that comes is a newcomer. Where room is needed the table is gone over: newcomers that have come
/// again meanwhile become regulars, and others go as long as newcomers take up more than a tenth of the
/// room; regulars go only while newcomers take up less, those first that have not come again since they
/// were last passed. Who had to go and comes back before long is a regular at once.
///
/// A token that is over goes in any case: with each that comes, a few others are looked at.
pub(super) struct TokenShelf {
    table: TokenTable,
    room: u64,
    /// What each kind takes up.
    newcomers: u64,
    regulars: u64,
    /// Where the table is gone over next.
    hand: usize,
    /// Where tokens that are over are looked for next.
    broom: usize,
    /// What is left of the tags of newcomers that had to go, each in a place of its own that it may have to
    /// share.
    departed: Box<[u32]>,
}

impl TokenShelf {
    /// What a token takes up beside its facts: slots, the free ones included, and as much again that is
    /// not in use when they have just become more.
    const ENTRY: usize = 4 * (size_of::<Slot>() + size_of::<u32>());
    /// Newcomers are let go of while they take up more than one part of so many.
    const NEWCOMERS_SHARE: u64 = 10;
    /// How many slots are swept for each token that comes: as long as they come as they go, those that are
    /// over are half as many as those that live at the most.
    const SWEPT: usize = 10;

    pub(super) fn with_bytes(room: u64, secret: RandomState) -> Self {
        Self {
            table: TokenTable::new(secret),
            room,
            newcomers: 0,
            regulars: 0,
            hand: 0,
            broom: 0,
            departed: Box::default(),
        }
    }

    /// What is known of a token; `hash` is that of its tag.
    pub(super) fn get(&self, tag: &TokenTag, hash: u64) -> Option<Arc<TokenFacts>> {
        let slot = self.table.at(self.table.find(tag, hash)?)?;
        slot.note_use();
        let facts = slot.facts.as_ref()?;
        facts.draw_near();
        Some(facts.clone())
    }

    /// Puts a token in, and takes out some of those that are over. What had to go is returned.
    pub(super) fn put(
        &mut self,
        tag: TokenTag,
        hash: u64,
        facts: Arc<TokenFacts>,
        now: Timestamp,
    ) -> Vec<Arc<TokenFacts>> {
        let weight = weight_of(&facts);
        let mut gone: Vec<_> = self.remove(&tag, hash).into_iter().collect();
        gone.extend((0..Self::SWEPT).filter_map(|_| self.sweep(now)));
        if weight > self.room {
            return gone;
        }
        while self.newcomers + self.regulars > self.room - weight {
            gone.extend(self.step());
        }
        let is_regular = self.has_come_back(hash);
        *self.bytes_of(is_regular) += weight;
        self.table.insert(Slot::new(tag, facts, is_regular));
        gone
    }

    /// Takes a token out.
    pub(super) fn remove(&mut self, tag: &TokenTag, hash: u64) -> Option<Arc<TokenFacts>> {
        let index = self.table.find(tag, hash)?;
        self.remove_at(index)
    }

    /// Looks at the next slot, and takes out what is there if it is over. The broom stays where something was
    /// taken out, as the hand does.
    fn sweep(&mut self, now: Timestamp) -> Option<Arc<TokenFacts>> {
        let index = self.broom & (self.table.slots() - 1);
        if self.table.at(index)?.is_over(now) {
            self.broom = index;
            return self.remove_at(index);
        }
        self.broom = self.table.after(index);
        None
    }

    /// Looks at the next slot, and lets go of what is there if it is its turn. The hand stays where
    /// something was taken out: something else may have moved there.
    fn step(&mut self) -> Option<Arc<TokenFacts>> {
        let are_newcomers_to_go =
            self.regulars == 0 || self.newcomers > self.room / Self::NEWCOMERS_SHARE;
        let index = self.hand & (self.table.slots() - 1);
        self.hand = self.table.after(index);
        let slot = self.table.at_mut(index)?;
        slot.facts.as_ref()?;
        if slot.is_regular && are_newcomers_to_go {
            return None;
        }
        if slot.take_use() {
            if !slot.is_regular {
                let weight = slot.facts.as_deref().map_or(0, weight_of);
                slot.is_regular = true;
                self.newcomers -= weight;
                self.regulars += weight;
            }
            return None;
        }
        if !slot.is_regular && !are_newcomers_to_go {
            return None;
        }
        if are_newcomers_to_go {
            let hash = self.table.hash(self.table.at(index)?);
            self.note_departure(hash);
        }
        self.hand = index;
        self.remove_at(index)
    }

    fn remove_at(&mut self, index: usize) -> Option<Arc<TokenFacts>> {
        let removed = self.table.remove(index)?;
        let facts = removed.facts?;
        *self.bytes_of(removed.is_regular) -= weight_of(&facts);
        Some(facts)
    }

    fn bytes_of(&mut self, is_regular: bool) -> &mut u64 {
        if is_regular {
            &mut self.regulars
        } else {
            &mut self.newcomers
        }
    }

    fn note_departure(&mut self, hash: u64) {
        if self.departed.len() != self.table.slots() {
            self.departed = std::iter::repeat_n(0, self.table.slots()).collect();
        }
        if let Some(place) = self.departed_at(hash) {
            *place = rest(hash);
        }
    }

    fn has_come_back(&mut self, hash: u64) -> bool {
        let place = self.departed_at(hash);
        place.is_some_and(|place| *place == rest(hash))
    }

    fn departed_at(&mut self, hash: u64) -> Option<&mut u32> {
        let last = self.departed.len().checked_sub(1)?;
        self.departed.get_mut(hash as usize & last)
    }
}

/// What tells tags apart that share a place; never 0.
fn rest(hash: u64) -> u32 {
    (hash >> 32) as u32 | 1
}

/// How many bytes a token takes up.
fn weight_of(facts: &TokenFacts) -> u64 {
    u64::try_from(TokenShelf::ENTRY + facts.weight()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use super::{super::token_tag::TagKey, *};
    use crate::Expectations;

    /// A shelf with room for so many tokens, which are numbers here.
    struct Numbers {
        shelf: TokenShelf,
        facts: Arc<TokenFacts>,
        now: Timestamp,
        key: TagKey,
        secret: RandomState,
    }

    impl Numbers {
        fn with_room_for(tokens: u64) -> Self {
            let expectations = Arc::new(Expectations::danger_any_audience());
            let facts = TokenFacts::from_json("{}", &expectations).unwrap();
            let secret = RandomState::default();
            Self {
                shelf: TokenShelf::with_bytes(tokens * weight_of(&facts), secret.clone()),
                facts: Arc::new(facts),
                now: Timestamp::from_seconds(1_700_000_000),
                key: TagKey::random().unwrap(),
                secret,
            }
        }

        fn named(&self, number: u32) -> (TokenTag, u64) {
            let tag = self.key.tag(&number.to_ne_bytes()).unwrap();
            (tag, self.secret.hash_one(tag))
        }

        /// It is known already, or comes.
        fn comes(&mut self, number: u32) {
            let (tag, hash) = self.named(number);
            if self.shelf.get(&tag, hash).is_none() {
                self.shelf.put(tag, hash, self.facts.clone(), self.now);
            }
        }

        fn has(&self, number: u32) -> bool {
            let (tag, hash) = self.named(number);
            self.shelf.table.find(&tag, hash).is_some()
        }

        /// How many there are.
        fn count(&self) -> usize {
            Arc::strong_count(&self.facts) - 1
        }
    }

    #[test]
    fn it_is_filled_and_never_overfilled() {
        let mut numbers = Numbers::with_room_for(100);
        for number in 0..10_000 {
            numbers.comes(number);
            // Some are used, so that there are some of each kind.
            numbers.comes(number / 3);
            assert!(numbers.count() <= 100);
            let bytes = numbers.shelf.newcomers + numbers.shelf.regulars;
            let each = weight_of(&numbers.facts);
            assert_eq!(bytes, each * u64::try_from(numbers.count()).unwrap());
        }
        assert_eq!(numbers.count(), 100);
    }

    #[test]
    fn what_is_larger_than_the_room_is_not_kept_and_pushes_out_nothing() {
        let mut numbers = Numbers::with_room_for(2);
        numbers.comes(1);
        let expectations = Arc::new(Expectations::danger_any_audience());
        let json = format!(r#"{{"sub":"{}"}}"#, "a".repeat(10_000));
        let large = TokenFacts::from_json(json, &expectations).unwrap();
        let (tag, hash) = numbers.named(2);
        let gone = numbers.shelf.put(tag, hash, Arc::new(large), numbers.now);
        assert!(gone.is_empty());
        assert!(numbers.has(1) && !numbers.has(2));
    }

    #[test]
    fn a_flood_passes_by_what_was_used() {
        let mut numbers = Numbers::with_room_for(100);
        for number in (0..50).chain(0..50) {
            numbers.comes(number);
        }
        for number in 1_000..100_000 {
            numbers.comes(number);
        }
        assert!((0..50).all(|number| numbers.has(number)));
    }

    #[test]
    fn what_was_used_once_gives_way_to_what_is_used_now() {
        let mut numbers = Numbers::with_room_for(100);
        for number in (0..100).chain(0..100) {
            numbers.comes(number);
        }
        for round in 0..100 {
            for number in 200..280 {
                numbers.comes(number);
            }
            numbers.comes(1_000 + round);
        }
        assert!((200..280).all(|number| numbers.has(number)));
    }

    /// Most do: what is left of one may be written over by what is left of another.
    #[test]
    fn who_had_to_go_and_comes_back_stays() {
        let mut numbers = Numbers::with_room_for(100);
        for number in (0..40).chain(0..40) {
            numbers.comes(number);
        }
        let mut flood = 1_000..;
        let mut floods = |numbers: &mut Numbers| {
            let next = flood.next().into_iter();
            next.for_each(|number| numbers.comes(number));
        };
        for number in 500..520 {
            numbers.comes(number);
            while numbers.has(number) {
                floods(&mut numbers);
            }
            numbers.comes(number);
        }
        for _ in 0..10_000 {
            floods(&mut numbers);
        }
        let stayed = (500..520).filter(|number| numbers.has(*number)).count();
        assert!(stayed >= 10, "{stayed} of 20");
    }

    #[test]
    fn what_is_over_goes_though_there_is_room() {
        const LIFE: u32 = 300;
        let mut numbers = Numbers::with_room_for(100_000);
        let expectations = Arc::new(Expectations::danger_any_audience());
        let leeway = u32::try_from(expectations.leeway.as_secs()).unwrap();
        let mut most = 0;
        for number in 0..20_000 {
            numbers.now = Timestamp::from_seconds(1_700_000_000 + i64::from(number));
            let exp = numbers.now.as_seconds() + i64::from(LIFE);
            let facts = TokenFacts::from_json(format!(r#"{{"exp":{exp}}}"#), &expectations);
            let (tag, hash) = numbers.named(number);
            let facts = Arc::new(facts.unwrap());
            drop(numbers.shelf.put(tag, hash, facts, numbers.now));
            // What may still be let in is there.
            let oldest = number.saturating_sub(LIFE + leeway);
            assert!(numbers.has(oldest) && numbers.has(number), "{number}");
            let taken = (0..numbers.shelf.table.slots())
                .filter(|slot| numbers.shelf.table.at(*slot).unwrap().facts.is_some());
            most = most.max(taken.count());
        }
        let living = usize::try_from(LIFE + leeway).unwrap();
        assert!(most < living + living / 2, "{most} for {living} that live");
        let bytes = numbers.shelf.newcomers + numbers.shelf.regulars;
        assert!(bytes < u64::try_from(most).unwrap() * 2 * weight_of(&numbers.facts));
    }

    #[test]
    fn what_does_not_say_when_it_ends_stays() {
        let mut numbers = Numbers::with_room_for(1_000);
        (0..500).for_each(|number| numbers.comes(number));
        numbers.now = Timestamp::from_seconds(i64::from(u32::MAX) - 1);
        (500..1_000).for_each(|number| numbers.comes(number));
        assert!((0..1_000).all(|number| numbers.has(number)));
    }
}

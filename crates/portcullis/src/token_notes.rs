//! What is noted of tokens by their names, and goes when they do.

use std::{hash::Hash, time::Duration};

use moka::{Expiry, policy::EvictionPolicy, sync::Cache};

use crate::Timestamp;

/// Something about each of so many tokens at the most: where there are more, that goes which nobody has
/// asked for the longest, unless bytes are counted. What can matter no more goes as others come, so that a service
/// holds no more than its living tokens are worth, however many it has seen.
///
/// This bounds memory. Whether a token has ended is judged by the clock elsewhere.
pub(crate) struct TokenNotes<K, V> {
    notes: Cache<K, Note<V>>,
}

#[derive(Clone)]
struct Note<V> {
    value: V,
    /// For how long it may matter, counted from when it was put in.
    life: Option<Duration>,
}

impl<K, V> TokenNotes<K, V>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// None yet, and room for so many.
    pub(crate) fn with_room_for(tokens: u64) -> Self {
        Self {
            notes: Cache::builder()
                .max_capacity(tokens)
                .eviction_policy(EvictionPolicy::lru())
                .expire_after(UntilItsEnd)
                .build(),
        }
    }

    /// None yet, and room for so many bytes, by what each weighs: where there are more, what is asked for often
    /// stays.
    pub(crate) fn with_bytes(bytes: u64, weight: fn(&V) -> usize) -> Self {
        Self {
            notes: Cache::builder()
                .weigher(move |_, note: &Note<V>| {
                    u32::try_from(weight(&note.value)).unwrap_or(u32::MAX)
                })
                .max_capacity(bytes)
                .expire_after(UntilItsEnd)
                .build(),
        }
    }

    pub(crate) fn get(&self, name: &K) -> Option<V> {
        self.notes.get(name).map(|note| note.value)
    }

    /// Whether there is one. It counts as nobody asking for it.
    pub(crate) fn contains(&self, name: &K) -> bool {
        self.notes.contains_key(name)
    }

    /// Puts one in the place of what there is; it goes after so much time, where that is known.
    pub(crate) fn insert(&self, name: K, value: V, life: Option<Duration>) {
        self.notes.insert(name, Note { value, life });
    }

    pub(crate) fn remove(&self, name: &K) -> Option<V> {
        self.notes.remove(name).map(|note| note.value)
    }

    /// How many there are.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.notes.run_pending_tasks();
        self.notes.iter().count()
    }
}

/// For how long after its `exp` what is known of a token may matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Afterlife(Duration);

impl Afterlife {
    /// How far the time of day may be set back meanwhile.
    const CORRECTION: Duration = Duration::from_secs(60);

    /// A token is let in for the leeway longer, and for another one where the clock of an instance is late
    /// by that; a call may take so long that began before.
    pub(crate) fn after(leeway: Duration, longest_call: Duration) -> Self {
        let judged = leeway.saturating_mul(2).saturating_add(longest_call);
        Self(judged.max(Self::CORRECTION))
    }

    /// How long it is from now until what is known of a token that ends then matters no more. `None` for one
    /// that does not say when it ends.
    pub(crate) fn until(self, exp: Option<Timestamp>, now: Timestamp) -> Option<Duration> {
        exp.map(|exp| exp.since(now).saturating_add(self.0))
    }

    /// When what is known of a token that ends then matters no more.
    pub(crate) fn of(self, exp: Timestamp) -> Timestamp {
        exp.plus(self.0)
    }

    /// Nothing matters once `exp` has come.
    #[cfg(test)]
    pub(crate) const NONE: Self = Self(Duration::ZERO);
}

struct UntilItsEnd;

impl<K, V> Expiry<K, Note<V>> for UntilItsEnd {
    fn expire_after_create(
        &self,
        _: &K,
        note: &Note<V>,
        _: std::time::Instant,
    ) -> Option<Duration> {
        note.life
    }

    fn expire_after_update(
        &self,
        _: &K,
        note: &Note<V>,
        _: std::time::Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        note.life
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn what_can_matter_no_more_is_gone() {
        let notes = TokenNotes::with_room_for(100);
        for name in 0..20 {
            let life = [None, Some(Duration::ZERO), Some(seconds(3600))];
            notes.insert(name, name, life[name % 3]);
        }
        assert_eq!(notes.count(), 13);
        assert_eq!((notes.get(&0), notes.get(&1)), (Some(0), None));
        assert!(notes.contains(&2) && !notes.contains(&4));
    }

    /// A token may say later when it ends, or of another end.
    #[test]
    fn the_last_word_on_its_life_counts() {
        let notes = TokenNotes::with_room_for(100);
        notes.insert("longer", 1, Some(seconds(3600)));
        notes.insert("longer", 2, None);
        notes.insert("over", 1, None);
        notes.insert("over", 2, Some(Duration::ZERO));
        assert_eq!((notes.get(&"longer"), notes.get(&"over")), (Some(2), None));
        assert_eq!(notes.remove(&"longer"), Some(2));
        assert_eq!(notes.count(), 0);
    }

    #[test]
    fn there_are_never_more_than_there_is_room_for() {
        let notes = TokenNotes::with_room_for(10);
        for name in 0..100 {
            notes.insert(name, (), None);
            assert!(notes.get(&0).is_some());
            assert!(notes.count() <= 10);
        }
    }

    #[test]
    fn nothing_is_forgotten_while_anybody_may_let_the_token_in() {
        let rest = |afterlife: Afterlife, exp| afterlife.until(exp, NOW);
        let usual = Afterlife::after(seconds(30), seconds(5));
        let exp = NOW.plus(seconds(300));
        assert_eq!(rest(usual, Some(exp)), Some(seconds(300 + 30 + 30 + 5)));
        assert_eq!(rest(usual, Some(NOW)), Some(seconds(65)));
        assert_eq!(rest(usual, Some(NOW.minus(seconds(9)))), Some(seconds(65)));
        assert_eq!(rest(usual, None), None);
        let strict = Afterlife::after(Duration::ZERO, seconds(1));
        assert_eq!(rest(strict, Some(exp)), Some(seconds(360)));
        let endless = Timestamp::from_milliseconds(i64::MAX);
        assert!(rest(usual, Some(endless)) > Some(seconds(1 << 50)));
    }
}

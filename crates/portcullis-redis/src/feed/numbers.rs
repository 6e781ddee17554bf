use portcullis::Timestamp;

use super::{WriterId, checkpoints::Checkpoints, ranges::Ranges, record::Stretch};

/// Which entries of one writer were read, and which should have been.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbers {
    read: Ranges,
    ages: Checkpoints,
    /// The highest number that anybody has told of.
    told: u64,
    /// Nothing is asked for any more up to here; `None` until it is known where to begin.
    settled: Option<u64>,
}

impl Numbers {
    /// An entry was read.
    pub(super) fn note(&mut self, number: u64, time: Timestamp) {
        self.read.insert(number);
        self.ages.note(number, time);
    }

    /// Somebody knows of all of these. Where nobody has been heard of the writer before, they are all
    /// there is to ask for.
    pub(super) fn expect(&mut self, low: u64, last: u64) {
        self.settled.get_or_insert(low.saturating_sub(1));
        self.told = self.told.max(last);
    }

    /// Nobody tells where the entries begin: with the first, then.
    pub(super) fn expect_all(&mut self) {
        self.settled.get_or_insert(0);
    }

    /// Whether an entry is missing.
    pub(super) fn lack_any(&self) -> bool {
        let Some(settled) = self.settled else {
            return false;
        };
        let last = self.told.max(self.read.highest());
        !self.read.covers(&(settled.saturating_add(1)..=last))
    }

    /// What is missing now is asked for no more.
    pub(super) fn settle(&mut self) {
        self.settled = Some(self.told.max(self.read.highest()));
    }

    /// Whether all of these were read.
    pub(super) fn cover(&self, stretch: &Stretch) -> bool {
        self.read.covers(&(stretch.low..=stretch.last))
    }

    /// What was read since then and up to the latest, without a gap.
    pub(super) fn stretch(&self, writer: WriterId, since: Timestamp) -> Option<Stretch> {
        let (start, last) = (self.read.last_start()?, self.read.highest());
        let low = self.ages.low(since);
        let low = low.unwrap_or_else(|| last.saturating_add(1));
        Some(Stretch {
            writer,
            low: low.max(start),
            last,
        })
    }

    /// Whether any entry was read that is as young as that.
    pub(super) fn has_any_since(&self, since: Timestamp) -> bool {
        self.ages.low(since).is_some()
    }

    /// Forgets which entries were read that are older.
    pub(super) fn forget_before(&mut self, since: Timestamp) {
        self.ages.forget_before(since);
        let low = self.ages.low(since);
        self.read
            .forget_below(low.unwrap_or_else(|| self.read.highest()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn numbers(read: &[u64]) -> Numbers {
        let mut numbers = Numbers::default();
        read.iter().for_each(|number| numbers.note(*number, T0));
        numbers
    }

    #[test]
    fn a_number_in_the_middle_or_at_the_end_is_missed_until_it_comes() {
        let mut middle = numbers(&[1, 3]);
        assert!(!middle.lack_any());
        middle.expect_all();
        assert!(middle.lack_any());
        middle.note(2, T0);
        assert!(!middle.lack_any());
        middle.expect(1, 4);
        assert!(middle.lack_any());
        middle.note(4, T0);
        assert!(!middle.lack_any());
    }

    #[test]
    fn what_is_settled_is_not_missed_again_and_what_follows_is() {
        let mut numbers = numbers(&[1, 3]);
        numbers.expect(1, 5);
        assert!(numbers.lack_any());
        numbers.settle();
        assert!(!numbers.lack_any());
        numbers.note(7, T0);
        assert!(numbers.lack_any());
        numbers.note(6, T0);
        assert!(!numbers.lack_any());
    }

    #[test]
    fn what_nobody_asks_for_is_not_missed() {
        let mut numbers = numbers(&[]);
        numbers.expect(8, 7);
        assert!(!numbers.lack_any());
        numbers.note(8, T0);
        assert!(!numbers.lack_any());
    }

    #[test]
    fn only_what_has_no_gap_is_told_to_others() {
        let writer = WriterId::random().unwrap();
        let mut numbers = numbers(&[1, 2, 4]);
        let later = T0.plus(std::time::Duration::from_secs(120));
        numbers.note(5, later);
        let told = |since| {
            let stretch = numbers.stretch(writer, since).unwrap();
            (stretch.low, stretch.last)
        };
        assert_eq!(told(T0), (4, 5));
        assert_eq!(told(later), (5, 5));
        let latest = later.plus(std::time::Duration::from_secs(120));
        assert_eq!(told(latest), (6, 5));
        let stretch = |low, last| Stretch { writer, low, last };
        assert!(numbers.cover(&stretch(1, 2)) && numbers.cover(&stretch(9, 8)));
        assert!(!numbers.cover(&stretch(1, 4)));

        numbers.forget_before(later);
        assert!(!numbers.cover(&stretch(1, 2)) && numbers.cover(&stretch(5, 5)));
        assert!(!numbers.lack_any() && numbers.has_any_since(later));
        assert!(!numbers.has_any_since(latest));
    }
}

use std::{collections::BTreeMap, ops::RangeInclusive};

/// A set of numbers that mostly follow each other.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranges {
    /// First and last of each range; no two of them touch.
    ranges: BTreeMap<u64, u64>,
}

impl Ranges {
    pub(super) fn insert(&mut self, number: u64) {
        let mut first = number;
        let mut last = number;
        if let Some((&low, &high)) = self.ranges.range(..=number).next_back() {
            if number <= high {
                return;
            }
            if number == high + 1 {
                first = low;
            }
        }
        if let Some(high) = number
            .checked_add(1)
            .and_then(|next| self.ranges.remove(&next))
        {
            last = high;
        }
        self.ranges.insert(first, last);
    }

    /// The highest number; 0 where there is none.
    pub(super) fn highest(&self) -> u64 {
        self.ranges.last_key_value().map_or(0, |(_, last)| *last)
    }

    /// The first number without a gap up to the highest one.
    pub(super) fn last_start(&self) -> Option<u64> {
        self.ranges.last_key_value().map(|(first, _)| *first)
    }

    pub(super) fn contains(&self, number: u64) -> bool {
        self.end_around(number).is_some()
    }

    /// Whether all of these are there. There are none in an empty range.
    pub(super) fn covers(&self, numbers: &RangeInclusive<u64>) -> bool {
        let end = || self.end_around(*numbers.start());
        numbers.is_empty() || end().is_some_and(|end| end >= *numbers.end())
    }

    /// Forgets the ranges that end below a number.
    pub(super) fn forget_below(&mut self, number: u64) {
        while let Some(range) = self.ranges.first_entry() {
            if *range.get() >= number {
                return;
            }
            range.remove();
        }
    }

    fn end_around(&self, number: u64) -> Option<u64> {
        let (_, last) = self.ranges.range(..=number).next_back()?;
        (*last >= number).then_some(*last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(numbers: &[u64]) -> Ranges {
        let mut ranges = Ranges::default();
        numbers.iter().for_each(|number| ranges.insert(*number));
        ranges
    }

    #[test]
    fn what_follows_each_other_is_one_range_in_whatever_order_it_came() {
        for numbers in [
            [1, 2, 3, 4, 5],
            [5, 4, 3, 2, 1],
            [1, 5, 3, 2, 4],
            [2, 2, 1, 5, 4],
        ] {
            let mut ranges = ranges(&numbers);
            ranges.insert(3);
            assert_eq!(ranges.ranges.len(), 1, "{numbers:?}");
            assert!(ranges.covers(&(1..=5)));
            assert_eq!((ranges.last_start(), ranges.highest()), (Some(1), 5));
        }
    }

    #[test]
    fn a_gap_is_seen() {
        let ranges = ranges(&[1, 2, 4, 7]);
        assert!(ranges.covers(&(1..=2)) && ranges.covers(&(4..=4)));
        #[expect(clippy::reversed_empty_ranges, reason = "it is empty on purpose")]
        let nothing = 9..=8;
        assert!(ranges.covers(&nothing));
        for gap in [1..=4, 3..=3, 4..=5, 7..=8, 0..=1] {
            assert!(!ranges.covers(&gap), "{gap:?}");
        }
        assert!(ranges.contains(4) && !ranges.contains(5) && !ranges.contains(0));
        assert_eq!((ranges.last_start(), ranges.highest()), (Some(7), 7));
    }

    #[test]
    fn what_lies_below_can_be_forgotten() {
        let mut ranges = ranges(&[1, 2, 4, 5, 9, u64::MAX]);
        ranges.forget_below(5);
        assert!(!ranges.contains(2) && ranges.contains(4) && ranges.contains(9));
        ranges.forget_below(u64::MAX);
        assert_eq!(ranges.last_start(), Some(u64::MAX));
    }
}

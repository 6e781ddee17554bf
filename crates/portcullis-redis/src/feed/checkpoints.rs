use std::collections::BTreeMap;

use portcullis::Timestamp;

/// From which number on the entries of a writer are younger than a given moment, to the minute.
#[derive(Debug, Clone, Default)]
pub(super) struct Checkpoints {
    /// The lowest number of each minute.
    minutes: BTreeMap<i64, u64>,
}

impl Checkpoints {
    pub(super) fn note(&mut self, number: u64, time: Timestamp) {
        let lowest = self.minutes.entry(minute(time)).or_insert(number);
        *lowest = number.min(*lowest);
    }

    /// The lowest number of that minute and later ones.
    pub(super) fn low(&self, since: Timestamp) -> Option<u64> {
        let younger = self.minutes.range(minute(since)..);
        younger.map(|(_, number)| *number).min()
    }

    /// Forgets the minutes before.
    pub(super) fn forget_before(&mut self, since: Timestamp) {
        self.minutes = self.minutes.split_off(&minute(since));
    }
}

fn minute(time: Timestamp) -> i64 {
    time.as_seconds().div_euclid(60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_low_number_is_that_of_the_minute_even_if_it_comes_late() {
        let at = |minute: i64| Timestamp::from_seconds(minute * 60 + 30);
        let mut checkpoints = Checkpoints::default();
        assert_eq!(checkpoints.low(at(0)), None);
        for (number, minute) in [(11, 15), (5, 12), (4, 12), (9, 14)] {
            checkpoints.note(number, at(minute));
        }
        assert_eq!(checkpoints.low(at(1)), Some(4));
        assert_eq!(checkpoints.low(at(12)), Some(4));
        assert_eq!(checkpoints.low(at(13)), Some(9));
        assert_eq!(checkpoints.low(at(15)), Some(11));
        assert_eq!(checkpoints.low(at(16)), None);
        checkpoints.forget_before(at(14));
        assert_eq!(checkpoints.low(at(1)), Some(9));
    }
}

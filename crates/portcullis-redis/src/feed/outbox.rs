use std::collections::VecDeque;

use bytes::Bytes;
use portcullis::Timestamp;
use tokio::{sync::oneshot, time::Instant};

use super::{checkpoints::Checkpoints, ranges::Ranges, record::Stretch, writer_id::WriterId};

/// What this process has written, and has to write: kept, sealed as it is, for as long as it may have
/// to be written again.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    entries: VecDeque<Kept>,
    /// How many numbers were given out.
    numbered: u64,
    /// All numbers up to here are in the stream, as far as Redis has said.
    told: u64,
    ages: Checkpoints,
    /// Whether somebody writes what waits.
    pub(super) is_attended: bool,
}

#[derive(Debug)]
struct Kept {
    number: u64,
    time: Timestamp,
    sealed: Bytes,
    added: Instant,
    /// Who waits for it to be written.
    waiting: Option<oneshot::Sender<()>>,
}

impl Outbox {
    /// How many entries are kept; then the oldest go.
    const LIMIT: usize = 200_000;

    /// The number of the entry that is added next.
    pub(super) const fn next_number(&self) -> u64 {
        self.numbered + 1
    }

    /// One more entry, under that number; what is given back ends with a value once it is written,
    /// and with an error if it never will be.
    pub(super) fn add(&mut self, time: Timestamp, sealed: Bytes) -> oneshot::Receiver<()> {
        self.numbered += 1;
        let (waiting, written) = oneshot::channel();
        self.ages.note(self.numbered, time);
        if self.entries.len() >= Self::LIMIT {
            self.entries.pop_front();
        }
        self.entries.push_back(Kept {
            number: self.numbered,
            time,
            sealed,
            added: Instant::now(),
            waiting: Some(waiting),
        });
        written
    }

    /// The entries that have to be written next, `limit` at the most, and the number of the last.
    pub(super) fn waiting(&self, limit: usize) -> (Vec<Bytes>, u64) {
        let batch = self.entries.range(self.first_waiting()..).take(limit);
        let last = batch.clone().next_back();
        let last = last.map_or(self.told, |kept| kept.number);
        (batch.map(|kept| kept.sealed.clone()).collect(), last)
    }

    /// Everything up to this number is written.
    pub(super) fn confirm(&mut self, last: u64) {
        let first = self.first_waiting();
        let written = self.entries.range_mut(first..);
        for kept in written.take_while(|kept| kept.number <= last) {
            if let Some(waiting) = kept.waiting.take() {
                // Nobody may wait any more.
                let _ = waiting.send(());
            }
        }
        self.told = self.told.max(last);
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.entries
            .back()
            .is_none_or(|newest| newest.number <= self.told)
    }

    /// What is written and not older than that.
    pub(super) fn stretch(&self, writer: WriterId, since: Timestamp) -> Stretch {
        let low = self.ages.low(since);
        Stretch {
            writer,
            low: low.unwrap_or(self.numbered + 1),
            last: self.told,
        }
    }

    /// The last number that others should have: it is written, or was to be written by then.
    pub(super) fn due(&self, by: Option<Instant>) -> u64 {
        let mut waiting = self.entries.range(self.first_waiting()..).rev();
        let overdue = waiting.find(|kept| Some(kept.added) <= by);
        overdue.map_or(self.told, |kept| kept.number)
    }

    /// Those that wait are at the end, and one number follows the other.
    fn first_waiting(&self) -> usize {
        let waiting = usize::try_from(self.numbered - self.told).unwrap_or(usize::MAX);
        self.entries.len().saturating_sub(waiting)
    }

    /// What is kept of those up to `told`, and not among these numbers.
    pub(super) fn lacking(&self, present: &Ranges, told: u64) -> Vec<Bytes> {
        let written = self.entries.iter().take_while(|kept| kept.number <= told);
        let lacking = written.filter(|kept| !present.contains(kept.number));
        lacking.map(|kept| kept.sealed.clone()).collect()
    }

    /// Drops what is older: it has nothing to say to anybody.
    pub(super) fn forget_before(&mut self, since: Timestamp) {
        while self.entries.front().is_some_and(|kept| kept.time < since) {
            self.entries.pop_front();
        }
        self.ages.forget_before(since);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const T0: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn sealed(number: u64) -> Bytes {
        number.to_string().into()
    }

    fn outbox(entries: u64) -> (Outbox, Vec<oneshot::Receiver<()>>) {
        let mut outbox = Outbox::default();
        let add = |number| {
            assert_eq!(outbox.next_number(), number);
            outbox.add(T0, sealed(number))
        };
        let written = (1..=entries).map(add).collect();
        (outbox, written)
    }

    #[test]
    fn entries_are_written_in_order_and_whoever_waits_is_told() {
        let (mut outbox, mut written) = outbox(3);
        assert_eq!(outbox.waiting(2), (vec![sealed(1), sealed(2)], 2));
        outbox.confirm(2);
        assert!(written[0].try_recv().is_ok() && written[1].try_recv().is_ok());
        assert!(written[2].try_recv().is_err() && !outbox.is_empty());
        assert_eq!(outbox.waiting(2), (vec![sealed(3)], 3));
        outbox.confirm(3);
        assert!(written[2].try_recv().is_ok() && outbox.is_empty());
        assert_eq!(outbox.waiting(2), (vec![], 3));
    }

    #[test]
    fn what_has_waited_for_too_long_is_due() {
        let (mut outbox, _written) = outbox(2);
        outbox.confirm(1);
        let now = Instant::now();
        let before = outbox.entries[1].added - Duration::from_secs(1);
        let due = |by| outbox.due(by);
        assert_eq!((due(None), due(Some(before)), due(Some(now))), (1, 1, 2));
        outbox.confirm(2);
        assert_eq!(outbox.due(None), 2);
    }

    #[test]
    fn what_a_stream_lacks_is_what_was_written_into_it_and_is_not_there() {
        let (mut outbox, _written) = outbox(4);
        outbox.confirm(3);
        let mut present = Ranges::default();
        present.insert(2);
        assert_eq!(outbox.lacking(&present, 3), [sealed(1), sealed(3)]);
    }

    #[test]
    fn what_is_old_is_dropped_whether_it_was_written_or_not() {
        let (mut outbox, mut written) = outbox(2);
        outbox.confirm(1);
        let later = T0.plus(Duration::from_secs(3600));
        let mut third = outbox.add(later, sealed(3));
        outbox.forget_before(later);
        assert!(written[1].try_recv().is_err());
        assert_eq!(outbox.waiting(9), (vec![sealed(3)], 3));
        let writer = WriterId::random().unwrap();
        outbox.confirm(3);
        assert!(third.try_recv().is_ok());
        let stretch = outbox.stretch(writer, later);
        assert_eq!((stretch.low, stretch.last), (3, 3));
        let stretch = outbox.stretch(writer, later.plus(Duration::from_secs(60)));
        assert_eq!((stretch.low, stretch.last), (4, 3));
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let mut outbox = Outbox::default();
        let mut first = outbox.add(T0, sealed(1));
        for number in 2..=Outbox::LIMIT as u64 + 1 {
            drop(outbox.add(T0, sealed(number)));
        }
        assert_eq!(outbox.entries.len(), Outbox::LIMIT);
        let gone = first.try_recv();
        assert_eq!(gone, Err(oneshot::error::TryRecvError::Closed));
        assert_eq!(outbox.waiting(1), (vec![sealed(2)], 2));
        let stretch = outbox.stretch(WriterId::random().unwrap(), T0);
        assert_eq!(stretch.low, 1);
    }
}

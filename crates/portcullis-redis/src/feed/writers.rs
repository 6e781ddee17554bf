use std::{collections::HashMap, time::Duration};

use portcullis::Timestamp;
use tokio::time::Instant;

use super::{
    WriterId,
    entry::Entry,
    numbers::Numbers,
    presence::Presence,
    record::{Record, Stretch},
};

/// What is known of those who write into one stream: what of theirs was read, and who lives.
#[derive(Debug)]
pub(super) struct Writers {
    own: WriterId,
    known: HashMap<WriterId, Writer>,
}

#[derive(Debug, Default)]
pub(super) struct Writer {
    numbers: Numbers,
    /// Of one that has no record yet there is none.
    presence: Option<Presence>,
    /// The newest.
    record: Option<Record>,
    /// Whether it is there at the moment.
    is_recorded: bool,
}

impl Writers {
    pub(super) fn new(own: WriterId) -> Self {
        Self {
            own,
            known: HashMap::new(),
        }
    }

    /// An entry was read. Whether it shows that one before it is missing.
    pub(super) fn note(&mut self, entry: &Entry) -> bool {
        let writer = self.known.entry(entry.writer).or_default();
        writer.numbers.note(entry.number, entry.time);
        writer.numbers.lack_any()
    }

    /// Holds what was read against all records. Who has fallen silent since the last time, or since
    /// `known_since` and was never heard of?
    pub(super) fn weigh(
        &mut self,
        records: Vec<Record>,
        own: Stretch,
        (now, at): (Timestamp, Instant),
        known_since: Option<Timestamp>,
    ) -> usize {
        for writer in self.known.values_mut() {
            writer.is_recorded = false;
        }
        for record in records {
            if record.writer != self.own {
                let writer = self.known.entry(record.writer).or_default();
                writer.take(record, (now, at), known_since);
            }
        }
        let mut silent = 0;
        for presence in self.known.values_mut().flat_map(|it| &mut it.presence) {
            silent += usize::from(presence.falls_silent(at));
        }
        for (id, (low, last)) in self.known_by_others() {
            self.known.entry(id).or_default().numbers.expect(low, last);
        }
        let numbers = &mut self.known.entry(self.own).or_default().numbers;
        numbers.expect(own.low, own.last);
        for writer in self.known.values_mut() {
            writer.numbers.expect_all();
        }
        silent
    }

    /// What those who live have read.
    fn known_by_others(&self) -> HashMap<WriterId, (u64, u64)> {
        let mut all = HashMap::new();
        let living = self.known.values().filter(|writer| !writer.is_over());
        let records = living.filter_map(|writer| writer.record.as_ref());
        for stretch in records.flat_map(|record| &record.others) {
            if stretch.writer != self.own {
                let (low, last) = all
                    .entry(stretch.writer)
                    .or_insert((stretch.low, stretch.last));
                *low = stretch.low.min(*low);
                *last = stretch.last.max(*last);
            }
        }
        all
    }

    /// Whether anything is missing of what others have written.
    pub(super) fn lack_any(&self) -> bool {
        let others = self.known.iter().filter(|(id, _)| **id != self.own);
        others.map(|(_, it)| &it.numbers).any(Numbers::lack_any)
    }

    /// Whether anything is missing of what this process has written.
    pub(super) fn lack_own(&self) -> bool {
        let own = self.known.get(&self.own);
        own.is_some_and(|own| own.numbers.lack_any())
    }

    /// What others have written and is missing now is asked for no more.
    pub(super) fn settle(&mut self) {
        let others = self.known.iter_mut().filter(|(id, _)| **id != self.own);
        others.for_each(|(_, writer)| writer.numbers.settle());
    }

    /// The same of what this process has written.
    pub(super) fn settle_own(&mut self) {
        if let Some(own) = self.known.get_mut(&self.own) {
            own.numbers.settle();
        }
    }

    /// For so long nothing could be read: nobody was silent then.
    pub(super) fn forgive(&mut self, cut: Duration) {
        let presences = self.known.values_mut().flat_map(|it| &mut it.presence);
        presences.for_each(|presence| presence.forgive(cut));
    }

    /// What was read of others since then, for those who come later.
    pub(super) fn knowledge(&self, since: Timestamp) -> Vec<Stretch> {
        let others = self.known.iter().filter(|(id, _)| **id != self.own);
        let matter = others.filter(|(_, it)| !it.is_over() || it.numbers.has_any_since(since));
        matter
            .filter_map(|(id, writer)| writer.numbers.stretch(*id, since))
            .collect()
    }

    /// The newest records of those who live, and whether everything that they know of was read.
    pub(super) fn living(&self) -> impl Iterator<Item = (&Record, bool)> {
        let living = self.known.values().filter(|writer| {
            let presence = writer.presence.as_ref();
            presence.is_some_and(Presence::is_alive)
        });
        let records = living.filter_map(|writer| writer.record.as_ref());
        records.map(|record| {
            let covered = record.stretches().all(|stretch| self.cover(stretch));
            (record, covered)
        })
    }

    fn cover(&self, stretch: &Stretch) -> bool {
        if stretch.last < stretch.low || stretch.writer == self.own {
            return true;
        }
        let writer = self.known.get(&stretch.writer);
        writer.is_some_and(|writer| writer.numbers.cover(stretch))
    }

    /// Those that live no more, and whose record is older than that.
    pub(super) fn recorded_before(&self, since: Timestamp) -> impl Iterator<Item = WriterId> {
        let known = self.known.iter();
        known.filter_map(move |(id, writer)| {
            let record = writer.record.as_ref().filter(|_| writer.is_recorded)?;
            (writer.is_over() && record.time < since).then_some(*id)
        })
    }

    /// Forgets what is older, and those of whom nothing else is known.
    pub(super) fn forget_before(&mut self, since: Timestamp) {
        self.known.retain(|id, writer| {
            writer.numbers.forget_before(since);
            *id == self.own
                || writer.is_recorded
                || !writer.is_over()
                || writer.numbers.has_any_since(since)
        });
    }
}

impl Writer {
    fn take(
        &mut self,
        record: Record,
        (now, at): (Timestamp, Instant),
        known_since: Option<Timestamp>,
    ) {
        self.is_recorded = true;
        let is_news = match &mut self.presence {
            Some(presence) => presence.note(&record, now, at),
            empty => {
                *empty = Some(Presence::new(&record, now, at, known_since));
                true
            }
        };
        if is_news {
            self.numbers.expect(record.own.low, record.own.last);
            self.record = Some(record);
        }
    }

    fn is_over(&self) -> bool {
        self.presence.as_ref().is_none_or(Presence::is_over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    /// Three processes, of which this is the first.
    struct Scene {
        at: Instant,
        ids: [WriterId; 3],
        writers: Writers,
    }

    fn record_of(beat: u64, own: Stretch, others: &[Stretch]) -> Record {
        Record {
            writer: own.writer,
            beat,
            time: NOW,
            is_farewell: false,
            complete_since: None,
            retention: Duration::ZERO,
            own,
            others: others.to_vec(),
        }
    }

    fn scene() -> Scene {
        let ids = [(); 3].map(|()| WriterId::random().unwrap());
        Scene {
            at: Instant::now(),
            ids,
            writers: Writers::new(ids[0]),
        }
    }

    impl Scene {
        fn read(&mut self, writer: usize, numbers: impl IntoIterator<Item = u64>) {
            let notice = br#"{"kind":"session","sid":"a","issued":1,"received":2}"#;
            for number in numbers {
                self.writers.note(&Entry {
                    writer: self.ids[writer],
                    number,
                    time: NOW,
                    notice: portcullis::RevocationNotice::decode(notice).unwrap(),
                });
            }
        }

        fn stretch(&self, writer: usize, low: u64, last: u64) -> Stretch {
            let writer = self.ids[writer];
            Stretch { writer, low, last }
        }

        /// Holds what was read against these records, this second.
        fn weigh(&mut self, records: Vec<Record>, second: u64) -> usize {
            let own = self.stretch(0, 1, 0);
            let at = self.at + Duration::from_secs(second);
            self.writers.weigh(records, own, (NOW, at), None)
        }
    }

    #[test]
    fn what_a_writer_says_it_has_written_is_missed() {
        let mut scene = scene();
        scene.read(1, 5..=6);
        let record = record_of(1, scene.stretch(1, 5, 6), &[]);
        scene.weigh(vec![record], 0);
        assert!(!scene.writers.lack_any());
        let record = record_of(1, scene.stretch(1, 5, 7), &[]);
        scene.weigh(vec![record], 0);
        assert!(scene.writers.lack_any());
        scene.read(1, [7]);
        assert!(!scene.writers.lack_any());
    }

    #[test]
    fn an_older_record_says_nothing() {
        let mut scene = scene();
        for (beat, last) in [(2, 0), (1, 9)] {
            let record = record_of(beat, scene.stretch(1, 1, last), &[]);
            scene.weigh(vec![record], 0);
        }
        assert!(!scene.writers.lack_any());
    }

    #[test]
    fn what_one_knows_who_lives_of_another_is_missed() {
        let mut scene = scene();
        let knowing = |scene: &Scene, beat| {
            let known = scene.stretch(2, 3, 4);
            record_of(beat, scene.stretch(1, 1, 0), &[known])
        };
        let mut dead = knowing(&scene, 1);
        dead.time = NOW.minus(Duration::from_secs(60));
        scene.weigh(vec![dead], 0);
        assert!(!scene.writers.lack_any());
        let alive = knowing(&scene, 2);
        scene.weigh(vec![alive], 1);
        assert!(scene.writers.lack_any());
        scene.read(2, 3..=4);
        assert!(!scene.writers.lack_any());
    }

    #[test]
    fn of_one_whom_nobody_knows_everything_is_missed() {
        let mut scene = scene();
        scene.read(2, [3]);
        assert!(!scene.writers.lack_any());
        scene.weigh(vec![], 0);
        assert!(scene.writers.lack_any());
        scene.writers.settle();
        assert!(!scene.writers.lack_any());
    }

    #[test]
    fn what_is_missing_of_ones_own_is_another_matter() {
        let mut scene = scene();
        let own = scene.stretch(0, 1, 2);
        let known = scene.stretch(0, 1, 9);
        let record = record_of(1, scene.stretch(1, 1, 0), &[known]);
        let at = scene.at;
        scene.writers.weigh(vec![record], own, (NOW, at), None);
        assert!(scene.writers.lack_own() && !scene.writers.lack_any());
        scene.writers.settle();
        assert!(scene.writers.lack_own());
        scene.read(0, 1..=2);
        assert!(!scene.writers.lack_own());
    }

    #[test]
    fn what_is_told_to_others_is_what_matters_to_them() {
        let mut scene = scene();
        scene.read(0, 1..=2);
        scene.read(1, 1..=2);
        scene.read(2, [4]);
        let record = record_of(1, scene.stretch(1, 1, 2), &[]);
        scene.weigh(vec![record], 0);
        let mut known = scene.writers.knowledge(NOW);
        known.sort_by_key(|stretch| stretch.low);
        assert_eq!(known, [scene.stretch(1, 1, 2), scene.stretch(2, 4, 4)]);
        // Of one who lives it matters where its numbers go on.
        let later = NOW.plus(Duration::from_secs(120));
        assert_eq!(scene.writers.knowledge(later), [scene.stretch(1, 3, 2)]);
    }

    #[test]
    fn who_is_silent_and_long_gone_is_forgotten() {
        let mut scene = scene();
        scene.read(1, [1]);
        let record = record_of(1, scene.stretch(1, 1, 1), &[]);
        let records = || vec![record.clone()];
        assert_eq!(scene.weigh(records(), 0), 0);
        assert_eq!(scene.weigh(records(), 6), 1);
        assert_eq!(scene.weigh(records(), 12), 0);
        let later = NOW.plus(Duration::from_secs(120));
        let left: Vec<_> = scene.writers.recorded_before(later).collect();
        assert_eq!(left, [scene.ids[1]]);
        scene.weigh(vec![], 13);
        assert_eq!(scene.writers.recorded_before(later).count(), 0);
        scene.writers.forget_before(NOW);
        assert_eq!(scene.writers.known.len(), 2);
        scene.writers.forget_before(later);
        assert_eq!(scene.writers.known.len(), 1);
    }
}

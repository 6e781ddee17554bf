use std::{collections::HashMap, time::Duration};

use portcullis::Timestamp;
use tokio::time::Instant;

use super::{WriterId, writers::Writers};

/// What an instance that has just started may take over: from when on others have missed nothing,
/// if it has read everything that they have.
#[derive(Debug)]
pub(super) struct Inheritance {
    /// When it began; `None` once it is over.
    began: Option<Instant>,
    sources: HashMap<WriterId, Source>,
}

/// One from whom something is taken over.
#[derive(Debug)]
struct Source {
    /// From when on it has missed nothing, it said.
    complete_since: Timestamp,
    /// Since when it knows everything.
    knows_since: Timestamp,
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Legacy {
    Nothing,
    /// Everything since then is known.
    Since(Timestamp),
    /// What was taken over is not true.
    Doubtful,
}

impl Inheritance {
    /// How long others are waited for.
    const OPEN: Duration = Duration::from_secs(10);
    /// How long it is watched whether they stand by what they said: an instance may have had a doubt
    /// that its last record did not tell yet.
    const WATCHED: Duration = Duration::from_secs(20);
    /// How old a record may be to be believed, or dated ahead.
    const FRESH: Duration = Duration::from_secs(6);
    /// How far the same moment may move between two records.
    const JITTER: Duration = Duration::from_secs(1);

    pub(super) fn new(at: Instant) -> Self {
        Self {
            began: Some(at),
            sources: HashMap::new(),
        }
    }

    /// Takes nothing over any more: what is known since a doubt is known without others.
    pub(super) fn end(&mut self) {
        self.began = None;
    }

    pub(super) fn weigh(&mut self, writers: &Writers, now: Timestamp, at: Instant) -> Legacy {
        let passed = self.began.map(|began| at.saturating_duration_since(began));
        let Some(passed) = passed.filter(|passed| *passed <= Self::WATCHED) else {
            return Legacy::Nothing;
        };
        for (record, is_covered) in writers.living() {
            let said = record.complete_since.zip(record.knows_since());
            let Some((complete_since, knows_since)) = said else {
                continue;
            };
            let age = now.since(record.time).max(record.time.since(now));
            match self.sources.get(&record.writer) {
                Some(said) if complete_since > said.complete_since.plus(Self::JITTER) => {
                    self.end();
                    return Legacy::Doubtful;
                }
                None if is_covered && age <= Self::FRESH && passed <= Self::OPEN => {
                    let source = Source {
                        complete_since,
                        knows_since,
                    };
                    self.sources.insert(record.writer, source);
                }
                Some(_) | None => {}
            }
        }
        let earliest = self.sources.values().map(|source| source.knows_since).min();
        earliest.map_or(Legacy::Nothing, Legacy::Since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{
        entry::Entry,
        record::{Record, Stretch},
    };

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
    const SINCE: Timestamp = Timestamp::from_seconds(1_699_999_000);

    /// One who lives and has written three entries, and one who has read all of them but what is
    /// left out.
    struct Scene {
        at: Instant,
        other: WriterId,
        writers: Writers,
        inheritance: Inheritance,
    }

    impl Scene {
        fn with(read: &[u64]) -> Self {
            let [own, other] = [(); 2].map(|()| WriterId::random().unwrap());
            let at = Instant::now();
            let mut writers = Writers::new(own);
            let notice = br#"{"kind":"session","sid":"a","issued":1,"received":2}"#;
            for number in read {
                writers.note(&Entry {
                    writer: other,
                    number: *number,
                    time: NOW,
                    notice: portcullis::RevocationNotice::decode(notice).unwrap(),
                });
            }
            Self {
                at,
                other,
                writers,
                inheritance: Inheritance::new(at),
            }
        }

        fn record(&self, beat: u64, since: Timestamp) -> Record {
            let (writer, time) = (self.other, NOW);
            Record {
                writer,
                beat,
                time,
                is_farewell: false,
                complete_since: Some(since),
                retention: Duration::from_secs(3600),
                own: Stretch {
                    writer,
                    low: 1,
                    last: 3,
                },
                others: Vec::new(),
            }
        }

        fn weigh(&mut self, record: Record, seconds: u64) -> Legacy {
            let at = self.at + Duration::from_secs(seconds);
            let own = Stretch {
                writer: WriterId::random().unwrap(),
                low: 1,
                last: 0,
            };
            self.writers.weigh(vec![record], own, (NOW, at), None);
            self.inheritance.weigh(&self.writers, NOW, at)
        }

        /// What comes of it when the other shows signs of life with these records.
        fn legacy(&mut self, sinces: &[Timestamp]) -> Vec<Legacy> {
            let records: Vec<_> = (1..)
                .zip(sinces)
                .map(|(beat, since)| (beat, self.record(beat, *since)))
                .collect();
            let weighed = records.into_iter();
            weighed
                .map(|(beat, record)| self.weigh(record, beat))
                .collect()
        }
    }

    #[test]
    fn what_one_knows_who_lives_is_taken_over_if_it_was_read() {
        let inherited = Scene::with(&[1, 2, 3]).legacy(&[SINCE; 2]);
        assert_eq!(inherited, [Legacy::Nothing, Legacy::Since(SINCE)]);
        for read in [&[1, 2][..], &[1, 3], &[2, 3], &[]] {
            let inherited = Scene::with(read).legacy(&[SINCE; 2]);
            assert_eq!(inherited, [Legacy::Nothing; 2], "{read:?}");
        }
    }

    #[test]
    fn what_one_has_forgotten_is_not_taken_over() {
        let mut scene = Scene::with(&[1, 2, 3]);
        let legacies: Vec<_> = (1..4)
            .map(|second| {
                let mut record = scene.record(second, SINCE);
                record.retention = Duration::from_secs(600);
                scene.weigh(record, second)
            })
            .collect();
        let remembered = Legacy::Since(NOW.minus(Duration::from_secs(600)));
        assert_eq!(legacies, [Legacy::Nothing, remembered, remembered]);
    }

    #[test]
    fn who_gives_no_sign_of_life_or_a_late_one_leaves_nothing() {
        let mut scene = Scene::with(&[1, 2, 3]);
        for seconds in 1..4 {
            let record = scene.record(1, SINCE);
            assert_eq!(scene.weigh(record, seconds), Legacy::Nothing);
        }
        let mut late = scene.record(2, SINCE);
        late.time = NOW.minus(Duration::from_secs(7));
        assert_eq!(scene.weigh(late, 4), Legacy::Nothing);
        let record = scene.record(3, SINCE);
        assert_eq!(scene.weigh(record, 11), Legacy::Nothing);
    }

    #[test]
    fn a_legacy_that_its_source_takes_back_is_doubtful_once() {
        let later = SINCE.plus(Duration::from_secs(2));
        let mut scene = Scene::with(&[1, 2, 3]);
        let inherited = scene.legacy(&[
            SINCE,
            SINCE,
            SINCE.plus(Duration::from_millis(9)),
            later,
            later,
        ]);
        let since = Legacy::Since(SINCE);
        let nothing = Legacy::Nothing;
        assert_eq!(
            inherited,
            [nothing, since, since, Legacy::Doubtful, nothing]
        );

        let mut scene = Scene::with(&[1, 2, 3]);
        scene.legacy(&[SINCE; 2]);
        scene.inheritance.end();
        let record = scene.record(3, later);
        assert_eq!(scene.weigh(record, 3), Legacy::Nothing);
    }
}

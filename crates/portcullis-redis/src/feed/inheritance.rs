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
    /// From whom, and what each said.
    sources: HashMap<WriterId, Timestamp>,
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

    pub(super) fn weigh(&mut self, writers: &Writers, now: Timestamp, at: Instant) -> Legacy {
        let passed = self.began.map(|began| at.saturating_duration_since(began));
        let Some(passed) = passed.filter(|passed| *passed <= Self::WATCHED) else {
            return Legacy::Nothing;
        };
        for (record, is_covered) in writers.living() {
            let Some(since) = record.complete_since else {
                continue;
            };
            let age = now.since(record.time).max(record.time.since(now));
            match self.sources.get(&record.writer) {
                Some(said) if since > said.plus(Self::JITTER) => {
                    self.began = None;
                    return Legacy::Doubtful;
                }
                None if is_covered && age <= Self::FRESH && passed <= Self::OPEN => {
                    self.sources.insert(record.writer, since);
                }
                Some(_) | None => {}
            }
        }
        let earliest = self.sources.values().min();
        earliest.map_or(Legacy::Nothing, |since| Legacy::Since(*since))
    }
}

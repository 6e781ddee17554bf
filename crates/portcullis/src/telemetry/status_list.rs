use std::sync::Arc;

use metrics::{Key, SharedString};

use super::{
    keys::{Counters, counter, gauge, of_issuer},
    metric,
    outcome::{StatusFetchOutcome, StatusOutcome},
};

/// What is counted of the status lists of one issuer.
#[derive(Debug)]
pub(crate) struct StatusListTelemetry {
    lookups: Counters<StatusOutcome>,
    fetches: Counters<StatusFetchOutcome>,
    bytes: Key,
    evictions: Key,
}

impl StatusListTelemetry {
    /// The issuer was built as one whose lists are looked at, and none is here yet.
    pub(crate) fn new(issuer: &Arc<str>) -> Self {
        let label = SharedString::from_shared(issuer.clone());
        let telemetry = Self {
            lookups: Counters::new(metric::STATUS_LOOKUPS, &label),
            fetches: Counters::new(metric::STATUS_FETCHES, &label),
            bytes: of_issuer(metric::STATUS_BYTES, &label),
            evictions: of_issuer(metric::STATUS_EVICTIONS, &label),
        };
        telemetry.lookups.begin();
        telemetry.fetches.begin();
        telemetry.kept(0, 0);
        telemetry
    }

    /// A token that names a list was looked up.
    pub(crate) fn lookup(&self, outcome: StatusOutcome) {
        self.lookups.increment(outcome);
    }

    /// A fetch of a list has ended.
    pub(crate) fn fetch(&self, outcome: StatusFetchOutcome) {
        self.fetches.increment(outcome);
    }

    /// So many bytes of lists are kept, and so many lists had to make room.
    pub(crate) fn kept(&self, bytes: usize, evicted: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        gauge(&self.bytes).set(bytes);
        let evicted = u64::try_from(evicted).unwrap_or(u64::MAX);
        counter(&self.evictions).increment(evicted);
    }
}

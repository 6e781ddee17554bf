use std::{sync::Arc, time::Duration};

use metrics::{Key, SharedString};

use super::{
    keys::{Counters, counter, gauge, of_issuer},
    metric,
    outcome::{
        Coverage, CutOffPoll, FeedEvent, NoticeOutcome, RecheckOutcome, SharedOutcome,
        StandingOutcome,
    },
};
use crate::Timestamp;

/// What is counted of the news about one issuer's tokens. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct RevocationTelemetry {
    keys: Arc<Keys>,
}

#[derive(Debug)]
struct Keys {
    standings: Counters<StandingOutcome>,
    coverage: Counters<Coverage>,
    notices: Counters<NoticeOutcome>,
    feed: Counters<FeedEvent>,
    cut_off_polls: Counters<CutOffPoll>,
    rechecks: Counters<RecheckOutcome>,
    shared: Counters<SharedOutcome>,
    silent_ends: Key,
    evictions: Key,
    entries: Key,
    complete_since: Key,
    overdue: Key,
}

impl RevocationTelemetry {
    pub(crate) fn new(issuer: &Arc<str>) -> Self {
        let label = SharedString::from_shared(issuer.clone());
        let of_issuer = |metric| of_issuer(metric, &label);
        let keys = Keys {
            standings: Counters::new(metric::STANDINGS, &label),
            coverage: Counters::new(metric::COVERAGE, &label),
            notices: Counters::new(metric::NOTICES, &label),
            feed: Counters::new(metric::FEED_IGNORED, &label),
            cut_off_polls: Counters::new(metric::CUT_OFF_POLLS, &label),
            rechecks: Counters::new(metric::RECHECKS, &label),
            shared: Counters::new(metric::SHARED_FACTS, &label),
            silent_ends: of_issuer(metric::SILENT_ENDS),
            evictions: of_issuer(metric::EVICTIONS),
            entries: of_issuer(metric::ENTRIES),
            complete_since: of_issuer(metric::COMPLETE_SINCE),
            overdue: of_issuer(metric::OVERDUE),
        };
        Self {
            keys: Arc::new(keys),
        }
    }

    /// News of the issuer is listened to.
    pub(crate) fn is_fed(&self) {
        let keys = &self.keys;
        keys.standings.begin();
        keys.coverage.begin();
        keys.notices.begin();
        keys.feed.begin();
        counter(&keys.silent_ends).increment(0);
        counter(&keys.evictions).increment(0);
        gauge(&keys.entries).set(0);
    }

    /// Tokens in use are asked about.
    pub(crate) fn rechecks(&self) {
        self.keys.rechecks.begin();
        self.overdue(Duration::ZERO);
    }

    /// The issuer is asked for its cut-off.
    pub(crate) fn polls_cut_off(&self) {
        self.keys.cut_off_polls.begin();
    }

    /// Facts are shared with other instances.
    pub(crate) fn shares_facts(&self) {
        self.keys.shared.begin();
    }

    /// Something was known against a token.
    pub(crate) fn standing(&self, outcome: StandingOutcome) {
        self.keys.standings.increment(outcome);
    }

    /// A good token was seen.
    pub(crate) fn coverage(&self, coverage: Coverage) {
        self.keys.coverage.increment(coverage);
    }

    /// A notice was received.
    pub(crate) fn notice(&self, outcome: NoticeOutcome) {
        self.keys.notices.increment(outcome);
    }

    /// A feed brought something that changed nothing.
    pub(crate) fn feed(&self, event: FeedEvent) {
        self.keys.feed.increment(event);
    }

    /// The issuer was asked for its cut-off.
    pub(crate) fn cut_off_poll(&self, outcome: CutOffPoll) {
        self.keys.cut_off_polls.increment(outcome);
    }

    /// A token in use was asked about.
    pub(crate) fn recheck(&self, outcome: RecheckOutcome) {
        self.keys.rechecks.increment(outcome);
    }

    /// A token that is served was last asked about longer ago than it should be, by so much.
    pub(crate) fn overdue(&self, by: Duration) {
        gauge(&self.keys.overdue).set(by);
    }

    /// Facts were looked for among those that instances share.
    pub(crate) fn shared(&self, outcome: SharedOutcome) {
        self.keys.shared.increment(outcome);
    }

    /// A token whose session's end should have been told is over, and nobody has told.
    pub(crate) fn silent_end(&self) {
        counter(&self.keys.silent_ends).increment(1);
    }

    /// There are so many entries, and so many had to go before their end.
    pub(crate) fn entries(&self, entries: usize, evicted: usize) {
        let count = u32::try_from(entries).unwrap_or(u32::MAX);
        gauge(&self.keys.entries).set(count);
        let evicted = u64::try_from(evicted).unwrap_or(u64::MAX);
        counter(&self.keys.evictions).increment(evicted);
    }

    /// Nothing was missed since then.
    pub(crate) fn complete_since(&self, since: Timestamp) {
        let since_epoch = since.since(Timestamp::from_seconds(0));
        gauge(&self.keys.complete_since).set(since_epoch);
    }
}

use std::sync::atomic::{AtomicI64, Ordering};

/// From when on an instance is known to have missed nothing that its feeds report. Moments are
/// milliseconds of the set's count, and may lie before it: what a feed has kept is known, too.
#[derive(Debug)]
pub(super) struct Completeness {
    /// Since when the instance listens, or from when on it was told what had come before.
    listening: AtomicI64,
    /// When something may have been missed last.
    doubted: AtomicI64,
    /// From when on each source is silent, unless it is heard until then.
    silent_from: [AtomicI64; 2],
    /// When an entry last had to go before its end.
    forgot: AtomicI64,
}

/// Where news comes from, and can fail to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The feed between instances. What it says late it has not failed to say.
    Feed,
    /// The notices of the issuer, of which a canary tells whether they come. What was to come
    /// while they did not never will.
    Canary,
}

/// Later than everything.
const NEVER: i64 = i64::MAX;
/// Earlier than everything.
const EVER: i64 = i64::MIN;

impl Completeness {
    /// While a source is silent everything is in doubt again each time so much has passed.
    const STEP: i64 = 30_000;

    /// Of a canary it is known from when on it is missed unless it is heard until then.
    pub(super) fn new(canary_is_due: Option<i64>) -> Self {
        Self {
            listening: AtomicI64::new(NEVER),
            doubted: AtomicI64::new(EVER),
            silent_from: [
                AtomicI64::new(NEVER),
                AtomicI64::new(canary_is_due.unwrap_or(NEVER)),
            ],
            forgot: AtomicI64::new(EVER),
        }
    }

    /// From when on nothing was missed. The first who asks begins the count: by then there is
    /// somebody who serves requests, and so somebody who takes notices.
    pub(super) fn since(&self, now: i64) -> i64 {
        let listening = match self.listening.load(Ordering::Acquire) {
            NEVER => self.listen(now),
            since => since,
        };
        let silent = self.silent_from.iter().map(|from| {
            let from = from.load(Ordering::Acquire);
            if from > now {
                EVER
            } else {
                now - (now - from) % Self::STEP
            }
        });
        let known = listening.max(self.doubted.load(Ordering::Acquire));
        silent.fold(known, i64::max)
    }

    fn listen(&self, now: i64) -> i64 {
        self.listening.fetch_min(now, Ordering::AcqRel).min(now)
    }

    /// It listens since `now` and no longer. Where nobody has asked yet, that begins later still.
    pub(super) fn listen_anew(&self, now: i64) {
        let later = |since: i64| (since < now).then_some(now);
        // Where it is later already, nothing has to change.
        let _ = self
            .listening
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, later);
    }

    /// The instance was told everything from `since` on, and without a gap.
    pub(super) fn reach_back(&self, since: i64) {
        self.listening.fetch_min(since, Ordering::AcqRel);
    }

    /// Something may have been missed until now.
    pub(super) fn doubt(&self, now: i64) {
        self.doubted.fetch_max(now, Ordering::AcqRel);
    }

    /// An entry had to go before its end.
    pub(super) fn forget(&self, now: i64) {
        self.forgot.fetch_max(now, Ordering::AcqRel);
        self.doubt(now);
    }

    /// When an entry last had to go before its end, if any had to.
    pub(super) fn forgot(&self) -> Option<i64> {
        Some(self.forgot.load(Ordering::Acquire)).filter(|forgot| *forgot != EVER)
    }

    /// The source is heard at `now`, and silent from `next` on unless it is heard again. What is heard
    /// so late that it should have been heard again by now says nothing of now.
    pub(super) fn hear(&self, source: Source, now: i64, next: Option<i64>) {
        let next = next.unwrap_or(NEVER);
        if next <= now {
            return;
        }
        if source == Source::Canary && self.is_silent(source, now) {
            self.doubt(now);
        }
        self.silent_from(source).fetch_max(next, Ordering::AcqRel);
    }

    /// The source is silent from now on.
    pub(super) fn lose(&self, source: Source, now: i64) {
        self.silent_from(source).fetch_min(now, Ordering::AcqRel);
    }

    pub(super) fn is_silent(&self, source: Source, now: i64) -> bool {
        self.silent_from(source).load(Ordering::Acquire) <= now
    }

    fn silent_from(&self, source: Source) -> &AtomicI64 {
        let [feed, canary] = &self.silent_from;
        match source {
            Source::Feed => feed,
            Source::Canary => canary,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_with_the_first_who_asks() {
        let completeness = Completeness::new(None);
        assert_eq!(completeness.since(500), 500);
        assert_eq!(completeness.since(900), 500);
    }

    #[test]
    fn what_is_listened_to_late_is_not_known_from_the_beginning() {
        let completeness = Completeness::new(None);
        completeness.listen_anew(100);
        assert_eq!(completeness.since(500), 500);
        completeness.listen_anew(900);
        assert_eq!(completeness.since(1_000), 900);
        completeness.listen_anew(800);
        assert_eq!(completeness.since(1_000), 900);
        completeness.reach_back(-3_600_000);
        assert_eq!(completeness.since(1_000), -3_600_000);
    }

    #[test]
    fn a_doubt_is_never_taken_back_and_what_a_feed_has_kept_is_no_doubt() {
        let completeness = Completeness::new(None);
        completeness.since(500);
        completeness.reach_back(-3_600_000);
        assert_eq!(completeness.since(900), -3_600_000);
        completeness.doubt(1_000);
        completeness.reach_back(-3_600_000);
        assert_eq!(completeness.since(2_000), 1_000);
    }

    #[test]
    fn a_silent_canary_leaves_a_doubt_and_a_silent_feed_none() {
        let completeness = Completeness::new(Some(60_000));
        completeness.since(0);
        assert_eq!(completeness.since(59_999), 0);
        assert_eq!(completeness.since(60_000), 60_000);
        assert_eq!(completeness.since(89_999), 60_000);
        assert_eq!(completeness.since(90_000), 90_000);
        completeness.hear(Source::Canary, 95_000, Some(155_000));
        assert_eq!(completeness.since(100_000), 95_000);

        completeness.lose(Source::Feed, 100_000);
        assert_eq!(completeness.since(131_000), 130_000);
        completeness.hear(Source::Feed, 135_000, None);
        assert_eq!(completeness.since(140_000), 95_000);
    }
}

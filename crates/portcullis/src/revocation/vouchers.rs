use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use memchr::memchr;

use super::{Ended, RevocationSet, Standing, set::Inner};
use crate::{
    Timestamp, TokenFacts,
    token_notes::{Afterlife, TokenNotes},
};

/// Which token was called active last, and when the call began that said so: what clears a doubt
/// about this very token and about no other. Losing one costs a call.
pub(super) struct Vouchers {
    /// What is kept of a token is changed where it stands: the cache learns nothing by it.
    last: TokenNotes<TokenMark, Arc<Mutex<Voucher>>>,
    afterlife: Afterlife,
    secrets: [RandomState; 2],
}

/// How many milliseconds the ticks of a clock may be apart: where it goes by timer interrupts, up to 15.6.
const TICK: u64 = 16;

/// The last active answer about a token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Voucher {
    /// When its call began: how old it is.
    pub(super) began: Instant,
    /// When that was at the earliest, by whichever clock: what it comes after.
    pub(super) earliest: Instant,
    /// The date of the doubt that was known when the call began, or one before it: it is cleared, though by its
    /// date, which is rounded up, and by a coarse clock it may seem to be as new as the call.
    pub(super) known: Option<Instant>,
}

impl Voucher {
    /// Whether the call began after a doubt of this date.
    pub(super) fn clears(self, since: Instant) -> bool {
        self.earliest > since || self.knew(since)
    }

    /// Whether it is younger than so.
    pub(super) fn is_younger_than(self, since: Instant) -> bool {
        self.began > since || self.knew(since)
    }

    fn knew(self, since: Instant) -> bool {
        self.known.is_some_and(|known| known >= since)
    }

    /// Both in one: what either has cleared stays cleared, and was not asked about any more.
    fn and(self, other: Self) -> Self {
        Self {
            began: self.began.max(other.began),
            earliest: self.earliest.max(other.earliest),
            known: self.known.max(other.known),
        }
    }
}

/// A token as this process remembers it: a digest under a secret of its own, of as much of the
/// token as tells it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenMark(u64, u64);

/// The date of what is known against a token when a call about it begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownDoubt(Instant);

impl RevocationSet {
    /// What is known against a token that is about to be asked about: an active answer clears it, whatever
    /// the clock says.
    ///
    /// # Errors
    /// When the token is over: there is nothing to ask.
    pub(crate) fn before_asking(&self, facts: &TokenFacts) -> Result<Option<KnownDoubt>, Ended> {
        let since = match self.look_up(facts) {
            Standing::Revoked(ended) => return Err(ended),
            Standing::Clear => return Ok(None),
            Standing::Ask(doubt) => doubt.since(),
        };
        Ok(Some(KnownDoubt(self.will_clear(since))))
    }

    /// A call begins whose answer will clear doubts up to this date: what is learned from now on is dated
    /// later. Where that would run ahead of the clock by more than its ticks are apart, the answer clears what
    /// is dated up to the moment that is returned, and no more.
    pub(crate) fn will_clear(&self, since: Instant) -> Instant {
        let moments = &self.inner.moments;
        let now = moments.monotonic();
        // Otherwise the clock sees to that.
        if since < now {
            return since;
        }
        let latest = moments.milliseconds(now).saturating_add(TICK);
        let cleared = moments.milliseconds(since).min(latest);
        self.inner.cleared.fetch_max(cleared, Ordering::SeqCst);
        since.min(self.inner.instant(latest))
    }

    /// Remembers that the answer which these facts are calls their token active, when that ends by all that is
    /// said of it, and what was known against it when the call began.
    pub(crate) fn vouch(
        &self,
        facts: &TokenFacts,
        exp: Option<Timestamp>,
        known: Option<KnownDoubt>,
    ) {
        let asked = (facts.asked_at(), facts.asked_at_the_earliest());
        if let (Some(mark), (Some(began), Some(earliest))) = (facts.mark(), asked) {
            let voucher = Voucher {
                began,
                earliest,
                known: known.map(|KnownDoubt(since)| since),
            };
            let Inner {
                vouchers, moments, ..
            } = &*self.inner;
            let life = vouchers.afterlife.until(exp, moments.wall());
            vouchers.note(mark, voucher, life);
        }
    }

    /// When the call began that last called the token of these facts active.
    pub(crate) fn vouched(&self, facts: &TokenFacts) -> Option<Instant> {
        self.inner.voucher(facts).map(|voucher| voucher.began)
    }

    /// When a call began at the earliest that called it active: what it is known to come after.
    pub(crate) fn vouched_at_the_earliest(&self, facts: &TokenFacts) -> Option<Instant> {
        self.inner.voucher(facts).map(|voucher| voucher.earliest)
    }
}

impl Inner {
    /// The last answer that called the token of these facts active.
    pub(super) fn voucher(&self, facts: &TokenFacts) -> Option<Voucher> {
        self.vouchers.last(facts.mark()?)
    }
}

impl Vouchers {
    const LIMIT: u64 = 200_000;
    /// Of a JWT the end of its signature is enough; nothing shorter is cut.
    const TAIL: usize = 64;

    /// None yet. What each says may matter for so long after the end of its token.
    pub(super) fn new(afterlife: Afterlife) -> Self {
        Self {
            last: TokenNotes::with_room_for(Self::LIMIT),
            afterlife,
            secrets: [RandomState::new(), RandomState::new()],
        }
    }

    #[cfg(test)]
    pub(super) fn afterlife(&self) -> Afterlife {
        self.afterlife
    }

    /// The mark of a JWT, by the end of its signature. Only of one whose signature is good, or that the server calls
    /// active, may anything be concluded from it.
    pub(super) fn mark_of_jwt(&self, token: &[u8]) -> TokenMark {
        // The tail is looked through, and then the beginning: what lies between is long, and says nothing.
        let has_dot = |bytes: &[u8]| memchr(b'.', bytes).is_some();
        let tail = match token.split_last_chunk::<{ Self::TAIL }>() {
            Some((rest, tail)) if !has_dot(tail) && has_dot(rest) => tail,
            _ => token,
        };
        self.mark(tail)
    }

    /// The mark of any other token: what stands at its end may be the same for all.
    pub(super) fn mark(&self, token: &[u8]) -> TokenMark {
        let [first, second] = &self.secrets;
        TokenMark(digest(first, token), digest(second, token))
    }

    /// The last answer that called the token active.
    pub(super) fn last(&self, mark: TokenMark) -> Option<Voucher> {
        let last = self.last.get(&mark)?;
        let last = last.lock().unwrap_or_else(PoisonError::into_inner);
        Some(*last)
    }

    /// Remembers an answer that called the token active, for so long. The first answer says how long: a token whose end
    /// was put off since then is asked about once more, for want of a voucher.
    pub(super) fn note(&self, mark: TokenMark, voucher: Voucher, life: Option<Duration>) {
        if let Some(last) = self.last.get(&mark) {
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            *last = last.and(voucher);
            return;
        }
        // There is one call at a time about a token. Should two come to this at once all the same, the
        // earlier one may stay: that costs a call.
        self.last.insert(mark, Arc::new(Mutex::new(voucher)), life);
    }
}

fn digest(secret: &RandomState, bytes: &[u8]) -> u64 {
    let mut hasher = secret.build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, Expectations, ManualClock, revocation::RevocationPolicy};

    /// As kept by one for whom nothing matters once a token has ended.
    #[test]
    fn an_answer_leaves_with_its_token() {
        let clock = ManualClock::at(1_700_000_000);
        let (policy, issuer) = (RevocationPolicy::default(), "https://id.example.com");
        let mut set = RevocationSet::new(issuer.into(), policy, Arc::new(clock.clone()));
        let inner = Arc::get_mut(&mut set.inner).unwrap();
        inner.vouchers = Vouchers::new(Afterlife::NONE);
        let expectations = Arc::new(Expectations::audience("api"));
        let facts = |token: &str| {
            let facts = TokenFacts::from_json("{}", &expectations).unwrap();
            facts
                .with_mark(Some(set.mark(token)))
                .with_asked_at(clock.monotonic())
        };
        let over = Timestamp::from_seconds(1_700_000_000);
        let later = over.plus(Duration::from_secs(60));
        for (token, exp) in [
            ("endless", None),
            ("is over", Some(over)),
            ("is here", Some(later)),
        ] {
            set.vouch(&facts(token), exp, None);
        }
        assert_eq!(set.inner.vouchers.last.count(), 2);
        let now = Some(clock.monotonic());
        assert_eq!(set.vouched(&facts("endless")), now);
        assert_eq!(set.vouched(&facts("is over")), None);
        assert_eq!(set.vouched(&facts("is here")), now);
    }
}

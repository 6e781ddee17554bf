use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use super::{
    RevocationFeed, RevocationSink,
    bells::Bells,
    completeness::{Completeness, Source},
    cut_off::CutOff,
    entries::{Entries, Entry, Key, Kind},
    look_up::LookUp,
    moments::{Moment, Moments},
    origin::Instance,
    policy::RevocationPolicy,
    standing::{Ended, Standing},
    tasks::Tasks,
    turn::TokenTurns,
    vouchers::{TokenMark, Vouchers},
};
use crate::{
    Cause, Clock, ClockReading, Timestamp, TokenFacts,
    claims::RegisteredClaims,
    pacing::Turns,
    telemetry::{Coverage, RevocationTelemetry},
    verify::Shape,
};

/// Everything that is known to be over of what one issuer has issued: sessions, subjects, clients,
/// tokens. Every request looks into it, whoever has vouched for its token, the authorization server
/// included. Cheap to clone; clones are the same set.
///
/// Looking up takes no lock, and with a million entries a hundredth of the time of a signature
/// check. An entry takes up at most 64 bytes. It is kept for as long as a token can live that it is
/// about, and longer while such tokens come. Where there is no room for another, those that are
/// next to end go first, and tokens that they may have been about are asked about from then on.
#[derive(Clone)]
pub struct RevocationSet {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) issuer: Arc<str>,
    pub(super) entries: Entries,
    pub(super) cut_off: CutOff,
    pub(super) completeness: Completeness,
    pub(super) vouchers: Vouchers,
    /// The latest date of a doubt that a call clears although the clock does not show that it began later,
    /// in milliseconds of the count; ahead of the clock by one of its ticks at the most.
    pub(super) cleared: AtomicU64,
    /// Under which name others tell again what this instance was told.
    pub(super) instance: Option<Instance>,
    pub(super) policy: RevocationPolicy,
    pub(super) moments: Moments,
    pub(super) telemetry: RevocationTelemetry,
    /// Rings when the issuer's cut-off may have moved.
    pub(super) bell: Arc<Notify>,
    /// Ring when something is known that was not.
    pub(super) bells: Bells,
    /// Who tells the other instances.
    pub(super) feed: OnceLock<Arc<dyn RevocationFeed>>,
    /// For questions that nobody has asked for.
    pub(super) turns: TokenTurns,
    pub(super) tasks: Tasks,
}

impl RevocationSet {
    pub(crate) fn new(issuer: Arc<str>, policy: RevocationPolicy, clock: Arc<dyn Clock>) -> Self {
        let telemetry = RevocationTelemetry::new(&issuer);
        if policy.is_fed {
            telemetry.is_fed();
        }
        // What others have known for longer is over, too.
        let moments = Moments::new(clock.clone(), policy.retention());
        let now = moments.now().milliseconds();
        let canary = policy.canary.as_ref();
        let canary_is_due = canary.map(|(_, period)| now + 2 * milliseconds(*period));
        let inner = Inner {
            issuer,
            entries: Entries::with_capacity(policy.capacity),
            cut_off: CutOff::default(),
            completeness: Completeness::new(canary_is_due),
            vouchers: Vouchers::new(policy.afterlife()),
            cleared: AtomicU64::new(0),
            instance: Instance::random(),
            turns: TokenTurns::new(Turns::new(policy.budget, clock)),
            moments,
            policy,
            telemetry,
            bell: Arc::default(),
            bells: Bells::default(),
            feed: OnceLock::new(),
            tasks: Tasks::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// What is known against a token, by what its facts say of it.
    #[must_use]
    pub fn look_up(&self, facts: &TokenFacts) -> Standing {
        self.look_up_at(facts, self.now())
    }

    /// The same for those who have just asked the clock, which takes about as long as everything
    /// else: `now` is the wall time at this moment.
    #[must_use]
    pub fn look_up_at(&self, facts: &TokenFacts, now: Timestamp) -> Standing {
        let inner = &*self.inner;
        inner.tasks.begin();
        LookUp::new(inner, facts, now, None).standing()
    }

    /// The same for those who have looked at both of its faces.
    pub(crate) fn look_up_by(&self, facts: &TokenFacts, now: ClockReading) -> Standing {
        let inner = &*self.inner;
        inner.tasks.begin();
        LookUp::new(inner, facts, now.wall, Some(now.monotonic)).standing()
    }

    /// Whether anything is known to be over of what the token says of itself. It may be an invention.
    pub(crate) fn ended(&self, facts: &TokenFacts) -> Option<Ended> {
        match self.look_up(facts) {
            Standing::Revoked(ended) => Some(ended),
            Standing::Clear | Standing::Ask(_) => None,
        }
    }

    /// Whether there ever was an entry, or a cut-off.
    pub(crate) fn knows_of_ends(&self) -> bool {
        self.inner.entries.view().is_some() || self.inner.cut_off.is_set()
    }

    /// From when on this instance is known to have missed nothing that its feeds report, by its own
    /// clock. `None` where nothing is fed into it.
    #[must_use]
    pub fn complete_since(&self) -> Option<Timestamp> {
        let inner = &*self.inner;
        let now = inner.moments.now();
        let since = || inner.completeness.since(now.milliseconds());
        inner.policy.is_fed.then(|| now.wall_at(since()))
    }

    /// How many entries there are. Looks at each of them.
    #[must_use]
    pub fn len(&self) -> usize {
        let now = self.inner.moments.now();
        self.inner.entries.count(now.minute())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes the entries take up, the room for more included.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.inner.entries.bytes()
    }

    /// Who has issued what it is about.
    pub(crate) fn issuer(&self) -> &Arc<str> {
        &self.inner.issuer
    }

    pub(crate) fn telemetry(&self) -> &RevocationTelemetry {
        &self.inner.telemetry
    }

    #[cfg(test)]
    pub(crate) fn afterlife(&self) -> crate::token_notes::Afterlife {
        self.inner.vouchers.afterlife()
    }

    /// A way into the set that keeps nobody alive.
    pub(crate) fn sink(&self) -> RevocationSink {
        let issuer = self.inner.issuer.clone();
        RevocationSink::new(Arc::downgrade(&self.inner), issuer)
    }

    /// The mark of a token, whatever it is.
    pub(crate) fn mark(&self, token: &str) -> TokenMark {
        match Shape::of(token) {
            Shape::Jwt => self.mark_of_jwt(token.as_bytes()),
            Shape::Encrypted | Shape::Opaque => self.inner.vouchers.mark(token.as_bytes()),
        }
    }

    /// The same for one that is known to be a JWT.
    pub(crate) fn mark_of_jwt(&self, token: &[u8]) -> TokenMark {
        self.inner.vouchers.mark_of_jwt(token)
    }

    /// Whether notices tell of the end of the token's session.
    pub(crate) fn covers(&self, facts: &TokenFacts) -> bool {
        self.covers_sessions_of(facts.registered())
    }

    /// The same of what a token says.
    pub(crate) fn covers_sessions_of(&self, claims: &RegisteredClaims) -> bool {
        let covered = &self.inner.policy.covered;
        let party = claims.authorized_party();
        party.is_some_and(|party| covered.iter().any(|own| own == party))
    }

    /// Counts a good token by whether notices tell of the end of its session: facts of the issuer whose set
    /// this is.
    pub(crate) fn count_coverage(&self, facts: &TokenFacts) {
        if self.inner.policy.is_fed {
            self.inner.telemetry.coverage(if facts.terms().is_covered {
                Coverage::Covered
            } else {
                Coverage::Uncovered
            });
        }
    }

    /// When a call began that called another token of the same session inactive, if any has.
    pub(crate) fn sibling_condemned(&self, facts: &TokenFacts) -> Option<Instant> {
        let inner = &*self.inner;
        let view = inner.entries.view()?;
        let name = facts.registered().sid.as_deref()?;
        let now = inner.moments.now();
        let entry = view.find(Key::new(Kind::SuspectSession, name), || now.minute())?;
        Some(inner.arrival(entry))
    }

    /// A token was found to be over. Where a notice should have told of it before, and has not, that
    /// is counted.
    pub(crate) fn note_end(&self, facts: &TokenFacts) {
        let inner = &*self.inner;
        let Some(name) = facts.registered().sid.as_deref() else {
            return;
        };
        let session = Key::new(Kind::Session, name);
        let minute = || inner.moments.now().minute();
        let view = inner.entries.view();
        let was_told = view.is_some_and(|view| view.find(session, minute).is_some());
        if self.covers(facts) && !was_told {
            inner.telemetry.silent_end();
        }
    }

    /// What keeps the set from knowing everything. What cannot be asked about matters more where
    /// nobody can be asked.
    pub(crate) fn causes(&self, can_ask: bool) -> Vec<Cause> {
        let inner = &*self.inner;
        let now = inner.moments.now().milliseconds();
        let remembered = now.saturating_sub(milliseconds(self.retention()));
        let is_incomplete = || {
            let is_borne = inner.policy.is_fed && !inner.policy.is_strict && !can_ask;
            is_borne && inner.completeness.since(now) > remembered
        };
        let completeness = &inner.completeness;
        if let Some(since) = self.complete_since() {
            inner.telemetry.complete_since(since);
        }
        [
            (
                completeness.forgot() >= Some(remembered),
                Cause::RevocationsForgotten,
            ),
            (
                completeness.is_silent(Source::Canary, now),
                Cause::NoticesSilent,
            ),
            (completeness.is_silent(Source::Feed, now), Cause::FeedSilent),
            (is_incomplete(), Cause::RevocationsIncomplete),
        ]
        .into_iter()
        .filter_map(|(holds, cause)| holds.then_some(cause))
        .collect()
    }

    /// Something that goes on in the background for as long as the set is wanted, and how to begin it.
    pub(crate) fn add_task<F>(&self, begin: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.inner.tasks.add(begin);
    }

    /// Begins what goes on in the background, if it has not begun and there is a tokio runtime.
    pub(crate) fn begin(&self) {
        self.inner.tasks.begin();
    }

    /// Rings when the issuer's cut-off may have moved.
    pub(crate) fn bell(&self) -> &Arc<Notify> {
        &self.inner.bell
    }

    /// Takes over where the issuer's cut-off is now; whether it has moved.
    pub(crate) fn learn_cut_off(&self, cut_off: Option<Timestamp>) -> bool {
        let inner = &*self.inner;
        let arrived = inner.moments.instant(inner.arriving_now());
        let has_moved = inner.cut_off.learn(cut_off, arrived);
        if has_moved {
            inner.bells.ring_for_everybody();
        }
        has_moved
    }

    /// How long an entry is kept after its notice.
    pub(super) fn retention(&self) -> Duration {
        self.inner.policy.retention()
    }

    /// How far the clocks of two instances may differ.
    pub(super) fn leeway(&self) -> Duration {
        self.inner.policy.leeway
    }

    pub(super) fn now(&self) -> Timestamp {
        self.inner.moments.wall()
    }

    /// What was published before now may have been missed, until it is taken over.
    pub(super) fn listen(&self) {
        let inner = &*self.inner;
        inner.completeness.listen_anew(inner.arriving_now());
    }

    /// Everything that was published since then was taken over.
    pub(super) fn reach_back(&self, since: Timestamp) {
        let inner = &*self.inner;
        let now = inner.moments.now();
        let ago = i64::try_from(now.wall.since(since).as_millis()).unwrap_or(i64::MAX);
        let since = now.milliseconds().saturating_sub(ago);
        inner.completeness.reach_back(since);
    }

    /// Something may have been missed until now.
    pub(crate) fn doubt(&self) {
        let inner = &*self.inner;
        inner.completeness.doubt(inner.arriving_now());
    }

    pub(super) fn lose(&self, source: Source) {
        let inner = &*self.inner;
        inner.completeness.lose(source, inner.arriving_now());
    }

    pub(super) fn hear(&self, source: Source) {
        let inner = &*self.inner;
        inner.completeness.hear(source, inner.arriving_now(), None);
    }
}

impl Inner {
    /// When an entry ends that is looked up now.
    pub(super) fn end_of_entry(&self, now: Moment) -> u32 {
        super::entries::minutes(now.passed.saturating_add(self.policy.retention()))
    }

    /// When what is learned now has come, in milliseconds of the count: after each doubt that a call
    /// clears which is under way already.
    pub(super) fn arriving(&self, now: Moment) -> i64 {
        let cleared = self.cleared.load(Ordering::SeqCst);
        let cleared = i64::try_from(cleared).unwrap_or(i64::MAX);
        now.milliseconds().max(cleared.saturating_add(1))
    }

    /// The same at this moment.
    pub(super) fn arriving_now(&self) -> i64 {
        self.arriving(self.moments.now())
    }

    /// When the notice of an entry arrived.
    pub(super) fn arrival(&self, entry: Entry) -> Instant {
        self.instant(entry.arrived)
    }

    pub(super) fn instant(&self, milliseconds: u64) -> Instant {
        let milliseconds = i64::try_from(milliseconds).unwrap_or(i64::MAX);
        self.moments.instant(milliseconds)
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

impl From<Arc<Inner>> for RevocationSet {
    fn from(inner: Arc<Inner>) -> Self {
        Self { inner }
    }
}

impl fmt::Debug for RevocationSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationSet")
            .field("issuer", &self.inner.issuer)
            .finish_non_exhaustive()
    }
}

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use moka::{Expiry, policy::EvictionPolicy, sync::Cache};

use super::{digest::TokenDigest, suspicions::Suspicions};
use crate::{Clock, Freshness, TokenFacts, revocation::InactiveAnswer};

/// What the server has said lately: facts of active tokens, bounded by bytes, and apart from
/// them the names of inactive ones, so that a flood of bad tokens pushes out no good one.
///
/// The caches bound memory; how old a fact may be is judged by the clock, here, on each use.
pub(crate) struct Memory {
    active: Cache<TokenDigest, Arc<Active>>,
    /// When the call began that last said "inactive". Repeated for a few seconds only, and kept
    /// as a tombstone that no older answer gets past.
    inactive: Cache<TokenDigest, Instant>,
    suspicions: Suspicions,
    /// Tokens that are no inventions, and since when that is known.
    genuine: Cache<TokenDigest, Instant>,
    /// What is learned is compared with what is known and put in its place in one step.
    learning: Mutex<()>,
    life: Duration,
    clock: Arc<dyn Clock>,
}

struct Active {
    /// The newest answer. One that says the same as the one before it takes its place here, of which the
    /// cache need not know: it is as heavy, and ends at the same time.
    facts: ArcSwap<TokenFacts>,
    /// How long the token had to live when this was learned.
    rest: Option<Duration>,
}

impl Active {
    /// When the call began that was answered so.
    fn began(&self) -> Option<Instant> {
        self.facts.load().asked_at()
    }
}

/// Lets facts go when their token ends. This is about memory: whether a token has ended is judged
/// by the clock.
struct UntilTheEnd;

impl Expiry<TokenDigest, Arc<Active>> for UntilTheEnd {
    fn expire_after_create(
        &self,
        _: &TokenDigest,
        active: &Arc<Active>,
        _: Instant,
    ) -> Option<Duration> {
        active.rest
    }

    fn expire_after_update(
        &self,
        _: &TokenDigest,
        active: &Arc<Active>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        active.rest
    }
}

/// What is remembered of a token.
#[derive(Debug, Clone)]
pub(crate) enum Known {
    Active(Arc<TokenFacts>),
    Inactive,
}

impl Memory {
    /// How long "inactive" is repeated without asking again.
    const INACTIVE_LIFE: Duration = Duration::from_secs(5);
    /// How long a token is known to be genuine.
    const GENUINE_LIFE: Duration = Duration::from_secs(3600);
    const NAMES: u64 = 100_000;
    /// How much longer than their token facts may take up memory.
    const SLACK: Duration = Duration::from_secs(60);

    pub(crate) fn new(life: Duration, bytes: u64, clock: Arc<dyn Clock>) -> Self {
        Self {
            active: Cache::builder()
                .weigher(|_, known: &Arc<Active>| {
                    u32::try_from(known.facts.load().weight()).unwrap_or(u32::MAX)
                })
                .max_capacity(bytes)
                .expire_after(UntilTheEnd)
                .build(),
            inactive: names(None),
            suspicions: Suspicions::of(Self::NAMES),
            genuine: names(Some(Self::GENUINE_LIFE)),
            learning: Mutex::default(),
            life,
            clock,
        }
    }

    /// What is known of a token, if it is as fresh as asked for. Nothing known is live.
    pub(crate) fn recall(&self, digest: &TokenDigest, freshness: Freshness) -> Option<Known> {
        let now = self.clock.monotonic();
        let is_young = |began: Instant, life| now.saturating_duration_since(began) < life;
        if freshness == Freshness::Live {
            return None;
        }
        if let Some(began) = self.inactive.get(digest)
            && is_young(began, Self::INACTIVE_LIFE)
        {
            return Some(Known::Inactive);
        }
        let facts = self.active.get(digest)?.facts.load_full();
        if facts.has_ended(self.clock.now()) {
            return None;
        }
        let is_fresh = match freshness {
            Freshness::AsConfigured => facts.asked_at().is_some_and(|it| is_young(it, self.life)),
            Freshness::Within(age) => facts.asked_within(age, now),
            Freshness::Live => false,
        };
        is_fresh.then_some(Known::Active(facts))
    }

    /// The last active answer, at most so old, when no newer one says otherwise. However old it
    /// is, it is no fact any more once the token has ended.
    pub(crate) fn last_active(
        &self,
        digest: &TokenDigest,
        age: Duration,
    ) -> Option<Arc<TokenFacts>> {
        let facts = self.active.get(digest)?.facts.load_full();
        let is_young = facts.asked_within(age, self.clock.monotonic());
        (is_young && !facts.has_ended(self.clock.now())).then_some(facts)
    }

    /// Keeps an active answer, unless a newer call has said otherwise.
    pub(crate) fn learn_active(&self, digest: &TokenDigest, facts: &Arc<TokenFacts>) {
        let began = facts.asked_at();
        let _turn = self.turn();
        let last = self.active.get(digest);
        let inactive = self.inactive.get(digest);
        let newer_active = last.as_ref().and_then(|last| last.began());
        if newer_active.max(inactive) > began {
            return;
        }
        if inactive.is_some() {
            self.inactive.invalidate(digest);
        }
        if let Some(last) = last
            && facts.repeat(&last.facts.load())
        {
            last.facts.store(facts.clone());
            return;
        }
        let exp = facts.registered().exp;
        let rest = exp.map(|exp| exp.since(self.clock.now()) + Self::SLACK);
        let facts = ArcSwap::new(facts.clone());
        self.active
            .insert(digest.clone(), Arc::new(Active { facts, rest }));
    }

    /// Keeps an inactive answer, unless a call has said otherwise that is newer for sure; whether it was kept.
    pub(crate) fn learn_inactive(&self, digest: &TokenDigest, began: Instant) -> bool {
        let _turn = self.turn();
        let active = self
            .active
            .get(digest)
            .map(|active| active.facts.load_full());
        if active.is_some_and(|newer| newer.asked_at_the_earliest() > Some(began)) {
            return false;
        }
        self.active.invalidate(digest);
        let latest = self.inactive.get(digest).max(Some(began));
        self.inactive
            .insert(digest.clone(), latest.unwrap_or(began));
        true
    }

    /// Remembers that a JWT that says this was called inactive. Whether it is a genuine one is not
    /// known yet.
    pub(crate) fn suspect(&self, statement: TokenDigest, answer: InactiveAnswer) {
        self.suspicions.note(statement, answer);
    }

    /// The answer that called a JWT inactive that says this, now that it is known to be genuine. It is
    /// suspected no longer. `statement` makes the name of what it says.
    pub(crate) fn take_suspicion(
        &self,
        said: &TokenFacts,
        statement: impl FnOnce() -> TokenDigest,
    ) -> Option<InactiveAnswer> {
        self.suspicions.take(said.held_against(), statement)
    }

    /// Remembers that a token is no invention: its signature is good, or the server calls it active.
    pub(crate) fn note_genuine(&self, digest: &TokenDigest) {
        let now = self.clock.monotonic();
        let is_lately =
            |noted: Instant| now.saturating_duration_since(noted) < Self::GENUINE_LIFE / 2;
        // To look is much cheaper than to write, and nearly every call is about a token in use.
        if !self.genuine.get(digest).is_some_and(is_lately) {
            self.genuine.insert(digest.clone(), now);
        }
    }

    pub(crate) fn is_genuine(&self, digest: &TokenDigest) -> bool {
        self.genuine.contains_key(digest)
    }

    /// Whether the last answer about the token was "inactive".
    pub(crate) fn was_inactive(&self, digest: &TokenDigest) -> bool {
        self.inactive.contains_key(digest)
    }

    /// When the call began that called it so, if that was the last answer.
    pub(crate) fn last_inactive(&self, digest: &TokenDigest) -> Option<Instant> {
        self.inactive.get(digest)
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.learning.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn names<V: Clone + Send + Sync + 'static>(life: Option<Duration>) -> Cache<TokenDigest, V> {
    let names = Cache::builder()
        .max_capacity(Memory::NAMES)
        .eviction_policy(EvictionPolicy::lru());
    match life {
        Some(life) => names.time_to_live(life).build(),
        None => names.build(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Expectations, SystemClock, verify::introspection::digest::DigestSpace};

    fn ground() -> (Memory, TokenDigest) {
        let memory = Memory::new(Duration::from_secs(30), 1 << 20, Arc::new(SystemClock));
        let digest = DigestSpace::of(&["here"]).digest(b"token");
        (memory, digest)
    }

    fn answer(json: &str, began: Instant) -> Arc<TokenFacts> {
        let expectations = Arc::new(Expectations::audience("api"));
        let facts = TokenFacts::from_json(json, &expectations).unwrap();
        Arc::new(facts.with_asked_at(began))
    }

    fn is_active(memory: &Memory, digest: &TokenDigest) -> bool {
        let known = memory.recall(digest, Freshness::AsConfigured);
        matches!(known, Some(Known::Active(_)))
    }

    #[test]
    fn an_answer_to_an_older_call_replaces_no_newer_one() {
        let older = Instant::now();
        let newer = older + Duration::from_millis(1);

        let (memory, digest) = ground();
        memory.learn_inactive(&digest, newer);
        memory.learn_active(&digest, &answer("{}", older));
        let known = memory.recall(&digest, Freshness::AsConfigured);
        assert!(matches!(known, Some(Known::Inactive)));
        assert!(memory.last_active(&digest, Duration::MAX).is_none());

        let (memory, digest) = ground();
        memory.learn_active(&digest, &answer("{}", newer));
        assert!(!memory.learn_inactive(&digest, older));
        assert!(is_active(&memory, &digest));
    }

    #[test]
    fn the_newer_answer_counts_whichever_it_is() {
        let older = Instant::now();
        let newer = older + Duration::from_millis(1);
        let (memory, digest) = ground();
        memory.learn_inactive(&digest, older);
        memory.learn_active(&digest, &answer("{}", newer));
        assert!(is_active(&memory, &digest));
        memory.learn_inactive(&digest, newer + Duration::from_millis(1));
        assert!(!is_active(&memory, &digest));
        assert!(memory.last_active(&digest, Duration::MAX).is_none());
    }

    #[test]
    fn what_is_said_again_takes_the_place_of_what_was_said() {
        let older = Instant::now();
        let newer = older + Duration::from_millis(1);
        let (memory, digest) = ground();
        let first = answer(r#"{"sub":"a"}"#, older);
        let again = |began| Arc::new(first.said_again().with_asked_at(began));
        let known = || memory.last_active(&digest, Duration::MAX).unwrap();
        memory.learn_active(&digest, &first);
        memory.learn_active(&digest, &again(newer));
        assert_eq!(known().asked_at(), Some(newer));
        memory.learn_active(&digest, &again(older));
        assert_eq!(known().asked_at(), Some(newer));
        assert_eq!(known().json(), first.json());

        let latest = newer + Duration::from_millis(1);
        memory.learn_inactive(&digest, latest);
        memory.learn_active(&digest, &again(newer));
        assert!(memory.last_active(&digest, Duration::MAX).is_none());
        memory.learn_active(&digest, &again(latest));
        assert_eq!(known().asked_at(), Some(latest));
        assert!(!memory.was_inactive(&digest));
    }
}

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;

use super::{digest::TokenDigest, suspicions::Suspicions};
use crate::{
    Clock, Freshness, Timestamp, TokenFacts,
    revocation::InactiveAnswer,
    token_notes::{Afterlife, TokenNotes},
};

/// What the server has said lately: facts of active tokens, bounded by bytes, and apart from
/// them the names of inactive ones, so that a flood of bad tokens pushes out no good one.
///
/// The caches bound memory; how old a fact may be is judged by the clock, here, on each use.
pub(crate) struct Memory {
    /// The newest answers. One that says the same as the one before it takes its place where that is, of which
    /// the cache need not know: it is as heavy, and ends at the same time.
    active: TokenNotes<TokenDigest, Arc<ArcSwap<TokenFacts>>>,
    /// What was called inactive last: repeated for a few seconds only, and kept as a tombstone that no older
    /// answer gets past, until the token is over anyway.
    inactive: TokenNotes<TokenDigest, Inactive>,
    suspicions: Suspicions,
    /// Tokens that are no inventions, and since when that is known.
    genuine: TokenNotes<TokenDigest, Instant>,
    /// What is learned is compared with what is known and put in its place in one step.
    learning: Mutex<()>,
    life: Duration,
    afterlife: Afterlife,
    clock: Arc<dyn Clock>,
}

/// An answer that called a token inactive.
#[derive(Debug, Clone, Copy)]
struct Inactive {
    /// When its call began.
    began: Instant,
    /// When the token ends, by all that was ever said of that.
    exp: Option<Timestamp>,
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

    pub(crate) fn new(
        life: Duration,
        bytes: u64,
        afterlife: Afterlife,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            active: TokenNotes::with_bytes(bytes, |facts| facts.load().weight()),
            inactive: TokenNotes::with_room_for(Self::NAMES),
            suspicions: Suspicions::of(Self::NAMES),
            genuine: TokenNotes::with_room_for(Self::NAMES),
            learning: Mutex::default(),
            life,
            afterlife,
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
        if let Some(began) = self.last_inactive(digest)
            && is_young(began, Self::INACTIVE_LIFE)
        {
            return Some(Known::Inactive);
        }
        let facts = self.active.get(digest)?.load_full();
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
        let facts = self.active.get(digest)?.load_full();
        let is_young = facts.asked_within(age, self.clock.monotonic());
        (is_young && !facts.has_ended(self.clock.now())).then_some(facts)
    }

    /// Keeps an active answer, unless a call has said otherwise that is newer, or may be.
    pub(crate) fn learn_active(&self, digest: &TokenDigest, facts: &Arc<TokenFacts>) {
        let _turn = self.turn();
        let last = self.active.get(digest);
        let inactive = self.last_inactive(digest);
        let is_late = |last: &Arc<ArcSwap<TokenFacts>>| !facts.may_replace(&last.load());
        if inactive > facts.asked_at_the_earliest() || last.as_ref().is_some_and(is_late) {
            return;
        }
        if inactive.is_some() {
            self.inactive.remove(digest);
        }
        if let Some(last) = last
            && facts.repeat(&last.load())
        {
            last.store(facts.clone());
            return;
        }
        let rest = self.rest(facts.registered().exp);
        let facts = Arc::new(ArcSwap::new(facts.clone()));
        self.active.insert(digest.clone(), facts, rest);
    }

    /// Keeps an inactive answer about a token that says that it ends then, unless a call has said otherwise that
    /// is newer for sure; whether it was kept.
    pub(crate) fn learn_inactive(
        &self,
        digest: &TokenDigest,
        began: Instant,
        exp: Option<Timestamp>,
    ) -> bool {
        let _turn = self.turn();
        let active = self.active.get(digest).map(|active| active.load_full());
        let active = active.as_deref();
        if active.and_then(TokenFacts::asked_at_the_earliest) > Some(began) {
            return false;
        }
        self.active.remove(digest);
        let exp = exp.max(active.and_then(|active| active.registered().exp));
        let last = self.inactive.get(digest);
        let inactive = Inactive {
            began: last.map_or(began, |last| last.began.max(began)),
            exp: exp.max(last.and_then(|last| last.exp)),
        };
        self.inactive
            .insert(digest.clone(), inactive, self.rest(inactive.exp));
        true
    }

    /// Remembers that a JWT that says this, and that it ends then, was called inactive. Whether it is a
    /// genuine one is not known yet.
    pub(crate) fn suspect(
        &self,
        statement: TokenDigest,
        answer: InactiveAnswer,
        exp: Option<Timestamp>,
    ) {
        let now = self.clock.monotonic();
        self.suspicions.note(statement, answer, self.rest(exp), now);
    }

    /// Hands on the answer that called a JWT inactive that says this, now that it is known to be genuine, unless it
    /// was held against it already. `statement` makes the name of what it says.
    pub(crate) fn hold_suspicion_against(
        &self,
        said: &TokenFacts,
        statement: impl FnOnce() -> TokenDigest,
        condemn: impl FnMut(InactiveAnswer),
    ) {
        let held_against = said.held_against();
        let now = || self.clock.monotonic();
        self.suspicions
            .hold_against(held_against, now, statement, condemn);
    }

    /// Remembers that a token that ends then is no invention: its signature is good, or the server calls it
    /// active.
    pub(crate) fn note_genuine(&self, digest: &TokenDigest, exp: Option<Timestamp>) {
        let now = self.clock.monotonic();
        let is_lately =
            |noted: Instant| now.saturating_duration_since(noted) < Self::GENUINE_LIFE / 2;
        // To look is much cheaper than to write, and nearly every call is about a token in use.
        if !self.genuine.get(digest).is_some_and(is_lately) {
            let life = self.rest(exp).unwrap_or(Self::GENUINE_LIFE);
            let life = life.min(Self::GENUINE_LIFE);
            self.genuine.insert(digest.clone(), now, Some(life));
        }
    }

    pub(crate) fn is_genuine(&self, digest: &TokenDigest) -> bool {
        self.genuine.contains(digest)
    }

    /// Whether the last answer about the token was "inactive".
    pub(crate) fn was_inactive(&self, digest: &TokenDigest) -> bool {
        self.inactive.contains(digest)
    }

    /// When the call began that called it so, if that was the last answer.
    pub(crate) fn last_inactive(&self, digest: &TokenDigest) -> Option<Instant> {
        self.inactive.get(digest).map(|inactive| inactive.began)
    }

    /// For how long what is known of a token that ends then may matter.
    fn rest(&self, exp: Option<Timestamp>) -> Option<Duration> {
        self.afterlife.until(exp, self.clock.now())
    }

    #[cfg(test)]
    pub(crate) fn afterlife(&self) -> Afterlife {
        self.afterlife
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.learning.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Expectations, ManualClock, SystemClock, verify::introspection::digest::DigestSpace,
    };

    fn ground() -> (Memory, TokenDigest) {
        let memory = memory(Arc::new(SystemClock));
        let digest = DigestSpace::of(&["here"]).digest(b"token");
        (memory, digest)
    }

    fn memory(clock: Arc<dyn Clock>) -> Memory {
        Memory::new(Duration::from_secs(30), 1 << 20, Afterlife::NONE, clock)
    }

    fn facts(json: &str) -> TokenFacts {
        let expectations = Arc::new(Expectations::audience("api"));
        TokenFacts::from_json(json, &expectations).unwrap()
    }

    fn answer(json: &str, began: Instant) -> Arc<TokenFacts> {
        Arc::new(facts(json).with_asked_at(began))
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
        memory.learn_inactive(&digest, newer, None);
        memory.learn_active(&digest, &answer("{}", older));
        let known = memory.recall(&digest, Freshness::AsConfigured);
        assert!(matches!(known, Some(Known::Inactive)));
        assert!(memory.last_active(&digest, Duration::MAX).is_none());

        let (memory, digest) = ground();
        memory.learn_active(&digest, &answer("{}", newer));
        assert!(!memory.learn_inactive(&digest, older, None));
        assert!(is_active(&memory, &digest));
    }

    #[test]
    fn the_newer_answer_counts_whichever_it_is() {
        let older = Instant::now();
        let newer = older + Duration::from_millis(1);
        let (memory, digest) = ground();
        memory.learn_inactive(&digest, older, None);
        memory.learn_active(&digest, &answer("{}", newer));
        assert!(is_active(&memory, &digest));
        memory.learn_inactive(&digest, newer + Duration::from_millis(1), None);
        assert!(!is_active(&memory, &digest));
        assert!(memory.last_active(&digest, Duration::MAX).is_none());
    }

    #[test]
    fn another_instances_answer_replaces_none_of_our_own_that_may_be_newer() {
        let elsewhere = |json: &str, began| Arc::new(facts(json).with_asked_elsewhere_at(began));
        let began = Instant::now();
        let (near, far) = (
            began + Expectations::LEEWAY,
            began + 2 * Expectations::LEEWAY,
        );
        for (json, dated, stays) in [
            (r#"{"sub":"b"}"#, near - Duration::from_millis(1), true),
            (r#"{"sub":"b"}"#, near, false),
            (r#"{"sub":"b"}"#, far, false),
            (r#"{"sub":"a"}"#, near - Duration::from_millis(1), false),
        ] {
            let (memory, digest) = ground();
            memory.learn_active(&digest, &answer(r#"{"sub":"a"}"#, began));
            memory.learn_active(&digest, &elsewhere(json, dated));
            let known = memory.last_active(&digest, Duration::MAX).unwrap();
            assert_eq!(known.asked_at(), Some(if stays { began } else { dated }));
        }
        let (memory, digest) = ground();
        memory.learn_inactive(&digest, began, None);
        memory.learn_active(&digest, &elsewhere("{}", near - Duration::from_millis(1)));
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
        memory.learn_inactive(&digest, latest, None);
        memory.learn_active(&digest, &again(newer));
        assert!(memory.last_active(&digest, Duration::MAX).is_none());
        memory.learn_active(&digest, &again(latest));
        assert_eq!(known().asked_at(), Some(latest));
        assert!(!memory.was_inactive(&digest));
    }

    #[test]
    fn what_is_known_of_a_token_goes_with_it() {
        let clock = ManualClock::at(1_700_000_000);
        let memory = memory(Arc::new(clock.clone()));
        let (now, space) = (clock.monotonic(), DigestSpace::of(&["here"]));
        let over = Timestamp::from_seconds(1_700_000_000);
        let ends = [None, Some(over), Some(over.plus(Duration::from_secs(60)))];
        let answer = InactiveAnswer {
            began: now,
            origin: None,
        };
        for (name, exp) in [b"endless", b"is over", b"is here"].iter().zip(ends) {
            let digest = space.digest(*name);
            memory.learn_inactive(&digest, now, exp);
            memory.suspect(digest.clone(), answer, exp);
            memory.note_genuine(&digest, exp);
        }
        assert_eq!(memory.inactive.count(), 2);
        assert_eq!(memory.suspicions.count(), 2);
        assert_eq!(memory.genuine.count(), 2);
        assert!(!memory.was_inactive(&space.digest(b"is over")));
        assert!(memory.was_inactive(&space.digest(b"is here")));
    }

    #[test]
    fn an_active_answer_goes_with_its_token() {
        let clock = ManualClock::at(1_700_000_000);
        let memory = memory(Arc::new(clock.clone()));
        let (now, space) = (clock.monotonic(), DigestSpace::of(&["here"]));
        for (name, json) in [
            (b"endless", "{}"),
            (b"is over", r#"{"exp":1700000000}"#),
            (b"is here", r#"{"exp":1700000060}"#),
        ] {
            memory.learn_active(&space.digest(name), &answer(json, now));
        }
        assert_eq!(memory.active.count(), 2);
        assert!(is_active(&memory, &space.digest(b"endless")));
        assert!(is_active(&memory, &space.digest(b"is here")));
    }

    /// Once it is called inactive nobody says any more when an opaque token ends.
    #[test]
    fn the_end_of_a_token_is_known_from_when_it_was_active() {
        let clock = ManualClock::at(1_700_000_000);
        let memory = memory(Arc::new(clock.clone()));
        let digest = DigestSpace::of(&["here"]).digest(b"token");
        let began = clock.monotonic();
        memory.learn_active(&digest, &answer(r#"{"exp":1700000060}"#, began));
        let later = |seconds| began + Duration::from_secs(seconds);
        assert!(memory.learn_inactive(&digest, later(1), None));
        assert!(memory.learn_inactive(&digest, later(2), None));
        assert_eq!(memory.last_inactive(&digest), Some(later(2)));
        clock.advance(Duration::from_secs(60));
        assert!(memory.learn_inactive(&digest, later(61), None));
        assert_eq!(memory.inactive.count(), 0);
    }
}

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use moka::{policy::EvictionPolicy, sync::Cache};

use super::digest::TokenDigest;
use crate::{Clock, Freshness, TokenFacts};

/// What the server has said lately: facts of active tokens, bounded by bytes, and apart from
/// them the names of inactive ones, so that a flood of bad tokens pushes out no good one.
///
/// The caches bound memory; how old a fact may be is judged by the clock, here, on each use.
pub(super) struct Memory {
    active: Cache<TokenDigest, Arc<Active>>,
    inactive: Cache<TokenDigest, Instant>,
    /// Tokens whose last answer was "inactive", whatever their signature says.
    doubted: Cache<TokenDigest, ()>,
    has_doubted: AtomicBool,
    /// Tokens that were called active at some time: not strangers.
    seen: Cache<TokenDigest, ()>,
    life: Duration,
    clock: Arc<dyn Clock>,
}

struct Active {
    facts: Arc<TokenFacts>,
    began: Instant,
}

/// What is remembered of a token.
#[derive(Debug, Clone)]
pub(super) enum Known {
    Active(Arc<TokenFacts>),
    Inactive,
}

impl Memory {
    /// How long "inactive" is repeated without asking again.
    const INACTIVE_LIFE: Duration = Duration::from_secs(5);
    /// How long a token is known after it was called active.
    const SEEN_LIFE: Duration = Duration::from_secs(3600);
    const NAMES: u64 = 100_000;

    pub(super) fn new(life: Duration, bytes: u64, clock: Arc<dyn Clock>) -> Self {
        Self {
            active: Cache::builder()
                .weigher(|_, known: &Arc<Active>| {
                    u32::try_from(known.facts.weight()).unwrap_or(u32::MAX)
                })
                .max_capacity(bytes)
                .build(),
            inactive: names(Some(Self::INACTIVE_LIFE)),
            doubted: names(None),
            seen: names(Some(Self::SEEN_LIFE)),
            has_doubted: AtomicBool::new(false),
            life,
            clock,
        }
    }

    /// What is known of a token, if it is as fresh as asked for. Nothing known is live.
    pub(super) fn recall(&self, digest: &TokenDigest, freshness: Freshness) -> Option<Known> {
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
        let active = self.active.get(digest)?;
        let exp = active.facts.registered().exp;
        if exp.is_some_and(|exp| exp <= self.clock.now()) {
            return None;
        }
        let is_fresh = match freshness {
            Freshness::AsConfigured => is_young(active.began, self.life),
            Freshness::Within(age) => active.facts.asked_within(age, now),
            Freshness::Live => false,
        };
        is_fresh.then(|| Known::Active(active.facts.clone()))
    }

    /// Keeps an active answer, unless a newer call has said otherwise.
    pub(super) fn learn_active(
        &self,
        digest: &TokenDigest,
        facts: &Arc<TokenFacts>,
        began: Instant,
    ) {
        let is_older_than_active = self
            .active
            .get(digest)
            .is_some_and(|newer| newer.began > began);
        if is_older_than_active || self.inactive.get(digest).is_some_and(|newer| newer > began) {
            return;
        }
        self.seen.insert(digest.clone(), ());
        self.inactive.invalidate(digest);
        self.doubted.invalidate(digest);
        let facts = facts.clone();
        let active = Arc::new(Active { facts, began });
        self.active.insert(digest.clone(), active);
    }

    /// Keeps an inactive answer, unless a newer call has said otherwise.
    pub(super) fn learn_inactive(&self, digest: &TokenDigest, began: Instant) {
        if self
            .active
            .get(digest)
            .is_some_and(|newer| newer.began > began)
        {
            return;
        }
        self.active.invalidate(digest);
        let latest = self
            .inactive
            .get(digest)
            .map_or(began, |own| own.max(began));
        self.inactive.insert(digest.clone(), latest);
        self.has_doubted.store(true, Ordering::Release);
    }

    /// From now on the token is asked about even where its signature would do, until an active
    /// answer comes.
    pub(super) fn doubt(&self, digest: TokenDigest) {
        self.doubted.insert(digest, ());
        self.has_doubted.store(true, Ordering::Release);
    }

    /// Whether anything was ever doubted: what nearly every request asks first.
    pub(super) fn has_doubts(&self) -> bool {
        self.has_doubted.load(Ordering::Acquire)
    }

    /// Whether the last answer about the token was "inactive", by whichever verifier it was
    /// asked about.
    pub(super) fn doubts(&self, digest: &TokenDigest) -> bool {
        self.doubted.contains_key(digest) || self.inactive.contains_key(digest)
    }

    /// Whether the token was called active before.
    pub(super) fn has_seen(&self, digest: &TokenDigest) -> bool {
        self.seen.contains_key(digest)
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

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
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
    /// When the call began that last said "inactive". Repeated for a few seconds only, and kept
    /// as a tombstone that no older answer gets past.
    inactive: Cache<TokenDigest, Instant>,
    /// Tokens that are no inventions, because their signature is good or they were called active
    /// before, and that were called inactive last.
    doubted: Cache<TokenDigest, ()>,
    genuine: Cache<TokenDigest, ()>,
    /// Whether a token that may be verified by its signature was ever called inactive.
    has_doubted: AtomicBool,
    /// What is learned is compared with what is known and put in its place in one step.
    learning: Mutex<()>,
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
    /// How long a token is known to be genuine.
    const GENUINE_LIFE: Duration = Duration::from_secs(3600);
    const NAMES: u64 = 100_000;

    pub(super) fn new(life: Duration, bytes: u64, clock: Arc<dyn Clock>) -> Self {
        Self {
            active: Cache::builder()
                .weigher(|_, known: &Arc<Active>| {
                    u32::try_from(known.facts.weight()).unwrap_or(u32::MAX)
                })
                .max_capacity(bytes)
                .build(),
            inactive: names(None),
            doubted: names(None),
            genuine: names(Some(Self::GENUINE_LIFE)),
            has_doubted: AtomicBool::new(false),
            learning: Mutex::default(),
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
        let _turn = self.turn();
        let newer_active = self.active.get(digest).map(|active| active.began);
        let newest = newer_active.max(self.inactive.get(digest));
        if newest.is_some_and(|newest| newest > began) {
            return;
        }
        self.inactive.invalidate(digest);
        self.doubted.invalidate(digest);
        self.genuine.insert(digest.clone(), ());
        let facts = facts.clone();
        let active = Arc::new(Active { facts, began });
        self.active.insert(digest.clone(), active);
    }

    /// Keeps an inactive answer, unless a newer call has said otherwise. From now on a token that
    /// looks like a JWT is asked about even where its signature would do.
    pub(super) fn learn_inactive(&self, digest: &TokenDigest, began: Instant, is_jwt: bool) {
        let _turn = self.turn();
        let active = self.active.get(digest);
        if active.is_some_and(|newer| newer.began > began) {
            return;
        }
        self.active.invalidate(digest);
        let latest = self.inactive.get(digest).max(Some(began));
        self.inactive
            .insert(digest.clone(), latest.unwrap_or(began));
        if is_jwt {
            if self.genuine.contains_key(digest) {
                self.doubted.insert(digest.clone(), ());
            }
            self.has_doubted.store(true, Ordering::Release);
        }
    }

    /// Remembers that a token is no invention: its signature is good.
    pub(super) fn note_genuine(&self, digest: &TokenDigest) {
        self.genuine.insert(digest.clone(), ());
        if self.inactive.contains_key(digest) {
            self.doubted.insert(digest.clone(), ());
        }
    }

    pub(super) fn is_genuine(&self, digest: &TokenDigest) -> bool {
        self.genuine.contains_key(digest)
    }

    /// Whether anything was ever doubted: what nearly every request asks first.
    pub(super) fn has_doubts(&self) -> bool {
        self.has_doubted.load(Ordering::Acquire)
    }

    /// Whether the last answer about the token was "inactive", by whichever verifier it was
    /// asked about. Inventions may push out each other's tombstones, never those of genuine
    /// tokens.
    pub(super) fn doubts(&self, digest: &TokenDigest) -> bool {
        self.doubted.contains_key(digest) || self.inactive.contains_key(digest)
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

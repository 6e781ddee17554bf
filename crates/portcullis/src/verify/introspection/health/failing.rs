use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use moka::{policy::EvictionPolicy, sync::Cache};

use crate::verify::introspection::digest::TokenDigest;

/// Tokens that the server fails at while it is well otherwise. For a moment nobody asks about
/// them again, so that one such token costs next to nothing.
pub(super) struct FailingTokens {
    failed: Cache<TokenDigest, Instant>,
    /// Whether there ever was one: what every call asks first.
    has_any: AtomicBool,
}

impl Default for FailingTokens {
    fn default() -> Self {
        let failed = Cache::builder()
            .max_capacity(Self::NAMES)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(Self::KEPT)
            .build();
        Self {
            failed,
            has_any: AtomicBool::new(false),
        }
    }
}

impl FailingTokens {
    /// How long a token is known to fail.
    const STANDS: Duration = Duration::from_secs(1);
    /// How long it takes up memory at the most.
    const KEPT: Duration = Duration::from_secs(60);
    const NAMES: u64 = 100_000;

    pub(super) fn note(&self, digest: &TokenDigest, now: Instant) {
        self.failed.insert(digest.clone(), now);
        self.has_any.store(true, Ordering::Release);
    }

    /// Whether the server has just failed at this token.
    pub(super) fn has(&self, digest: &TokenDigest, now: Instant) -> bool {
        if !self.has_any.load(Ordering::Acquire) {
            return false;
        }
        let failed = self.failed.get(digest);
        failed.is_some_and(|failed| now.saturating_duration_since(failed) < Self::STANDS)
    }
}

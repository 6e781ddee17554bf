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
        Self::kept_for(Self::KEPT)
    }
}

impl FailingTokens {
    /// How long a token is known to fail.
    const STANDS: Duration = Duration::from_secs(1);
    /// How long it takes up memory at the most.
    const KEPT: Duration = Duration::from_secs(60);
    const NAMES: u64 = 100_000;

    /// None yet. Each takes up memory for so long: of a token that does not come any more nothing is left.
    fn kept_for(life: Duration) -> Self {
        let failed = Cache::builder()
            .max_capacity(Self::NAMES)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(life)
            .build();
        Self {
            failed,
            has_any: AtomicBool::new(false),
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::introspection::DigestSpace;

    #[test]
    fn of_a_token_that_does_not_come_any_more_nothing_is_left() {
        let (digest, now) = (DigestSpace::of(&["here"]).digest(b"token"), Instant::now());
        for (life, left) in [(Duration::ZERO, 0), (FailingTokens::KEPT, 1)] {
            let failing = FailingTokens::kept_for(life);
            failing.note(&digest, now);
            failing.failed.run_pending_tasks();
            assert_eq!(failing.failed.entry_count(), left);
        }
    }

    #[test]
    fn a_token_takes_up_memory_for_longer_than_it_is_known_to_fail() {
        let failing = FailingTokens::default();
        let kept = failing.failed.policy().time_to_live();
        assert!(kept > Some(FailingTokens::STANDS), "{kept:?}");
        let (digest, now) = (DigestSpace::of(&["here"]).digest(b"token"), Instant::now());
        assert!(!failing.has(&digest, now));
        failing.note(&digest, now);
        let almost = FailingTokens::STANDS - Duration::from_nanos(1);
        assert!(failing.has(&digest, now + almost));
        assert!(!failing.has(&digest, now + FailingTokens::STANDS));
    }
}

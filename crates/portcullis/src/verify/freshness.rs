use std::time::{Duration, Instant};

/// How new the answer about a token must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Freshness {
    /// The verifier's own way: a signature checked here, or a cached answer.
    AsConfigured,
    /// An active answer for this very token whose call began at most this long ago, cached or
    /// asked now.
    Within(Duration),
    /// A call about this token that begins after the request for it.
    Live,
}

impl Freshness {
    /// How fresh an answer must be whose call began after `since`, for one who asks at `now`.
    pub(crate) fn since(since: Instant, now: Instant) -> Self {
        const TICK: Duration = Duration::from_nanos(1);
        match now.checked_duration_since(since) {
            // A call that began in the same tick may have begun before.
            Some(age) if age > TICK => Self::Within(age - TICK),
            _ => Self::Live,
        }
    }
}

use std::time::Duration;

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

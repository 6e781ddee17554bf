use std::time::Duration;

/// What introspection may cost and how long its answers are good for.
#[derive(Debug, Clone)]
pub(crate) struct IntrospectionLimits {
    /// How long an active answer is kept, and never beyond the token's `exp`.
    pub(crate) cache_life: Duration,
    /// How many bytes of facts are kept.
    pub(crate) cache_bytes: u64,
    /// How many calls may be under way.
    pub(crate) calls: usize,
}

impl Default for IntrospectionLimits {
    fn default() -> Self {
        Self {
            cache_life: Duration::from_secs(30),
            cache_bytes: 64 * 1024 * 1024,
            calls: 64,
        }
    }
}

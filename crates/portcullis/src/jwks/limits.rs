use std::time::Duration;

use crate::Expectations;

/// How the keys of an issuer are fetched and how long they are good for.
#[derive(Debug, Clone)]
pub(crate) struct KeyLimits {
    /// How old a set may become before it is fetched again, whatever the issuer grants.
    pub(crate) max_age: Duration,
    /// How old a set may become at the least, whatever the issuer forbids; `max_age` when that is
    /// less.
    pub(crate) min_age: Duration,
    /// How much longer it is used while the issuer cannot be reached.
    pub(crate) max_stale: Duration,
    /// How many fetches unknown key ids may cause at once.
    pub(crate) unknown_kid_burst: u32,
    /// How long it takes until they may cause another one.
    pub(crate) unknown_kid_period: Duration,
    /// The deadline of a fetch.
    pub(crate) deadline: Duration,
    /// How long a token whose key is not known waits for a fetch.
    pub(crate) patience: Duration,
    /// How many tokens may wait for a fetch that is yet to begin.
    pub(crate) places: usize,
    /// How many seats there are for those who wait for a fetch under way. A token takes one for
    /// each KiB of its length, and two at the least.
    pub(crate) seats: usize,
    /// The same for notices.
    pub(crate) notice_seats: usize,
    /// How far our clock and the issuer's may differ.
    pub(crate) leeway: Duration,
}

impl Default for KeyLimits {
    fn default() -> Self {
        Self {
            max_age: Duration::from_secs(600),
            min_age: Duration::from_secs(60),
            max_stale: Duration::from_secs(3600),
            unknown_kid_burst: 5,
            unknown_kid_period: Duration::from_secs(10),
            deadline: Duration::from_secs(5),
            patience: Duration::from_millis(500),
            places: 256,
            // 32,768 tokens, and no more than 64 MiB of them.
            seats: 65_536,
            // 4,096 notices, and no more than 8 MiB of them.
            notice_seats: 8_192,
            leeway: Expectations::LEEWAY,
        }
    }
}

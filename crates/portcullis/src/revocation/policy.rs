use std::time::Duration;

use crate::{Expectations, token_notes::Afterlife};

/// What an operator has said of revocation, and what is known of the issuer's tokens.
#[derive(Debug, Clone)]
pub(crate) struct RevocationPolicy {
    /// How many entries are kept.
    pub(crate) capacity: usize,
    /// How long an access token lives at the most.
    pub(crate) max_token_lifetime: Duration,
    /// How far our clock and the issuer's may differ.
    pub(crate) leeway: Duration,
    /// The clients whose sessions the issuer tells of, by the audience of its notices.
    pub(crate) covered: Vec<String>,
    /// The client whose notices tell that notices come, and how often it sends one.
    pub(crate) canary: Option<(String, Duration)>,
    /// Whether news of any kind comes in, so that the want of it means something.
    pub(crate) is_fed: bool,
    /// How often a token in use is asked about.
    pub(crate) window: Duration,
    /// How many questions a second may be asked that no request has asked for.
    pub(crate) budget: u32,
    /// Whether its siblings are asked about once a token was called inactive.
    pub(crate) rechecks: bool,
    /// Refuses what cannot be asked about and may have been missed.
    pub(crate) is_strict: bool,
    /// Offline sessions are told by Keycloak's `jti`, too.
    pub(crate) marks_offline_by_jti: bool,
}

impl RevocationPolicy {
    /// How long an entry is kept after its notice: as long as a token can live that it is about. Its
    /// `iat` may be ahead of us by the leeway, and its `exp` is judged with the same.
    pub(super) fn retention(&self) -> Duration {
        let leeway = self.leeway.saturating_mul(2);
        self.max_token_lifetime.saturating_add(leeway)
    }

    /// How long what is known of a token may matter after its end.
    pub(super) fn afterlife(&self) -> Afterlife {
        Afterlife::after(self.leeway, Duration::ZERO)
    }
}

impl Default for RevocationPolicy {
    fn default() -> Self {
        Self {
            capacity: 1_000_000,
            max_token_lifetime: Duration::from_secs(3600),
            leeway: Expectations::LEEWAY,
            covered: Vec::new(),
            canary: None,
            is_fed: false,
            window: Duration::from_secs(10),
            budget: 100,
            rechecks: false,
            is_strict: false,
            marks_offline_by_jti: false,
        }
    }
}

use std::{fmt, sync::Arc, time::Duration};

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    hmac,
    rand::{SecureRandom, SystemRandom},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::HeaderValue;

use crate::{ConfigError, Reason, Rejection, StateKeys, Timestamp, shared_state::nonce_keys};

/// What nonces are made of. Instances of a service that are given the same take each other's.
#[derive(Clone)]
pub struct NonceKeys {
    /// The first makes them, all of them judge.
    keys: Arc<[hmac::Key]>,
}

impl NonceKeys {
    /// For one instance: after a start clients are given new nonces.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn of_this_process() -> Result<Self, ConfigError> {
        let mut secret = [0; 32];
        SystemRandom::new().fill(&mut secret).map_err(|_| {
            let cure = "give the instances `NonceKeys::shared`";
            ConfigError::new("dpop", "the system gives no random bytes", cure)
        })?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        Ok(Self { keys: [key].into() })
    }

    /// For several instances that have these keys in common.
    #[must_use]
    pub fn shared(keys: &StateKeys) -> Self {
        Self {
            keys: nonce_keys(keys).into(),
        }
    }
}

/// Nonces that nobody has to remember: a stretch of time, and a MAC over it. One is good in the
/// stretch it was made in and in the next.
#[derive(Clone)]
pub(super) struct Nonces {
    keys: NonceKeys,
}

impl Nonces {
    const STRETCH: Duration = Duration::from_secs(60);

    pub(super) fn new(keys: &NonceKeys) -> Self {
        Self { keys: keys.clone() }
    }

    /// Judges the nonce of a proof. A good one that will soon be none comes with its successor.
    pub(super) fn judge(
        &self,
        nonce: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<HeaderValue>, Rejection> {
        let wanted = |diagnosis| Err(Rejection::because(Reason::ProofNeedsNonce, diagnosis));
        let Some(nonce) = nonce else {
            return wanted("the DPoP proof has no `nonce`");
        };
        let stretch = stretch_of(now);
        if self.is_of(nonce, stretch) {
            return Ok(None);
        }
        // The clock of another instance may be a little ahead.
        if self.is_of(nonce, stretch.saturating_sub(1))
            || self.is_of(nonce, stretch.saturating_add(1))
        {
            return Ok(self.current(now));
        }
        wanted("the `nonce` of the DPoP proof is too old, or none of ours")
    }

    /// A nonce of now.
    pub(super) fn current(&self, now: Timestamp) -> Option<HeaderValue> {
        let key = self.keys.keys.first()?;
        HeaderValue::try_from(nonce(key, stretch_of(now))).ok()
    }

    fn is_of(&self, given: &str, stretch: i64) -> bool {
        self.keys.keys.iter().any(|key| {
            let own = nonce(key, stretch);
            verify_slices_are_equal(own.as_bytes(), given.as_bytes()).is_ok()
        })
    }
}

fn stretch_of(now: Timestamp) -> i64 {
    let length = i64::try_from(Nonces::STRETCH.as_secs()).unwrap_or(i64::MAX);
    now.as_seconds().div_euclid(length)
}

fn nonce(key: &hmac::Key, stretch: i64) -> String {
    let mac = hmac::sign(key, &stretch.to_be_bytes());
    URL_SAFE_NO_PAD.encode(mac.as_ref())
}

impl fmt::Debug for NonceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NonceKeys([redacted])")
    }
}

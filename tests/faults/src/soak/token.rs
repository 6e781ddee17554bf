use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use http::HeaderValue;
use portcullis_keycloak_suite::payload_of;
use serde_json::Value;

/// A token, and what became of it.
#[derive(Debug)]
pub(super) struct Token {
    text: String,
    /// The end of its `jti`: enough to tell it from others.
    name: String,
    authorization: HeaderValue,
    expires: Instant,
    ending: Mutex<Option<Ending>>,
    /// Keycloak has forgotten what became of it: every verdict is right.
    forgotten: AtomicBool,
}

/// The end of a token before its time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending {
    pub(super) how: How,
    /// When Keycloak was asked to.
    pub(super) begun: Instant,
    /// When it had done it. Where that was not heard of, it may have done it or not.
    pub(super) done: Option<Instant>,
}

/// Whether somebody is told of an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Its session is logged out, and the front end's receiver is told.
    Told,
    /// It is revoked by itself, and nobody is told.
    Untold,
}

impl Token {
    /// As it was just issued; `None` if it is none that can be sent.
    pub(super) fn of(text: String) -> Option<Self> {
        let claims = payload_of(&text);
        let exp = claims.get("exp")?.as_u64()?;
        let jti = claims.get("jti").and_then(Value::as_str);
        let name = jti.and_then(|jti| jti.rsplit('-').next());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        let left = Duration::from_secs(exp).saturating_sub(now);
        let mut authorization = HeaderValue::from_str(&format!("Bearer {text}")).ok()?;
        authorization.set_sensitive(true);
        Some(Self {
            name: name.unwrap_or("a token").to_owned(),
            text,
            authorization,
            expires: Instant::now() + left,
            ending: Mutex::default(),
            forgotten: AtomicBool::new(false),
        })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn authorization(&self) -> &HeaderValue {
        &self.authorization
    }

    pub(super) const fn expires(&self) -> Instant {
        self.expires
    }

    pub(super) fn ending(&self) -> Option<Ending> {
        *self.lock()
    }

    /// From now on it may be over.
    pub(super) fn begin_to_end(&self, how: How) {
        let begun = Instant::now();
        self.lock().get_or_insert(Ending {
            how,
            begun,
            done: None,
        });
    }

    /// From now on it is over.
    pub(super) fn has_ended(&self) {
        if let Some(ending) = self.lock().as_mut() {
            ending.done.get_or_insert_with(Instant::now);
        }
    }

    pub(super) fn forget(&self) {
        self.forgotten.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_forgotten(&self) -> bool {
        self.forgotten.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Ending>> {
        self.ending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

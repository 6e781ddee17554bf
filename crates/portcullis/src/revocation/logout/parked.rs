use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{Timestamp, jwks::KeyQuery};

/// Logout tokens that cannot be judged before the issuer's keys can be had. Their sender never
/// repeats them, so they wait here; anybody may have sent them, so there is room for few.
#[derive(Default)]
pub(super) struct Parked {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tokens: VecDeque<ParkedToken>,
    bytes: usize,
    /// Whether somebody looks after them.
    is_attended: bool,
    /// Whether there was no room for the last that came.
    is_full: bool,
}

/// A logout token of which everything but its signature was judged.
#[derive(Clone)]
pub(super) struct ParkedToken {
    pub(super) text: Box<str>,
    pub(super) query: KeyQuery,
    pub(super) ends: Timestamp,
}

/// What became of a token that should wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parking {
    /// It waits, and nobody looks after those who do.
    Unattended,
    /// It waits.
    Waits,
    /// There is no room, for the first time since there was some.
    Full,
    /// There is still none.
    StillFull,
}

impl Parked {
    const LIMIT: usize = 1_000;
    const LIMIT_BYTES: usize = 8 * 1024 * 1024;
    /// How long one waits at the most, whatever end it claims.
    const PATIENCE: Duration = Duration::from_secs(600);

    pub(super) fn add(&self, mut token: ParkedToken, now: Timestamp) -> Parking {
        token.ends = token.ends.min(now.plus(Self::PATIENCE));
        let mut state = self.state();
        state.drop_ended(now);
        if !state.tokens.iter().any(|known| known.text == token.text) {
            let bytes = state.bytes + token.text.len();
            if state.tokens.len() >= Self::LIMIT || bytes > Self::LIMIT_BYTES {
                return if std::mem::replace(&mut state.is_full, true) {
                    Parking::StillFull
                } else {
                    Parking::Full
                };
            }
            state.is_full = false;
            state.bytes = bytes;
            state.tokens.push_back(token);
        }
        if std::mem::replace(&mut state.is_attended, true) {
            Parking::Waits
        } else {
            Parking::Unattended
        }
    }

    /// Takes out the tokens of which `can_tell`, and those that have waited too long. `None` once
    /// nobody waits any more; then nobody looks after them either.
    pub(super) fn take(
        &self,
        now: Timestamp,
        can_tell: impl Fn(&KeyQuery) -> bool,
    ) -> Option<Vec<ParkedToken>> {
        let mut state = self.state();
        state.drop_ended(now);
        if state.tokens.is_empty() {
            state.is_attended = false;
            return None;
        }
        let tokens = std::mem::take(&mut state.tokens);
        let (ripe, waiting): (VecDeque<_>, _) =
            tokens.into_iter().partition(|token| can_tell(&token.query));
        state.tokens = waiting;
        state.recount();
        Some(ripe.into())
    }

    /// The one that waits longest.
    pub(super) fn first(&self) -> Option<ParkedToken> {
        self.state().tokens.front().cloned()
    }

    /// Nobody looks after them any more: the next who comes does.
    pub(super) fn leave(&self) {
        self.state().is_attended = false;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn drop_ended(&mut self, now: Timestamp) {
        self.tokens.retain(|token| token.ends > now);
        self.recount();
    }

    fn recount(&mut self) {
        self.bytes = self.tokens.iter().map(|token| token.text.len()).sum();
    }
}

impl fmt::Debug for Parked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parked").finish_non_exhaustive()
    }
}

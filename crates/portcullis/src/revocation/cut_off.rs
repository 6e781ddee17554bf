use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::Timestamp;

/// Before when tokens of the whole issuer are over, as the issuer says. It is obeyed at once when
/// it rises, and not forgotten at once when it falls: what lay between the two may have been
/// revoked in earnest.
#[derive(Debug, Default)]
pub(super) struct CutOff {
    state: Mutex<State>,
    /// Whether there ever was one: what nearly every request asks first.
    is_set: AtomicBool,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    current: Option<Timestamp>,
    /// The highest that there was and is no longer the current one.
    fallen_from: Option<Timestamp>,
    /// Since when it is as it is.
    changed: Option<Instant>,
}

/// What the cut-off makes of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Issued at the cut-off or later.
    After,
    /// Issued before it.
    Before,
    /// Issued before one that was taken back since then, or the token does not say when.
    Unclear { since: Instant },
}

impl CutOff {
    /// Takes over what the issuer says now; whether that is something new.
    pub(super) fn learn(&self, cut_off: Option<Timestamp>, now: Instant) -> bool {
        let mut state = self.state();
        if cut_off == state.current {
            return false;
        }
        if cut_off < state.current {
            state.fallen_from = state.fallen_from.max(state.current);
        }
        state.current = cut_off;
        state.changed = Some(now);
        self.is_set.store(true, Ordering::Release);
        true
    }

    /// On which side of it a token is. One that was taken back counts until no token of its time
    /// can live any longer, which is so `life` after it.
    pub(super) fn side(&self, iat: Option<Timestamp>, now: Timestamp, life: Duration) -> Side {
        let state = *self.state();
        let fallen_from = state.fallen_from.filter(|from| now < from.plus(life));
        let is_before = |cut_off: Option<Timestamp>| match (iat, cut_off) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(iat), Some(cut_off)) => iat < cut_off,
        };
        match state.changed {
            _ if iat.is_some() && is_before(state.current) => Side::Before,
            Some(since) if is_before(state.current.max(fallen_from)) => Side::Unclear { since },
            _ => Side::After,
        }
    }

    /// Whether there ever was one.
    pub(super) fn is_set(&self) -> bool {
        self.is_set.load(Ordering::Acquire)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(3600);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn equal_is_not_before() {
        let cut_off = CutOff::default();
        let side = |iat| cut_off.side(Some(at(iat)), at(1000), LIFE);
        assert_eq!(side(1), Side::After);
        assert!(cut_off.learn(Some(at(100)), Instant::now()));
        assert_eq!(side(99), Side::Before);
        assert_eq!(side(100), Side::After);
    }

    #[test]
    fn it_rises_at_once_and_falls_softly() {
        let cut_off = CutOff::default();
        let start = Instant::now();
        cut_off.learn(Some(at(100)), start);
        cut_off.learn(Some(at(200)), start);
        let side = |iat, now| cut_off.side(Some(at(iat)), at(now), LIFE);
        assert_eq!(side(150, 300), Side::Before);
        let fell = start + Duration::from_secs(9);
        cut_off.learn(Some(at(100)), fell);
        assert_eq!(side(99, 300), Side::Before);
        assert_eq!(side(150, 300), Side::Unclear { since: fell });
        assert_eq!(side(200, 300), Side::After);
        // Lower still, and nothing that is cut off by the highest is clear yet.
        let fell_again = fell + Duration::from_secs(9);
        cut_off.learn(None, fell_again);
        assert_eq!(side(99, 300), Side::Unclear { since: fell_again });
        assert_eq!(side(150, 300), Side::Unclear { since: fell_again });
        assert_eq!(side(150, 200 + 3600), Side::After);
    }

    #[test]
    fn a_token_that_does_not_say_when_it_was_issued_is_on_neither_side() {
        let cut_off = CutOff::default();
        let start = Instant::now();
        assert_eq!(cut_off.side(None, at(300), LIFE), Side::After);
        cut_off.learn(Some(at(100)), start);
        assert_eq!(
            cut_off.side(None, at(300), LIFE),
            Side::Unclear { since: start }
        );
    }

    #[test]
    fn one_in_the_future_is_obeyed() {
        let cut_off = CutOff::default();
        cut_off.learn(Some(at(5000)), Instant::now());
        assert_eq!(cut_off.side(Some(at(4999)), at(1000), LIFE), Side::Before);
    }

    #[test]
    fn the_same_again_is_nothing_new() {
        let cut_off = CutOff::default();
        assert!(!cut_off.learn(None, Instant::now()));
        assert!(cut_off.learn(Some(at(1)), Instant::now()));
        assert!(!cut_off.learn(Some(at(1)), Instant::now()));
    }
}

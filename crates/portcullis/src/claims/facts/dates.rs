//! When the issuer was asked, and which of two answers is the newer.

use std::time::{Duration, Instant};

use super::TokenFacts;
use crate::Timestamp;

impl TokenFacts {
    /// Says when the call began that these facts are the answer to, by
    /// [`Clock::monotonic`](crate::Clock::monotonic). Facts without it never count as live.
    #[must_use]
    pub fn with_asked_at(mut self, began: Instant) -> Self {
        self.asked_at = Some(began);
        self
    }

    /// The same where another instance has asked, by its clock, and nobody sees to it here that that is
    /// right: these facts have an age, and never count as live.
    pub(crate) fn with_asked_elsewhere_at(mut self, began: Instant) -> Self {
        self.is_second_hand = true;
        self.with_asked_at(began)
    }

    /// When the call about this very token began; `None` when nobody was asked, or the answer
    /// came from a cache that is not ours.
    #[must_use]
    pub fn asked_at(&self) -> Option<Instant> {
        self.asked_at
    }

    /// Whether the token's `exp` has come, without any leeway.
    pub(crate) fn has_ended(&self, now: Timestamp) -> bool {
        self.terms.validity.exp.is_some_and(|exp| exp <= now)
    }

    /// When our own call began, if these facts are the answer to one: what counts as live.
    pub(crate) fn asked_here_at(&self) -> Option<Instant> {
        self.asked_at.filter(|_| !self.is_second_hand)
    }

    /// Whether it was another instance that asked.
    pub(crate) fn is_second_hand(&self) -> bool {
        self.is_second_hand
    }

    /// When the call began at the earliest, by which it is ordered among what is known against the token: the
    /// clock of another instance may be ahead of ours by as much as is tolerated of the issuer's. Where it cannot
    /// be told which was first, so, it was this.
    pub(crate) fn asked_at_the_earliest(&self) -> Option<Instant> {
        let began = self.asked_at?;
        if self.is_second_hand {
            began.checked_sub(self.expectations.leeway)
        } else {
            Some(began)
        }
    }

    /// Whether these facts may take the place of those that were learned before: their call began no earlier. Where
    /// another instance has made it, and says something else than what was learned here, that has to be so by
    /// whichever clock is right.
    pub(crate) fn may_replace(&self, last: &Self) -> bool {
        if last.is_second_hand || self.json == last.json {
            self.asked_at >= last.asked_at
        } else {
            self.asked_at_the_earliest() >= last.asked_at
        }
    }

    /// Whether the issuer was asked at most `age` before `now`.
    pub(crate) fn asked_within(&self, age: Duration, now: Instant) -> bool {
        self.asked_at
            .is_some_and(|began| now.saturating_duration_since(began) <= age)
    }
}

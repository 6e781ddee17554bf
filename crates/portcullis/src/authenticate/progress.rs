use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use http::StatusCode;

use super::guarded::guarded;
use crate::{Freshness, Reason, Rejection, Requirement, TokenFacts};

/// What has happened to a token within its request, shared by all who hold it.
///
/// One lock for facts and requirements, held while they are judged: a requirement that is added
/// while newer facts arrive is held against them by one side or the other.
pub(super) struct Progress {
    state: Mutex<State>,
}

struct State {
    /// The newest facts known to this request.
    facts: Arc<TokenFacts>,
    /// What the route requires of them, and of every newer ones.
    requirements: Vec<Arc<dyn Requirement>>,
    /// When the last call began that ended with a no. A yes from before it counts no longer.
    denied_at: Option<Instant>,
}

impl Progress {
    pub(super) fn new(facts: Arc<TokenFacts>) -> Self {
        Self {
            state: Mutex::new(State {
                facts,
                requirements: Vec::new(),
                denied_at: None,
            }),
        }
    }

    pub(super) fn facts(&self) -> Arc<TokenFacts> {
        self.state().facts.clone()
    }

    /// Adds a requirement, if the facts meet it.
    pub(super) fn require(&self, requirement: Arc<dyn Requirement>) -> Result<(), Rejection> {
        let mut state = self.state();
        judge_requirement(&*requirement, &state.facts)?;
        state.requirements.push(requirement);
        Ok(())
    }

    /// Whether the facts are fresh enough for a request that arrived at `arrived`.
    ///
    /// A call that began in the same tick as the request arrived, or as a call that ended with a
    /// no, may have begun before it, so it does not count.
    pub(super) fn is_fresh(&self, freshness: Freshness, arrived: Instant, now: Instant) -> bool {
        let state = self.state();
        let asked_at = state.facts.asked_at();
        if state.denied_at.is_some() && asked_at <= state.denied_at {
            return false;
        }
        match freshness {
            Freshness::Live => asked_at.is_some_and(|began| began > arrived),
            Freshness::Within(age) => state.facts.asked_within(age, now),
            Freshness::AsConfigured => true,
        }
    }

    /// Takes newer facts over and holds them against everything that was required so far.
    pub(super) fn learn(&self, facts: Arc<TokenFacts>) -> Result<(), Rejection> {
        let mut state = self.state();
        if facts.asked_at() < state.denied_at {
            return Err(Rejection::because(
                Reason::AnswerNotLive,
                "the verifier's answer is older than one that called the token inactive",
            ));
        }
        if facts.asked_at() >= state.facts.asked_at() {
            state.facts = facts;
        }
        state.judge_requirements()
    }

    /// Remembers that a call which began at `began` did not end with a yes.
    pub(super) fn note(&self, rejection: &Rejection, began: Instant) {
        if rejection.status() == StatusCode::UNAUTHORIZED {
            let mut state = self.state();
            state.denied_at = state.denied_at.max(Some(began));
        }
    }

    /// Holds what is known against everything that was required so far.
    pub(super) fn judge_requirements(&self) -> Result<(), Rejection> {
        self.state().judge_requirements()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn judge_requirements(&self) -> Result<(), Rejection> {
        self.requirements
            .iter()
            .try_for_each(|requirement| judge_requirement(&**requirement, &self.facts))
    }
}

/// A requirement may be the application's own.
fn judge_requirement(requirement: &dyn Requirement, facts: &TokenFacts) -> Result<(), Rejection> {
    guarded("a requirement panicked", || requirement.judge(facts))
}

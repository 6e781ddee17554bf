use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use http::StatusCode;

use super::{
    required::Required,
    requirements::{Overflow, Requirements},
};
use crate::{Freshness, Reason, Rejection, Timestamp, TokenFacts};

/// What has happened to a token within its request, shared by all who hold it.
///
/// Requirements may be the application's own, so they are judged without the lock. One that is
/// added while newer facts arrive is held against them all the same: who finds, after judging,
/// that the facts were replaced meanwhile, judges again.
pub(super) struct Progress {
    state: Mutex<State>,
}

struct State {
    /// The newest facts known to this request.
    facts: Arc<TokenFacts>,
    /// How often the facts were replaced.
    generation: u64,
    /// What the route requires of them, and of every newer ones.
    requirements: Requirements,
    /// The last call that ended with a no. A yes from before it counts no longer.
    denied: Option<Denied>,
    /// Whether it was told of that more was required than is remembered.
    has_told: bool,
}

struct Denied {
    began: Instant,
    rejection: Rejection,
}

impl Progress {
    pub(super) fn new(facts: Arc<TokenFacts>) -> Self {
        Self {
            state: Mutex::new(State {
                facts,
                generation: 0,
                requirements: Requirements::default(),
                denied: None,
                has_told: false,
            }),
        }
    }

    pub(super) fn facts(&self) -> Arc<TokenFacts> {
        self.state().facts.clone()
    }

    /// What was required so far.
    pub(super) fn requirements(&self) -> Requirements {
        self.state().requirements.clone()
    }

    /// Adds a requirement, if the facts meet it.
    pub(super) fn require(&self, required: &Required, now: Timestamp) -> Result<(), Rejection> {
        loop {
            let ((facts, generation), known) = {
                let state = self.state();
                (state.known(), state.requirements.clone())
            };
            required.judge(&facts, now)?;
            let added = known.with(required);
            let mut state = self.state();
            if state.generation != generation {
                continue;
            }
            let added = match added {
                Ok(Some(added)) => added,
                Ok(None) => return Ok(()),
                Err(Overflow) => {
                    let is_told = mem::replace(&mut state.has_told, true);
                    drop(state);
                    return Err(overflow(is_told));
                }
            };
            if state.requirements.is(&known) {
                state.requirements = added;
                return Ok(());
            }
        }
    }

    /// Whether the facts are fresh enough for a request that arrived at `arrived`.
    ///
    /// A call that began in the same tick as the request arrived, or as a call that ended with a
    /// no, may have begun before it, so it does not count.
    pub(super) fn is_fresh(&self, freshness: Freshness, arrived: Instant, now: Instant) -> bool {
        let state = self.state();
        if state.denial().is_some() {
            return false;
        }
        match freshness {
            Freshness::Live => {
                let asked = state.facts.asked_here_at();
                asked.is_some_and(|began| began > arrived)
            }
            Freshness::Within(age) => state.facts.asked_within(age, now),
            Freshness::AsConfigured => true,
        }
    }

    /// Takes newer facts over and holds them against everything that was required so far, but for what
    /// the server can be asked beside them: that is judged when it has been.
    pub(super) fn learn(&self, facts: Arc<TokenFacts>, now: Timestamp) -> Result<(), Rejection> {
        let mut state = self.state();
        let denied_at = state.denied.as_ref().map(|denied| denied.began);
        if facts.asked_at_the_earliest() < denied_at {
            return Err(Rejection::because(
                Reason::AnswerNotLive,
                "the verifier's answer is older than one that called the token inactive",
            ));
        }
        if facts.may_replace(&state.facts) {
            state.facts = facts;
            state.generation += 1;
        }
        drop(state);
        self.judge_requirements(now, |required| required.asked().is_none())
    }

    /// Remembers that a call which began at `began` did not end with a yes.
    pub(super) fn note(&self, rejection: &Rejection, began: Instant) {
        if rejection.status() == StatusCode::UNAUTHORIZED {
            let mut state = self.state();
            let is_newest = |denied: &Denied| denied.began <= began;
            if state.denied.as_ref().is_none_or(is_newest) {
                let rejection = rejection.clone();
                state.denied = Some(Denied { began, rejection });
            }
        }
    }

    /// Holds what is known against everything that was heard and required so far.
    pub(super) fn judge_again(&self, now: Timestamp) -> Result<(), Rejection> {
        if let Some(rejection) = self.state().denial() {
            return Err(rejection.clone());
        }
        self.judge_requirements(now, |_| true)
    }

    /// A requirement that is added in the meantime was held against the same facts when it was.
    fn judge_requirements(
        &self,
        now: Timestamp,
        is_meant: impl Fn(&Required) -> bool,
    ) -> Result<(), Rejection> {
        loop {
            let (facts, generation) = self.state().known();
            let requirements = self.requirements();
            let judged = requirements
                .iter()
                .filter(|required| is_meant(required))
                .map(|required| required.judge(&facts, now));
            if let Some(rejection) = weightiest(judged.filter_map(Result::err)) {
                return Err(rejection);
            }
            if self.state().generation == generation {
                return Ok(());
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn known(&self) -> (Arc<TokenFacts>, u64) {
        (self.facts.clone(), self.generation)
    }

    /// The no that what is known cannot outweigh.
    fn denial(&self) -> Option<&Rejection> {
        let denied = self.denied.as_ref()?;
        let asked = self.facts.asked_at_the_earliest();
        (asked <= Some(denied.began)).then_some(&denied.rejection)
    }
}

fn overflow(is_told: bool) -> Rejection {
    let diagnosis = "more was required of one request than is remembered; where the messages of a stream each require something else say `token.meets(&requirement)`, and let a requirement of your own say by `is_same_as` what it is the same as";
    if !is_told {
        tracing::warn!(target: "portcullis::requirements", most = Requirements::MOST, "{diagnosis}");
    }
    Rejection::because(Reason::RequirementNotMet, diagnosis)
}

/// Of several refusals the first that a new token can mend (401), else the first: who is told that
/// his rights do not suffice (403) tries no further.
fn weightiest(rejections: impl Iterator<Item = Rejection>) -> Option<Rejection> {
    let mut first = None;
    for rejection in rejections {
        if rejection.status() == StatusCode::UNAUTHORIZED {
            return Some(rejection);
        }
        first.get_or_insert(rejection);
    }
    first
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use super::*;
    use crate::{Expectations, RequireAcr, RequireRole, RequireScope, Requirement};

    const NOW: Timestamp = Timestamp::from_seconds(0);

    fn progress() -> Progress {
        let expectations = Arc::new(Expectations::audience("api"));
        let facts = r#"{"scope":"a b","realm_access":{"roles":["a"]},"acr":"a","auth_time":0}"#;
        let facts = TokenFacts::from_json(facts, &expectations).unwrap();
        Progress::new(Arc::new(facts))
    }

    crate::scope!(A = "a");

    fn of_facts(requirement: impl Requirement) -> Required {
        Required::OfFacts(Arc::new(requirement))
    }

    /// A stream that requires the same with each message would take up ever more memory.
    #[test]
    fn what_is_required_again_and_again_is_remembered_once() {
        let progress = progress();
        let kinds: [fn() -> Required; 8] = [
            || of_facts(RequireScope::all(["a"]).unwrap()),
            || of_facts(RequireScope::all(["a", "b"]).unwrap()),
            || of_facts(RequireScope::any(["a"]).unwrap()),
            || of_facts(RequireScope::of::<A>()),
            || of_facts(RequireRole::realm("a")),
            || of_facts(RequireAcr::one_of(["a"]).unwrap()),
            || of_facts(RequireAcr::one_of(["a", "b"]).unwrap()),
            || of_facts(RequireAcr::authenticated_within(Duration::from_secs(9))),
        ];
        for _ in 0..3 {
            for required in kinds {
                progress.require(&required(), NOW).unwrap();
            }
        }
        assert_eq!(progress.requirements().iter().len(), kinds.len());
    }

    /// One that counts how many hold on to another while it is compared with that.
    struct Watching {
        other: Arc<dyn Requirement>,
        holders: Arc<AtomicUsize>,
    }

    impl Requirement for Watching {
        fn judge(&self, _: &TokenFacts, _: Timestamp) -> Result<(), Rejection> {
            Ok(())
        }

        fn is_same_as(&self, _: &dyn Requirement) -> bool {
            let holders = Arc::strong_count(&self.other);
            self.holders.store(holders, Ordering::Relaxed);
            false
        }
    }

    /// A stream that requires something with each message goes through what is remembered each time.
    #[test]
    fn what_is_remembered_is_looked_through_and_not_copied_for_it() {
        let (progress, holders) = (progress(), Arc::new(AtomicUsize::new(0)));
        let first: Arc<dyn Requirement> = Arc::new(Odd);
        progress
            .require(&Required::OfFacts(first.clone()), NOW)
            .unwrap();
        let before = Arc::strong_count(&first);
        let watching = Watching {
            other: first.clone(),
            holders: holders.clone(),
        };
        progress.require(&of_facts(watching), NOW).unwrap();
        // The one that watches holds on to it as well.
        assert_eq!(holders.load(Ordering::Relaxed), before + 1);
    }

    /// One that looks at what is required once it is let go.
    struct Leaving(Arc<Progress>);

    impl Requirement for Leaving {
        fn judge(&self, _: &TokenFacts, _: Timestamp) -> Result<(), Rejection> {
            Ok(())
        }
    }

    impl Drop for Leaving {
        fn drop(&mut self) {
            assert_eq!(self.0.requirements().iter().len(), Requirements::MOST);
        }
    }

    #[test]
    fn what_is_not_remembered_is_let_go_without_the_lock() {
        let progress = Arc::new(progress());
        for _ in 0..Requirements::MOST {
            progress.require(&of_facts(Odd), NOW).unwrap();
        }
        let refused = progress.require(&of_facts(Leaving(progress.clone())), NOW);
        assert_eq!(refused.unwrap_err().reason(), Reason::RequirementNotMet);
    }

    /// It says of nothing that it is the same.
    struct Odd;

    impl Requirement for Odd {
        fn judge(&self, _: &TokenFacts, _: Timestamp) -> Result<(), Rejection> {
            Ok(())
        }
    }

    #[test]
    fn more_than_can_be_remembered_is_refused() {
        let progress = progress();
        for _ in 0..Requirements::MOST {
            progress.require(&of_facts(Odd), NOW).unwrap();
        }
        let refused = progress.require(&of_facts(Odd), NOW).unwrap_err();
        assert_eq!(refused.reason(), Reason::RequirementNotMet);
        assert_eq!(progress.requirements().iter().len(), Requirements::MOST);
    }
}

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Keeps callers away from a server that does not answer. What opens it is evidence about the
/// server: whoever chooses the tokens cannot.
#[derive(Debug)]
pub(super) struct Breaker {
    state: Mutex<State>,
    /// How long a trial may take. One that takes longer is stuck on a runtime that does not run.
    bound: Duration,
}

#[derive(Debug, Default)]
struct State {
    circuit: Circuit,
    /// How many trials there were: the number of the last.
    trials: u64,
    /// When a genuine token was last let through an open circuit.
    excepted: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
enum Circuit {
    /// Calls go through; so many have failed since the last that was answered.
    Closed { failures: u32 },
    /// Calls go through, and too many had no answer in time. That may be the tokens' fault: one
    /// caller finds out, the others go on. By the time that passes while nothing runs.
    Suspected { trial: Option<Instant> },
    /// Nobody calls until then.
    Open {
        until: Instant,
        wait: Duration,
        kind: Illness,
    },
    /// Nobody calls but one, who finds out whether the server is back.
    HalfOpen {
        trial: Instant,
        wait: Duration,
        kind: Illness,
    },
}

impl Default for Circuit {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

/// What a failure says of the server.
#[derive(Debug, Clone, Copy)]
pub(super) enum Evidence {
    /// It is the server.
    Certain(Symptom),
    /// It may have been the token.
    Suspicion,
}

/// How the server shows that it is not well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Symptom {
    pub(super) kind: Illness,
    /// How long it asks us to stay away.
    pub(super) pause: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Illness {
    /// Nothing comes.
    Silent,
    /// It answers, with errors. It may do so about tokens that do not exist and be well otherwise.
    Failing,
}

impl Symptom {
    pub(super) const SILENCE: Self = Self {
        kind: Illness::Silent,
        pause: None,
    };
}

/// Whether the server may be called.
#[derive(Debug)]
pub(super) enum Way<'a> {
    Clear,
    /// Only by whoever has this, and to find out first how the server is.
    Trial(Trial<'a>),
    /// Not before so much time has passed.
    Blocked(Duration),
}

impl Breaker {
    /// How many calls in a row must have failed.
    const FAILURES: u32 = 5;
    /// How long nobody calls at first; twice as long after each trial that fails.
    const FIRST_WAIT: Duration = Duration::from_secs(1);
    const LONGEST_WAIT: Duration = Duration::from_secs(30);
    /// How much of a `Retry-After` is honoured.
    const LONGEST_PAUSE: Duration = Duration::from_secs(60);

    /// For trials that end by themselves within `bound`.
    pub(super) fn new(bound: Duration) -> Self {
        Self {
            state: Mutex::default(),
            bound,
        }
    }

    /// The way for a token, which may be known to be genuine.
    pub(super) fn way(&self, now: Instant, is_genuine: bool) -> Way<'_> {
        let mut state = self.state();
        if state.excepts(now, is_genuine) {
            state.excepted = Some(now);
            return Way::Clear;
        }
        match state.circuit {
            Circuit::Closed { .. } => Way::Clear,
            Circuit::Suspected { trial: Some(trial) } if !self.is_stuck(trial) => Way::Clear,
            Circuit::Suspected { .. } => {
                let trial = Some(Instant::now());
                state.circuit = Circuit::Suspected { trial };
                self.trial(&mut state, now, Self::FIRST_WAIT)
            }
            Circuit::Open { until, .. } if until > now => {
                Way::Blocked(until.saturating_duration_since(now))
            }
            Circuit::HalfOpen { trial, .. } if !self.is_stuck(trial) => {
                Way::Blocked(Self::FIRST_WAIT)
            }
            Circuit::Open { wait, kind, .. } | Circuit::HalfOpen { wait, kind, .. } => {
                let trial = Instant::now();
                state.circuit = Circuit::HalfOpen { trial, wait, kind };
                let next_wait = wait.saturating_mul(2).min(Self::LONGEST_WAIT);
                self.trial(&mut state, now, next_wait)
            }
        }
    }

    fn trial(&self, state: &mut State, began: Instant, next_wait: Duration) -> Way<'_> {
        state.trials = state.trials.wrapping_add(1);
        Way::Trial(Trial {
            breaker: self,
            number: state.trials,
            began,
            next_wait,
        })
    }

    /// How long nobody may call yet; `None` when somebody may. Changes nothing.
    pub(super) fn blocked(&self, now: Instant, is_genuine: bool) -> Option<Duration> {
        let state = self.state();
        if state.excepts(now, is_genuine) {
            return None;
        }
        match state.circuit {
            Circuit::Closed { .. } | Circuit::Suspected { .. } => None,
            Circuit::Open { until, .. } => {
                Some(until.saturating_duration_since(now)).filter(|wait| !wait.is_zero())
            }
            Circuit::HalfOpen { trial, .. } => (!self.is_stuck(trial)).then_some(Self::FIRST_WAIT),
        }
    }

    /// Whether calls are held back, and one may find out whether they still have to be.
    pub(super) fn is_trial_due(&self, now: Instant) -> bool {
        match self.state().circuit {
            Circuit::Open { until, .. } => until <= now,
            Circuit::HalfOpen { trial, .. } => self.is_stuck(trial),
            Circuit::Closed { .. } | Circuit::Suspected { .. } => false,
        }
    }

    /// Whether calls are held back, or were when the server was last tried.
    pub(super) fn is_open(&self) -> bool {
        matches!(
            self.state().circuit,
            Circuit::Open { .. } | Circuit::HalfOpen { .. }
        )
    }

    /// The server has answered. Whether that has closed the circuit.
    pub(super) fn note_answer(&self) -> bool {
        let mut state = self.state();
        let was_open = matches!(
            state.circuit,
            Circuit::Open { .. } | Circuit::HalfOpen { .. }
        );
        state.circuit = Circuit::default();
        was_open
    }

    /// A call has failed. Whether that has opened the circuit.
    pub(super) fn note_failure(&self, now: Instant, evidence: Evidence) -> bool {
        let mut state = self.state();
        let failures = match &mut state.circuit {
            Circuit::Closed { failures } => failures.saturating_add(1),
            Circuit::Suspected { .. } => Self::FAILURES,
            Circuit::Open { kind, .. } | Circuit::HalfOpen { kind, .. } => {
                // Those that were let through had no answer either.
                if let Evidence::Suspicion | Evidence::Certain(Symptom::SILENCE) = evidence {
                    *kind = Illness::Silent;
                }
                return false;
            }
        };
        match evidence {
            Evidence::Certain(symptom) if failures >= Self::FAILURES || symptom.pause.is_some() => {
                state.circuit = Self::open(now, Self::FIRST_WAIT, symptom);
                true
            }
            Evidence::Suspicion if failures >= Self::FAILURES => {
                if let Circuit::Closed { .. } = state.circuit {
                    state.circuit = Circuit::Suspected { trial: None };
                }
                false
            }
            Evidence::Certain(_) | Evidence::Suspicion => {
                state.circuit = Circuit::Closed { failures };
                false
            }
        }
    }

    fn open(now: Instant, wait: Duration, Symptom { kind, pause }: Symptom) -> Circuit {
        let pause = pause.unwrap_or_default().min(Self::LONGEST_PAUSE);
        // A clock that cannot tell a time a minute ahead keeps nobody away.
        let until = now.checked_add(wait.max(pause)).unwrap_or(now);
        Circuit::Open { until, wait, kind }
    }

    fn is_stuck(&self, trial: Instant) -> bool {
        trial.elapsed() >= self.bound
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one attempt to find out how the server is. Dropped without an end it leaves the attempt
/// to the next.
#[derive(Debug)]
pub(super) struct Trial<'a> {
    breaker: &'a Breaker,
    number: u64,
    began: Instant,
    /// How long nobody calls if it fails.
    next_wait: Duration,
}

impl Trial<'_> {
    /// Whether that has closed the circuit.
    pub(super) fn succeeded(self) -> bool {
        self.end(Circuit::default())
    }

    /// How long nobody calls from now on; `None` when a call has been answered meanwhile.
    pub(super) fn failed(self, now: Instant, symptom: Symptom) -> Option<Duration> {
        let circuit = Breaker::open(now, self.next_wait, symptom);
        let breaker = self.breaker;
        let has_a_say = self.end(circuit);
        has_a_say.then(|| breaker.blocked(now, false)).flatten()
    }

    /// Whether the trial still had a say.
    fn end(self, circuit: Circuit) -> bool {
        let mut state = self.breaker.state();
        let is_current = state.is_under_trial() && state.trials == self.number;
        if is_current {
            state.circuit = circuit;
        }
        is_current
    }
}

impl State {
    /// Whether this call is let through an open circuit: a server that fails at tokens that do
    /// not exist may be well otherwise, and only a genuine one can tell. Once a second.
    fn excepts(&self, now: Instant, is_genuine: bool) -> bool {
        // A trial that is due comes first.
        let kind = match self.circuit {
            Circuit::Open { until, kind, .. } if until > now => kind,
            Circuit::HalfOpen { kind, .. } => kind,
            _ => return false,
        };
        let is_due = self
            .excepted
            .is_none_or(|last| now.saturating_duration_since(last) >= Breaker::FIRST_WAIT);
        is_genuine && kind == Illness::Failing && is_due
    }

    fn is_under_trial(&self) -> bool {
        matches!(
            self.circuit,
            Circuit::HalfOpen { .. } | Circuit::Suspected { trial: Some(_) }
        )
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        let mut state = self.breaker.state();
        if !state.is_under_trial() || state.trials != self.number {
            return;
        }
        state.circuit = match state.circuit {
            Circuit::HalfOpen { wait, kind, .. } => Circuit::Open {
                until: self.began,
                wait,
                kind,
            },
            _ => Circuit::Suspected { trial: None },
        };
    }
}

#[cfg(test)]
mod tests;

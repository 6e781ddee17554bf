//! Asking again about tokens in use, for the sake of what no notice tells.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use moka::{policy::EvictionPolicy, sync::Cache};
use tokio::runtime::Handle;

use super::agreement::hold_against;
use crate::{
    AccessToken, Answer, Clock, Reason, Rejection, RevocationSet, TokenFacts,
    revocation::TokenMark, telemetry::RecheckOutcome, verify::introspection::Introspector,
};

/// Asks about each token in use once in a window at the most, and lets none be served unasked for
/// longer than a window and the deadline of a call, as long as the server can be asked and the budget
/// suffices. An answer vouches for its own token and for no other, not even of the same session.
pub(crate) struct Recheck {
    introspector: Arc<Introspector>,
    revocations: RevocationSet,
    clock: Arc<dyn Clock>,
    window: Duration,
    /// When a token was last asked about for this, whatever came of it.
    attempts: Cache<TokenMark, Instant>,
    /// When a token was last served that should have been asked about before.
    overdue: Mutex<Option<Instant>>,
}

/// What is known of a token's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    /// It was asked about within the window.
    Fresh,
    /// It is to be asked about, and can be served meanwhile.
    Due,
    /// It should have been asked about before, by so much.
    Overdue(Duration),
}

/// What came of asking, once it has.
pub(super) type Rechecked = Pin<Box<dyn Future<Output = Result<(), Rejection>> + Send>>;

impl Recheck {
    /// How many tokens may be in use.
    const LIMIT: u64 = 200_000;

    pub(crate) fn new(
        introspector: Arc<Introspector>,
        revocations: RevocationSet,
        window: Duration,
    ) -> Self {
        revocations.telemetry().rechecks();
        Self {
            clock: introspector.clock(),
            introspector,
            revocations,
            window,
            attempts: Cache::builder()
                .max_capacity(Self::LIMIT)
                .eviction_policy(EvictionPolicy::lru())
                .build(),
            overdue: Mutex::new(None),
        }
    }

    /// Whether a token was served lately that should have been asked about before.
    pub(crate) fn is_overdue(&self) -> bool {
        let now = self.clock.monotonic();
        let since = *self.overdue();
        since.is_some_and(|since| now.saturating_duration_since(since) < self.window)
    }

    /// Sees to it that a token which is good here is asked about in time. `None` where the request
    /// need not wait for that.
    pub(super) fn look_after(
        self: &Arc<Self>,
        token: &AccessToken,
        facts: &Arc<TokenFacts>,
    ) -> Option<Rechecked> {
        let age = self.age(facts);
        if age == Age::Fresh {
            return None;
        }
        let is_first = self.is_first_attempt(facts);
        match age {
            Age::Fresh => None,
            Age::Due => {
                if is_first {
                    self.ask_in_background(token, facts);
                }
                None
            }
            Age::Overdue(by) if is_first => {
                let (recheck, token, facts) = (self.clone(), token.clone(), facts.clone());
                Some(Box::pin(async move {
                    match recheck.ask(&token, &facts).await {
                        Err(rejection) if !rejection.is_verdict() => {
                            recheck.note_overdue(by);
                            Ok(())
                        }
                        outcome => outcome,
                    }
                }))
            }
            Age::Overdue(by) => {
                self.note_overdue(by);
                None
            }
        }
    }

    fn age(&self, facts: &TokenFacts) -> Age {
        let now = self.clock.monotonic();
        let deadline = self.introspector.deadline();
        let vouched = self.revocations.vouched(facts);
        if let Some(condemned) = self.revocations.sibling_condemned(facts)
            && vouched.is_none_or(|vouched| vouched <= condemned)
        {
            return Age::Overdue(now.saturating_duration_since(condemned));
        }
        let Some(vouched) = vouched else {
            // Of one that was never asked about only its issuing is known.
            let iat = facts.registered().iat;
            let age = iat.map_or(Duration::MAX, |iat| self.clock.now().since(iat));
            return match age.checked_sub(self.window) {
                None => Age::Due,
                Some(by) => Age::Overdue(by),
            };
        };
        let age = now.saturating_duration_since(vouched);
        match age.checked_sub(self.window) {
            None => Age::Fresh,
            Some(by) if by < deadline => Age::Due,
            Some(by) => Age::Overdue(by),
        }
    }

    /// Whether nobody has asked within the window, even in vain.
    fn is_first_attempt(&self, facts: &TokenFacts) -> bool {
        let Some(mark) = facts.mark() else {
            return false;
        };
        let now = self.clock.monotonic();
        let last = self.attempts.get(&mark);
        if last.is_some_and(|last| now.saturating_duration_since(last) < self.window) {
            return false;
        }
        self.attempts.insert(mark, now);
        true
    }

    fn ask_in_background(self: &Arc<Self>, token: &AccessToken, facts: &Arc<TokenFacts>) {
        if let Ok(runtime) = Handle::try_current() {
            let (recheck, token, facts) = (self.clone(), token.clone(), facts.clone());
            // What it learns, everybody learns.
            runtime.spawn(async move { drop(recheck.ask(&token, &facts).await) });
        }
    }

    /// One question, in its turn.
    async fn ask(&self, token: &AccessToken, facts: &Arc<TokenFacts>) -> Result<(), Rejection> {
        let telemetry = self.revocations.telemetry();
        let patience = self.introspector.deadline();
        let turn = self.revocations.turn(facts);
        let Ok(Ok(_turn)) = tokio::time::timeout(patience, turn).await else {
            telemetry.recheck(RecheckOutcome::Postponed);
            return Err(Rejection::because(
                Reason::IssuerBusy,
                "the budget for asking about tokens in use does not suffice; see `recheck_budget`",
            ));
        };
        let began = self.clock.monotonic();
        let asking = self.introspector.recheck(token, facts, self.window);
        let (answer, is_anothers) = asking.await;
        self.conclude(answer, is_anothers, facts, began)
    }

    fn conclude(
        &self,
        answer: Answer,
        is_anothers: bool,
        facts: &Arc<TokenFacts>,
        began: Instant,
    ) -> Result<(), Rejection> {
        let telemetry = self.revocations.telemetry();
        match answer.and_then(|live| hold_against(&live, facts.clone())) {
            Ok(_) => {
                telemetry.recheck(if is_anothers {
                    RecheckOutcome::Shared
                } else {
                    RecheckOutcome::Active
                });
                self.note_in_time();
                Ok(())
            }
            // Nobody was asked: it is known to be over.
            Err(rejection) if rejection.reason() == Reason::Revoked => Err(rejection),
            Err(rejection) if rejection.is_verdict() => {
                telemetry.recheck(RecheckOutcome::Inactive);
                if rejection.reason() == Reason::StatementsDisagree {
                    self.revocations.condemn(facts, began);
                }
                self.revocations.note_end(facts);
                Err(rejection)
            }
            Err(rejection) => {
                telemetry.recheck(RecheckOutcome::Failed);
                Err(rejection)
            }
        }
    }

    fn note_overdue(&self, by: Duration) {
        *self.overdue() = Some(self.clock.monotonic());
        self.revocations.telemetry().overdue(by);
    }

    fn note_in_time(&self) {
        if !self.is_overdue() && self.overdue().take().is_some() {
            self.revocations.telemetry().overdue(Duration::ZERO);
        }
    }

    fn overdue(&self) -> MutexGuard<'_, Option<Instant>> {
        self.overdue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Recheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recheck")
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

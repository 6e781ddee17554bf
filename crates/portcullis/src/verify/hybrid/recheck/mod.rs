//! Asking again about tokens in use, for the sake of what no notice tells.

mod attempt;

use std::{
    fmt,
    future::{Future, ready},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use self::attempt::{Attempt, Attempts, Outcome, Patience};
use crate::{
    AccessToken, Answer, Clock, Freshness, Reason, Rejection, RevocationSet, Standing, TokenFacts,
    telemetry::RecheckOutcome,
    verify::{agreement::hold_against, introspection::Introspector},
};

/// Asks about each token in use once in a window at the most, and lets none be served unasked for
/// longer than a window and the deadline of a call, as long as the server can be asked and the budget
/// suffices. An answer vouches for its own token and for no other, not even of the same session.
pub(crate) struct Recheck {
    introspector: Arc<Introspector>,
    revocations: RevocationSet,
    clock: Arc<dyn Clock>,
    window: Duration,
    /// How long a question takes at the most.
    longest: Duration,
    attempts: Attempts,
    /// When a token was last served that should have been asked about before.
    overdue: Mutex<Option<Instant>>,
}

/// A token that is to be asked about.
#[derive(Debug, Clone, Copy)]
struct Due {
    /// An answer counts to a call that began later.
    since: Instant,
    /// When another token of its session was called inactive, if that is why.
    condemned: Option<Instant>,
    /// By how much it should have been asked about before; until then it is served meanwhile.
    overdue: Option<Duration>,
}

impl Due {
    /// Whether an answer counts of those that a token has: after its sibling was condemned for sure, else
    /// within the window.
    fn is_settled(self, revocations: &RevocationSet, facts: &TokenFacts) -> bool {
        let vouched = match self.condemned {
            Some(_) => revocations.vouched_at_the_earliest(facts),
            None => revocations.vouched(facts),
        };
        vouched > Some(self.since)
    }
}

/// What came of asking, once it has.
pub(super) type Rechecked = Pin<Box<dyn Future<Output = Result<(), Rejection>> + Send>>;

impl Recheck {
    /// How much longer than a question counts it may take up memory.
    const SLACK: Duration = Duration::from_secs(60);

    pub(crate) fn new(
        introspector: Arc<Introspector>,
        revocations: RevocationSet,
        window: Duration,
    ) -> Self {
        revocations.telemetry().rechecks();
        let longest = Self::longest(window, introspector.deadline());
        Self {
            clock: introspector.clock(),
            introspector,
            revocations,
            window,
            longest,
            attempts: Attempts::kept_for(longest.saturating_add(Self::SLACK)),
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
        let now = self.clock.monotonic();
        let due = self.due(facts, now)?;
        // What is over needs no answer, and what is in doubt is asked about by the judge.
        if !matches!(self.revocations.look_up(facts), Standing::Clear) {
            return None;
        }
        let attempt = self.attempt(due, token, facts)?;
        let by = due.overdue?;
        let patience = self.patience(&attempt);
        match attempt.outcome() {
            Some(Outcome::Refused(rejection)) if !rejection.is_verdict() => {
                return Some(Box::pin(ready(Err(rejection))));
            }
            None if !patience.is_zero() => {}
            // The judge knows what came of it, if anything did.
            outcome => {
                if !matches!(outcome, Some(Outcome::Vouched)) {
                    self.note_overdue(by);
                }
                return None;
            }
        }
        let (recheck, token, facts) = (self.clone(), token.clone(), facts.clone());
        Some(Box::pin(async move {
            let ended = recheck.ended(attempt, due, &token, &facts);
            let outcome = tokio::time::timeout(patience, ended).await;
            match outcome.unwrap_or(Outcome::Failed) {
                Outcome::Vouched => Ok(()),
                Outcome::Refused(rejection) => Err(rejection),
                Outcome::Failed | Outcome::Elsewhere => {
                    recheck.note_overdue(by);
                    Ok(())
                }
            }
        }))
    }

    /// For how long requests still wait for a question: for its turn no longer than for a call, and
    /// once for all of them, since it may have to wait for its turn a good deal longer.
    fn patience(&self, attempt: &Attempt) -> Duration {
        let deadline = self.introspector.deadline();
        let patience = deadline.saturating_mul(2);
        patience.saturating_sub(attempt.age(self.clock.monotonic()))
    }

    /// What came of a question, once it has ended.
    async fn ended(
        self: &Arc<Self>,
        attempt: Attempt,
        due: Due,
        token: &AccessToken,
        facts: &Arc<TokenFacts>,
    ) -> Outcome {
        let outcome = attempt.ended().await;
        // The call may have begun so long ago that its answer is too old by now.
        if let Outcome::Vouched = outcome
            && !due.is_settled(&self.revocations, facts)
            && let Some(attempt) = self.attempt(due, token, facts)
        {
            return attempt.ended().await;
        }
        outcome
    }

    /// The question about a token that is due.
    fn attempt(
        self: &Arc<Self>,
        due: Due,
        token: &AccessToken,
        facts: &Arc<TokenFacts>,
    ) -> Option<Attempt> {
        let patience = Patience {
            now: self.clock.monotonic(),
            window: self.window,
            longest: self.longest,
            since: due.condemned,
        };
        self.attempts.attempt(facts.mark()?, patience, || {
            let (recheck, token, facts) = (self.clone(), token.clone(), facts.clone());
            async move { recheck.ask(&token, &facts, due).await }
        })
    }

    /// How long a question takes at the most: the turn, other instances, and two calls, of which the
    /// first may have begun too early.
    fn longest(window: Duration, deadline: Duration) -> Duration {
        const OTHERS: Duration = Duration::from_secs(5);
        let calls = deadline.saturating_mul(3);
        window.saturating_add(calls).saturating_add(OTHERS)
    }

    /// Whether a token is to be asked about.
    fn due(&self, facts: &TokenFacts, now: Instant) -> Option<Due> {
        if let Some(condemned) = self.revocations.sibling_condemned(facts) {
            let due = Due {
                since: condemned,
                condemned: Some(condemned),
                overdue: Some(now.saturating_duration_since(condemned)),
            };
            if !due.is_settled(&self.revocations, facts) {
                return Some(due);
            }
        }
        let vouched = self.revocations.vouched(facts);
        let due = |overdue| {
            Some(Due {
                since: now.checked_sub(self.window).unwrap_or(now),
                condemned: None,
                overdue,
            })
        };
        let Some(vouched) = vouched else {
            // Of one that was never asked about only its issuing is known.
            let iat = facts.registered().iat;
            let age = iat.map_or(Duration::MAX, |iat| self.clock.now().since(iat));
            return due(age.checked_sub(self.window));
        };
        let age = now.saturating_duration_since(vouched);
        let late = age.checked_sub(self.window)?;
        due(Some(late).filter(|late| *late >= self.introspector.deadline()))
    }

    /// One question, in its turn.
    async fn ask(&self, token: &AccessToken, facts: &Arc<TokenFacts>, due: Due) -> Outcome {
        let telemetry = self.revocations.telemetry();
        // For as long as it would not be asked about again: a budget that suffices for all that are in
        // use gets round to each of them in a window, however many come at once.
        let turn = self.revocations.turn_in_background(facts);
        let Ok(Ok(())) = tokio::time::timeout(self.window, turn).await else {
            telemetry.recheck(RecheckOutcome::Postponed);
            return Outcome::Failed;
        };
        let since = due.since;
        let freshness = Freshness::since(since, self.clock.monotonic());
        // Whoever has had a window more for it, and has not told, may be dead, or an invention. And what
        // was asked within the window was asked before its sibling ended.
        let is_late = due.overdue.is_some_and(|late| late >= self.window);
        let waits = due.condemned.is_none() && !is_late;
        let window = waits.then_some(self.window);
        let asking = self.introspector.recheck(token, facts, freshness, window);
        let (answer, is_anothers) = asking.await;
        if let Err(rejection) = &answer
            && self.introspector.fails_at_token(rejection, is_late).await
        {
            telemetry.recheck(RecheckOutcome::Failed);
            return Outcome::Refused(rejection.clone());
        }
        let outcome = self.conclude(answer, is_anothers, token, facts);
        match outcome {
            Outcome::Vouched if !due.is_settled(&self.revocations, facts) => Outcome::Failed,
            outcome => outcome,
        }
    }

    fn conclude(
        &self,
        answer: Answer,
        is_anothers: bool,
        token: &AccessToken,
        facts: &Arc<TokenFacts>,
    ) -> Outcome {
        let telemetry = self.revocations.telemetry();
        match answer.and_then(|live| hold_against(&live, facts.clone())) {
            Ok(_) => {
                telemetry.recheck(if is_anothers {
                    RecheckOutcome::Shared
                } else {
                    RecheckOutcome::Active
                });
                self.note_in_time();
                Outcome::Vouched
            }
            // Nobody was asked: it is known to be over.
            Err(rejection) if rejection.reason() == Reason::Revoked => Outcome::Refused(rejection),
            Err(rejection) if rejection.is_verdict() => {
                telemetry.recheck(RecheckOutcome::Inactive);
                if rejection.reason() == Reason::StatementsDisagree {
                    self.introspector.disown(token, facts);
                }
                self.revocations.note_end(facts);
                Outcome::Refused(rejection)
            }
            Err(_) if is_anothers => {
                telemetry.recheck(RecheckOutcome::Failed);
                Outcome::Elsewhere
            }
            Err(_) => {
                telemetry.recheck(RecheckOutcome::Failed);
                Outcome::Failed
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

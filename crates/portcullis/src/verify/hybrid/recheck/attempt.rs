use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use moka::{policy::EvictionPolicy, sync::Cache};
use tokio::{runtime::Handle, sync::watch};

use crate::{Rejection, revocation::TokenMark};

/// The questions that were asked last, one for each token.
pub(super) struct Attempts {
    last: Cache<TokenMark, Attempt>,
}

/// A question about a token, in a task of its own: who waits for it may go away, and spares nobody
/// the answer.
#[derive(Clone)]
pub(super) struct Attempt {
    began: Instant,
    outcome: Arc<watch::Sender<Option<Outcome>>>,
}

/// What came of a question.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    /// The token was called active, since when it had to be.
    Vouched,
    /// It is over, or cannot be asked about though others can.
    Refused(Rejection),
    /// Nothing that is any use.
    Failed,
    /// Another instance asks, and has not told yet.
    Elsewhere,
}

/// When a question is worth asking again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) now: Instant,
    /// For how long one that has failed is not repeated.
    pub(super) window: Duration,
    /// How long one may take. What takes longer is stuck on a runtime that does not run.
    pub(super) longest: Duration,
    /// One that began before has nothing to say of what has happened then.
    pub(super) since: Option<Instant>,
}

impl Attempts {
    /// How many tokens may be in use.
    const LIMIT: u64 = 200_000;
    /// How long one may take up memory at the most.
    const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

    /// None yet. Each takes up memory for so long: of a token that does not come any more nothing is left.
    pub(super) fn kept_for(life: Duration) -> Self {
        Self {
            last: Cache::builder()
                .max_capacity(Self::LIMIT)
                .eviction_policy(EvictionPolicy::lru())
                .time_to_live(life.min(Self::LONGEST))
                .build(),
        }
    }

    /// The question about a token that is being asked, or was asked lately and in vain; else a new
    /// one. `None` where there is nobody to ask it.
    pub(super) fn attempt<F>(
        &self,
        mark: TokenMark,
        patience: Patience,
        ask: impl FnOnce() -> F,
    ) -> Option<Attempt>
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        if let Some(last) = self.last.get(&mark)
            && last.stands(patience)
        {
            return Some(last);
        }
        let runtime = Handle::try_current().ok()?;
        let entry = self
            .last
            .entry(mark)
            .or_insert_with_if(|| Attempt::new(patience.now), |last| !last.stands(patience));
        let is_new = entry.is_fresh();
        let attempt = entry.into_value();
        if is_new {
            let (asking, unfinished) = (ask(), Unfinished(attempt.clone()));
            runtime.spawn(async move { unfinished.end(asking.await) });
        }
        Some(attempt)
    }
}

impl Attempt {
    fn new(began: Instant) -> Self {
        Self {
            began,
            outcome: Arc::new(watch::Sender::new(None)),
        }
    }

    /// How long ago it began.
    pub(super) fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began)
    }

    /// What came of it; `None` while it is being asked.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        self.outcome.borrow().clone()
    }

    /// The same, once it has ended.
    pub(super) async fn ended(&self) -> Outcome {
        let mut outcome = self.outcome.subscribe();
        let ended = outcome.wait_for(Option::is_some).await;
        let ended = ended.ok().and_then(|ended| ended.clone());
        ended.unwrap_or(Outcome::Failed)
    }

    /// Whether another one would have nothing to add.
    fn stands(&self, patience: Patience) -> bool {
        let age = self.age(patience.now);
        let is_young = age < patience.window;
        let is_late_enough = patience.since.is_none_or(|since| self.began > since);
        match *self.outcome.borrow() {
            None => age < patience.longest,
            Some(Outcome::Vouched | Outcome::Elsewhere) => false,
            Some(Outcome::Failed | Outcome::Refused(_)) => is_young && is_late_enough,
        }
    }
}

/// A question that is being asked. Cut off, it has failed.
struct Unfinished(Attempt);

impl Unfinished {
    fn end(&self, outcome: Outcome) {
        self.0.outcome.send_replace(Some(outcome));
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.0.outcome.send_if_modified(|outcome| {
            let is_unfinished = outcome.is_none();
            if is_unfinished {
                *outcome = Some(Outcome::Failed);
            }
            is_unfinished
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RevocationSet, SystemClock, revocation::RevocationPolicy};

    #[tokio::test]
    async fn of_a_token_that_does_not_come_any_more_nothing_is_left() {
        let (policy, clock) = (RevocationPolicy::default(), Arc::new(SystemClock));
        let set = RevocationSet::new("https://id.example.com".into(), policy, clock);
        let patience = Patience {
            now: Instant::now(),
            window: Duration::from_secs(10),
            longest: Duration::from_secs(10),
            since: None,
        };
        for (life, left) in [(Duration::ZERO, 0), (Duration::MAX, 1)] {
            let attempts = Attempts::kept_for(life);
            let asked = attempts.attempt(set.mark("token"), patience, async || Outcome::Failed);
            let outcome = asked.unwrap().ended().await;
            assert!(matches!(outcome, Outcome::Failed));
            attempts.last.run_pending_tasks();
            assert_eq!(attempts.last.entry_count(), left);
        }
    }
}

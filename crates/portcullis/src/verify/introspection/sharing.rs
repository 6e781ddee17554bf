//! Asking together: what one instance has learned of a token, the others need not ask for.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    digest::TokenDigest,
    inquiry::Inquiry,
    introspector::Introspector,
    shared::{Said, SharedAnswer},
};
use crate::{
    AccessToken, Answer, Freshness, Reason, Rejection, Standing, TokenFacts, Verification,
    revocation::InactiveAnswer, verify::agreement::disagreement,
};

impl Introspector {
    /// What the server has to add to a token whose signature is good: asked once, and good for
    /// as long as the token lives.
    pub(crate) fn complete(
        self: &Arc<Self>,
        token: &AccessToken,
        said: &Arc<TokenFacts>,
    ) -> Verification {
        let inquiry = self.genuine_inquiry(token, said);
        let known = self.memory.last_active(&inquiry.digest, Duration::MAX);
        if let Some(facts) = known {
            return Verification::now(Ok(facts));
        }
        if self.shared.is_none() {
            return self.recall_or_ask(inquiry, Freshness::AsConfigured);
        }
        let introspector = self.clone();
        Verification::later(async move {
            introspector.learn_from_others(&inquiry).await;
            let memory = &introspector.memory;
            match memory.last_active(&inquiry.digest, Duration::MAX) {
                Some(facts) => Ok(facts),
                None => {
                    let freshness = Freshness::AsConfigured;
                    introspector.ask_anew(inquiry, freshness).await
                }
            }
        })
    }

    /// Asks about a token in use, unless another instance does, within the window, or has done lately
    /// enough; whether it was another's answer. The signature of the token is good, and it says this.
    ///
    /// Without a `window` nobody is waited for: whoever asks within one may have begun too early, or
    /// may never tell.
    pub(crate) async fn recheck(
        self: &Arc<Self>,
        token: &AccessToken,
        said: &Arc<TokenFacts>,
        freshness: Freshness,
        window: Option<Duration>,
    ) -> (Answer, bool) {
        /// How long another instance's answer is waited for, in three steps.
        const PAUSES: [Duration; 3] = [
            Duration::from_millis(100),
            Duration::from_millis(400),
            Duration::from_millis(1500),
        ];
        let inquiry = self.genuine_inquiry(token, said);
        let Some(shared) = &self.shared else {
            return (self.recall_or_ask(inquiry, freshness).await, false);
        };
        if let Some(heard) = self.hear(&inquiry, freshness).await {
            return heard;
        }
        let is_ours = match window {
            Some(window) => shared.lease(&inquiry.digest, window).await,
            None => true,
        };
        if is_ours {
            return (self.ask_anew(inquiry, freshness).await, false);
        }
        for pause in PAUSES {
            tokio::time::sleep(pause).await;
            if let Some(heard) = self.hear(&inquiry, freshness).await {
                return heard;
            }
        }
        let nobody = Rejection::because(
            Reason::IssuerBusy,
            "another instance asks about the token and has had no answer yet",
        );
        (Err(nobody), true)
    }

    /// The answer that another instance's makes needless, or our own where the other has told lately enough, and
    /// what it told decides nothing here: it says no more within the window. `None` where it has not told.
    async fn hear(
        self: &Arc<Self>,
        inquiry: &Inquiry,
        freshness: Freshness,
    ) -> Option<(Answer, bool)> {
        let told = self.learn_from_others(inquiry).await;
        if let Some(answer) = self.recall(inquiry, freshness) {
            return Some((answer, true));
        }
        let clock = self.endpoint.clock();
        let (now, wall) = (clock.monotonic(), clock.now());
        let (Some(Told { began, vouches }), Freshness::Within(age)) = (told, freshness) else {
            return None;
        };
        if now.saturating_duration_since(began) > age {
            return None;
        }
        // Where it has words of its own and may be older than ours, ours is kept. Active it is by both.
        let vouches =
            vouches.filter(|it| !it.has_ended(wall) && !self.settles_nothing(inquiry, it));
        Some(match vouches {
            Some(facts) => (Ok(facts), true),
            None => (self.ask_anew(inquiry.clone(), freshness).await, false),
        })
    }

    /// Takes over what another instance has learned last, if any has.
    pub(super) async fn learn_from_others(&self, inquiry: &Inquiry) -> Option<Told> {
        let digest = &inquiry.digest;
        let SharedAnswer { began, said } = self.shared.as_ref()?.get(digest).await?;
        let known = self.known(inquiry);
        let vouches = match said {
            Said::Active(claims) => {
                let facts = self.endpoint.replies.restored(&claims).ok();
                facts
                    .map(|facts| facts.with_asked_elsewhere_at(began))
                    .filter(|facts| !self.may_be_overtaken(digest, known.as_deref(), facts))
                    // Nobody here knows what was known there.
                    .map(|facts| self.learn_active(facts, inquiry, known.as_deref(), None))
                    .filter(|facts| !is_about_another(facts, inquiry))
            }
            Said::Inactive(origin) => {
                let exp = known.as_ref().and_then(|known| known.registered().exp);
                if self.memory.learn_inactive(digest, began, exp) {
                    let answer = InactiveAnswer { began, origin };
                    self.condemn(inquiry, known.as_deref(), answer);
                }
                None
            }
        };
        Some(Told { began, vouches })
    }

    /// Whether another instance's call may have begun before one that called the token inactive.
    fn may_be_overtaken(
        &self,
        digest: &TokenDigest,
        known: Option<&TokenFacts>,
        facts: &TokenFacts,
    ) -> bool {
        let condemned = known.and_then(|known| self.revocations.condemned(known));
        let inactive = self.memory.last_inactive(digest).max(condemned);
        inactive.is_some_and(|inactive| facts.asked_at_the_earliest() <= Some(inactive))
    }

    /// Whether something is known against a token that another instance's call about it may have begun
    /// before: its answer is young enough, and decides nothing.
    pub(super) fn settles_nothing(&self, inquiry: &Inquiry, facts: &TokenFacts) -> bool {
        let is_doubted = |statement: &TokenFacts| {
            matches!(self.revocations.look_up(statement), Standing::Ask(_))
                || self.revocations.sibling_condemned(statement) >= facts.asked_at_the_earliest()
        };
        facts.is_second_hand()
            && (is_doubted(facts) || inquiry.said.as_deref().is_some_and(is_doubted))
    }
}

/// What another instance has told of a token.
pub(super) struct Told {
    /// When its call began.
    began: Instant,
    /// What the server has said, where that calls this token active.
    vouches: Option<Arc<TokenFacts>>,
}

/// Whether an answer contradicts what the token says of itself.
fn is_about_another(facts: &TokenFacts, inquiry: &Inquiry) -> bool {
    let said = inquiry.said.as_deref();
    said.is_some_and(|said| disagreement(facts.registered(), said.registered()).is_some())
}

//! Asking together: what one instance has learned of a token, the others need not ask for.

use std::{sync::Arc, time::Duration};

use super::{
    digest::TokenDigest,
    inquiry::Inquiry,
    introspector::Introspector,
    shared::{Said, SharedAnswer},
};
use crate::{
    AccessToken, Answer, Freshness, Reason, Rejection, Standing, TokenFacts, Verification,
    revocation::InactiveAnswer,
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
        let digest = &inquiry.digest;
        let Some(shared) = &self.shared else {
            return (self.recall_or_ask(inquiry, freshness).await, false);
        };
        self.learn_from_others(&inquiry).await;
        if let Some(answer) = self.recall(&inquiry, freshness) {
            return (answer, true);
        }
        let is_ours = match window {
            Some(window) => shared.lease(digest, window).await,
            None => true,
        };
        if is_ours {
            return (self.ask_anew(inquiry, freshness).await, false);
        }
        for pause in PAUSES {
            tokio::time::sleep(pause).await;
            self.learn_from_others(&inquiry).await;
            if let Some(answer) = self.recall(&inquiry, freshness) {
                return (answer, true);
            }
        }
        let nobody = Rejection::because(
            Reason::IssuerBusy,
            "another instance asks about the token and has had no answer yet",
        );
        (Err(nobody), true)
    }

    /// Takes over what another instance has learned last, if any has.
    pub(super) async fn learn_from_others(&self, inquiry: &Inquiry) {
        let Some(shared) = &self.shared else {
            return;
        };
        let digest = &inquiry.digest;
        match shared.get(digest).await {
            Some(SharedAnswer {
                began,
                said: Said::Active(claims),
            }) => {
                let known = self.known(inquiry);
                let Ok(facts) = self.endpoint.replies.restored(&claims) else {
                    return;
                };
                let facts = facts.with_asked_elsewhere_at(began);
                if !self.may_be_overtaken(digest, known.as_deref(), &facts) {
                    // Nobody here knows what was known there.
                    self.learn_active(facts, inquiry, known.as_deref(), None);
                }
            }
            Some(SharedAnswer {
                began,
                said: Said::Inactive(origin),
            }) => {
                let known = self.known(inquiry);
                let exp = known.as_ref().and_then(|known| known.registered().exp);
                if self.memory.learn_inactive(digest, began, exp) {
                    let answer = InactiveAnswer { began, origin };
                    self.condemn(inquiry, known.as_deref(), answer);
                }
            }
            None => {}
        }
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

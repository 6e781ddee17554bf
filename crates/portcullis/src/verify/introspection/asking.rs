//! One call about one token, and what everybody learns from it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::{
    digest::TokenDigest,
    endpoint::Answered,
    health::Asked,
    introspector::{Introspector, inactive},
    lanes::{Place, busy},
    reply::Reply,
};
use crate::{AccessToken, Answer, Reason, Rejection, verify::shape::Shape};

impl Introspector {
    /// One call, and what everybody learns from it. One deadline covers everything: a place in
    /// the lane, discovery, the call, and finding out whose fault a failure is.
    pub(super) async fn ask(&self, token: &AccessToken, digest: &TokenDigest) -> Answer {
        let is_calling = AtomicBool::new(false);
        let asking = async {
            let waiting = tokio::time::Instant::now();
            let _place = self.place(digest).await?;
            // A call that began late may end for lack of time: that says nothing of the server.
            let is_in_time = waiting.elapsed() <= self.endpoint.deadline / 3;
            is_calling.store(is_in_time, Ordering::Relaxed);
            // Asked with a place in hand: the calls before this one may just have found out.
            let asked = self.asked(digest);
            if let Some(rejection) = self.health.refusal(asked, &self.endpoint) {
                return Err(rejection);
            }
            self.health.admit(asked, &self.endpoint).await?;
            match self.endpoint.ask(token.as_str()).await {
                Ok(answered) => {
                    let is_its_own = answered.intermediary.is_none();
                    self.health.note_answer(&self.endpoint, is_its_own);
                    self.learn(answered, token, digest)
                }
                Err(error) => {
                    let rejection = self.health.explain(&error, digest, &self.endpoint).await;
                    Err(self.reported(rejection))
                }
            }
        };
        let answer = tokio::time::timeout(self.endpoint.deadline, asking).await;
        answer.unwrap_or_else(|_| {
            if !is_calling.load(Ordering::Relaxed) {
                return Err(busy());
            }
            self.health.note_overdue(&self.endpoint);
            Err(self.reported(Rejection::because(
                Reason::IssuerTimeout,
                "no answer about the token within `introspection_deadline`",
            )))
        })
    }

    /// A place for a call. What may be an invention waits for a third of the deadline only, so
    /// that a crowd of them does not pile up.
    async fn place(&self, digest: &TokenDigest) -> Result<Place<'_>, Rejection> {
        if self.memory.is_genuine(digest) {
            return self.lanes.enter_genuine().await;
        }
        let patience = self.endpoint.deadline / 3;
        tokio::time::timeout(patience, self.lanes.enter_stranger())
            .await
            .unwrap_or_else(|_| Err(busy()))
    }

    /// A call that failed is reported once, and not by each request that has waited for it; our
    /// own mistakes are, by each request.
    fn reported(&self, rejection: Rejection) -> Rejection {
        if rejection.retry_after().is_none() {
            return rejection;
        }
        let (issuer, reason) = (&self.endpoint.discovery.issuer, rejection.reason().code());
        tracing::warn!(
            target: "portcullis::introspection",
            %issuer,
            reason,
            "{}",
            rejection.diagnosis()
        );
        rejection
    }

    pub(super) fn asked<'a>(&self, digest: &'a TokenDigest) -> Asked<'a> {
        Asked {
            digest,
            is_genuine: self.memory.is_genuine(digest),
        }
    }

    fn learn(&self, answered: Answered, token: &AccessToken, digest: &TokenDigest) -> Answer {
        let Answered {
            reply,
            began,
            intermediary,
        } = answered;
        if let Some(header) = intermediary {
            return self.take_from_cache(reply, header, token, digest);
        }
        let is_jwt = Shape::of(token.as_str()) == Shape::Jwt;
        let statement = is_jwt.then(|| self.statement(token));
        let statement = statement.as_ref();
        match reply {
            Reply::Active(facts) => {
                let facts = Arc::new(facts.with_asked_at(began));
                self.memory.learn_active(digest, statement, &facts, began);
                Ok(facts)
            }
            Reply::Inactive => {
                self.memory.learn_inactive(digest, statement, began);
                Err(inactive())
            }
        }
    }

    /// An answer that somebody else has kept. Nobody knows when it was computed: nothing is
    /// learned from it, and where the server itself has said otherwise it does not count.
    fn take_from_cache(
        &self,
        reply: Reply,
        header: &str,
        token: &AccessToken,
        digest: &TokenDigest,
    ) -> Answer {
        let was_inactive = self.memory.was_inactive(digest) || self.doubts(token);
        tracing::warn!(
            target: "portcullis::introspection",
            issuer = %self.endpoint.discovery.issuer,
            header,
            "the answer was not made for this call (an `Age`, or a `Date` before it): it is not remembered and does not count as live; keep caches away from the introspection endpoint"
        );
        match reply {
            Reply::Active(facts) if !was_inactive => Ok(Arc::from(facts)),
            Reply::Active(_) | Reply::Inactive => Err(Rejection::because(
                Reason::AnswerNotLive,
                "what a cache in front of the server repeats does not count here",
            )),
        }
    }
}

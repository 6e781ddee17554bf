//! One call about one token, and what everybody learns from it.

use std::{sync::Arc, time::Duration};

use super::{
    call::CallError,
    endpoint::Answered,
    health::Asked,
    inquiry::Inquiry,
    introspector::{Introspector, inactive},
    lanes::{Place, busy},
    reply::Reply,
};
use crate::{
    AccessToken, Answer, DoubtCause, Reason, Rejection, Standing, TokenFacts, VerifiedBy,
    claims::{Members, RegisteredClaims},
    jws::unverified_payload,
    pacing::{Overdue, Patience},
    revocation::{InactiveAnswer, KnownDoubt, fingerprint},
    verify::{Shape, agreement::disagreement},
};

impl Introspector {
    /// One call, and what everybody learns from it. One deadline covers everything: a place in
    /// the lane, discovery, the call, and finding out whose fault a failure is.
    pub(super) async fn ask(&self, inquiry: &Inquiry) -> Answer {
        let patience = Patience::new(self.endpoint.deadline);
        let asking = async {
            let _place = self.place(inquiry).await?;
            patience.has_place();
            // Asked with a place in hand: the calls before this one may just have found out.
            let asked = self.asked(inquiry);
            if let Some(rejection) = self.health.refusal(asked, &self.endpoint) {
                return Err(rejection);
            }
            self.health.admit(asked, &self.endpoint).await?;
            let known = self.known(inquiry);
            match self.ask_unless_ended(inquiry, known.as_deref()).await? {
                Ok((answered, doubt)) => {
                    let is_its_own = answered.intermediary.is_none();
                    self.health.note_answer(&self.endpoint, is_its_own);
                    self.learn(answered, inquiry, known.as_deref(), doubt)
                }
                Err(error) => {
                    let health = &self.health;
                    // It may make a call of its own: in a box, so that this one stays small.
                    let explaining = health.explain(&error, &inquiry.digest, &self.endpoint);
                    let rejection = Box::pin(explaining).await;
                    Err(self.reported(rejection))
                }
            }
        };
        let answer = tokio::time::timeout(self.endpoint.deadline, asking).await;
        answer.unwrap_or_else(|_| {
            if patience.overdue() == Overdue::Place {
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
    async fn place(&self, inquiry: &Inquiry) -> Result<Place<'_>, Rejection> {
        if self.is_genuine(inquiry) {
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
            rejection.diagnosis().detail()
        );
        rejection
    }

    pub(super) fn asked<'a>(&self, inquiry: &'a Inquiry) -> Asked<'a> {
        Asked {
            digest: &inquiry.digest,
            is_genuine: self.is_genuine(inquiry),
        }
    }

    /// Whether a token is no invention.
    fn is_genuine(&self, inquiry: &Inquiry) -> bool {
        inquiry.said.is_some() || self.memory.is_genuine(&inquiry.digest)
    }

    /// What is known of a token before it is asked about: what the server said last, or what a JWT
    /// says of itself. The latter may be an invention where nobody has looked at its signature.
    pub(super) fn known(&self, inquiry: &Inquiry) -> Option<Arc<TokenFacts>> {
        if let Some(said) = &inquiry.said {
            return Some(said.clone());
        }
        let Inquiry { token, digest, .. } = inquiry;
        if Shape::of(token.as_str()) != Shape::Jwt {
            return self.memory.last_active(digest, Duration::MAX);
        }
        let json = unverified_payload(token.as_str())?;
        let members = Members::parse(&json).ok()?;
        // A claim that is no good here is no reason to overlook what the others say.
        let claims = RegisteredClaims::parse(&members)
            .unwrap_or_else(|_| RegisteredClaims::parse_names(&members));
        let expectations = &self.endpoint.replies.expectations;
        let said = TokenFacts::new(json, claims, expectations, VerifiedBy::Jwt);
        Some(Arc::new(self.named(said, token, None)))
    }

    /// Facts that say which token they are about, by the name that it is known by: the server need not
    /// repeat the `jti` of a JWT.
    fn named(
        &self,
        facts: TokenFacts,
        token: &AccessToken,
        known: Option<&TokenFacts>,
    ) -> TokenFacts {
        let revocations = &self.revocations;
        let name = || match known.and_then(TokenFacts::token_name) {
            Some(name) => name.into(),
            None => fingerprint(revocations.issuer(), token.as_str()),
        };
        let is_nameless = facts.registered().jti.is_none();
        let mark = known.and_then(TokenFacts::mark);
        facts
            .with_mark(mark.or_else(|| Some(revocations.mark(token.as_str()))))
            .with_fingerprint(is_nameless.then(name))
    }

    /// The call itself. Nobody is asked about a token that is over: an answer would change nothing,
    /// and the call could bring its session back to life while the server ends it.
    async fn ask_unless_ended(
        &self,
        inquiry: &Inquiry,
        known: Option<&TokenFacts>,
    ) -> Result<Result<(Answered, Option<KnownDoubt>), CallError>, Rejection> {
        let sid = known.and_then(|known| known.registered().sid.as_deref());
        let _aboard = self.in_flight.board(sid);
        let doubt = match known {
            Some(known) => self.revocations.before_asking(known).map_err(|ended| {
                let refusal = ended.rejection();
                let is_verified = known.verified_by() == VerifiedBy::Introspection;
                if is_verified || self.is_genuine(inquiry) {
                    refusal.of_verified_token()
                } else {
                    refusal
                }
            })?,
            None => None,
        };
        let kept;
        let last = match known {
            Some(known) if known.verified_by() == VerifiedBy::Introspection => Some(known),
            _ => {
                kept = self.memory.last_active(&inquiry.digest, Duration::MAX);
                kept.as_deref()
            }
        };
        let answered = self.endpoint.ask(inquiry.token.as_str(), last).await;
        Ok(answered.map(|answered| (answered, doubt)))
    }

    /// Active facts, unless the token is over by what a JWT says of itself: the server need not
    /// repeat whose it is, and since when.
    pub(super) fn unless_ended(&self, facts: Arc<TokenFacts>, inquiry: &Inquiry) -> Answer {
        let said = facts.registered();
        let says_all = said.sid.is_some()
            && said.sub.is_some()
            && said.jti.is_some()
            && said.iat.is_some()
            && said.authorized_party().is_some();
        if says_all || !self.revocations.knows_of_ends() {
            return Ok(facts);
        }
        let known = self.known(inquiry);
        match known.and_then(|known| self.revocations.ended(&known)) {
            // The server has just called it active, or had when it was asked.
            Some(ended) => Err(ended.rejection().of_verified_token()),
            None => Ok(facts),
        }
    }

    /// What an answer brings. Against the token was known, when its call began, what `doubt` says.
    fn learn(
        &self,
        answered: Answered,
        inquiry: &Inquiry,
        known: Option<&TokenFacts>,
        doubt: Option<KnownDoubt>,
    ) -> Answer {
        let Answered {
            reply,
            began,
            intermediary,
        } = answered;
        if let Some(header) = intermediary {
            return self.take_from_cache(reply, header, inquiry, known);
        }
        match reply {
            Reply::Active(facts) => {
                let facts = facts.with_asked_at(began);
                let facts = self.learn_active(facts, inquiry, known, doubt);
                if let Some(shared) = &self.shared {
                    shared.put_active(&inquiry.digest, &facts, began);
                }
                self.unless_ended(facts, inquiry)
            }
            Reply::Inactive => {
                let exp = known.and_then(|known| known.registered().exp);
                if self.memory.learn_inactive(&inquiry.digest, began, exp) {
                    let answer = self.revocations.inactive_answer(began);
                    self.condemn(inquiry, known, answer);
                    if let Some(shared) = &self.shared {
                        shared.put_inactive(&inquiry.digest, answer, self.endpoint.deadline);
                    }
                }
                Err(inactive())
            }
        }
    }

    /// Takes over facts that say when the call began.
    pub(super) fn learn_active(
        &self,
        facts: TokenFacts,
        inquiry: &Inquiry,
        known: Option<&TokenFacts>,
        doubt: Option<KnownDoubt>,
    ) -> Arc<TokenFacts> {
        let facts = Arc::new(self.named(facts, &inquiry.token, known));
        self.memory.learn_active(&inquiry.digest, &facts);
        // Of one whose signature is good that is known already.
        if inquiry.said.is_none() {
            self.memory
                .note_genuine(&inquiry.digest, facts.registered().exp);
        }
        // An answer about somebody else vouches for nobody.
        let jwt = known.filter(|known| known.verified_by() == VerifiedBy::Jwt);
        let contradicts =
            |jwt: &TokenFacts| disagreement(facts.registered(), jwt.registered()).is_some();
        if !jwt.is_some_and(contradicts) {
            let said = jwt.and_then(|jwt| jwt.registered().exp);
            let exp = facts.registered().exp.max(said);
            self.revocations.vouch(&facts, exp, doubt);
        }
        facts
    }

    /// The answer about a JWT whose signature is good contradicts it. It is as if the server had called
    /// it inactive: what it says is refused, and asked about again until the two agree.
    pub(crate) fn disown(&self, token: &AccessToken, said: &TokenFacts) {
        let now = self.endpoint.clock().monotonic();
        let exp = said.registered().exp;
        self.memory.learn_inactive(&self.digest(token), now, exp);
        let answer = self.revocations.inactive_answer_now();
        self.revocations.condemn(said, answer);
    }

    /// From now on the token is asked about even where its signature would do, by every verifier of
    /// the issuer. What may be an invention condemns nothing yet.
    pub(super) fn condemn(
        &self,
        inquiry: &Inquiry,
        known: Option<&TokenFacts>,
        answer: InactiveAnswer,
    ) {
        let Some(known) = known else {
            return;
        };
        if self.is_genuine(inquiry) {
            self.revocations.condemn(known, answer);
        } else if known.verified_by() == VerifiedBy::Jwt {
            let statement = self.statement(&inquiry.token);
            let exp = known.registered().exp;
            self.memory.suspect(statement, answer, exp);
        }
    }

    /// An answer that somebody else has kept. Nobody knows when it was computed: nothing is
    /// learned from it, and where the server itself has said otherwise it does not count.
    fn take_from_cache(
        &self,
        reply: Reply,
        header: &str,
        inquiry: &Inquiry,
        known: Option<&TokenFacts>,
    ) -> Answer {
        let is_doubted = known.is_some_and(|known| {
            let standing = self.revocations.look_up(known);
            matches!(standing, Standing::Ask(doubt) if doubt.cause() == DoubtCause::Inactive)
        });
        let was_inactive = is_doubted || self.memory.was_inactive(&inquiry.digest);
        // What was said of one that is over may be forgotten.
        let leeway = self.endpoint.replies.expectations.leeway;
        let latest = self.endpoint.clock().now().minus(leeway);
        let is_over = known.is_some_and(|known| known.has_ended(latest));
        tracing::warn!(
            target: "portcullis::introspection",
            issuer = %self.endpoint.discovery.issuer,
            header,
            "the answer was not made for this call (an `Age`, or a `Date` before it): it is not remembered and does not count as live; keep caches away from the introspection endpoint"
        );
        match reply {
            Reply::Active(facts) if !was_inactive && !is_over => Ok(Arc::from(facts)),
            Reply::Active(_) | Reply::Inactive => Err(Rejection::because(
                Reason::AnswerNotLive,
                "what a cache in front of the server repeats does not count here",
            )),
        }
    }
}

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use super::{
    call::CallError,
    digest::{DigestSpace, TokenDigest},
    endpoint::{Answered, IntrospectionEndpoint},
    flight::{Flights, Joins},
    health::{Asked, Health},
    lanes::{Lanes, Place, busy},
    memory::{Known, Memory},
    reply::Reply,
};
use crate::{
    AccessToken, Answer, Cause, Clock, Freshness, Reason, Rejection, Verification,
    http_client::FetchError, telemetry::CacheOutcome, verify::shape::Shape,
};

/// What introspection may cost and how long its answers are good for.
#[derive(Debug, Clone)]
pub(crate) struct IntrospectionLimits {
    /// How long an active answer is kept, and never beyond the token's `exp`.
    pub(crate) cache_life: Duration,
    /// How many bytes of facts are kept.
    pub(crate) cache_bytes: u64,
    /// How many calls may be under way.
    pub(crate) calls: usize,
}

impl Default for IntrospectionLimits {
    fn default() -> Self {
        Self {
            cache_life: Duration::from_secs(30),
            cache_bytes: 64 * 1024 * 1024,
            calls: 64,
        }
    }
}

/// Everything that asking about the tokens of one issuer takes; shared by all its verifiers.
pub(crate) struct Introspector {
    endpoint: IntrospectionEndpoint,
    space: DigestSpace,
    memory: Memory,
    flights: Arc<Flights>,
    health: Health,
    lanes: Lanes,
}

impl Introspector {
    pub(crate) fn new(endpoint: IntrospectionEndpoint, limits: &IntrospectionLimits) -> Self {
        let discovery = &endpoint.discovery;
        let named = discovery.named.introspection_endpoint.as_ref();
        Self {
            space: DigestSpace::of(&[
                &discovery.issuer,
                named.map_or(discovery.base.as_str(), |named| named.as_str()),
                endpoint.client.client_id(),
                endpoint.hint.as_deref().unwrap_or_default(),
            ]),
            memory: Memory::new(
                limits.cache_life,
                limits.cache_bytes,
                discovery.clock.clone(),
            ),
            flights: Arc::new(Flights::new(endpoint.deadline)),
            health: Health::new(endpoint.deadline),
            lanes: Lanes::new(limits.calls),
            endpoint,
        }
    }

    pub(crate) fn client_id(&self) -> &str {
        self.endpoint.client.client_id()
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.endpoint.discovery.clock.clone()
    }

    /// Finds out where to ask.
    pub(crate) async fn locate(&self) -> Result<(), FetchError> {
        self.endpoint.locate().await
    }

    /// What keeps the server from answering, by all that is known now.
    pub(crate) fn causes(&self) -> Vec<Cause> {
        self.health.causes(&self.endpoint)
    }

    /// The answer about a token, as fresh as asked for.
    pub(crate) fn verify(
        self: &Arc<Self>,
        token: &AccessToken,
        freshness: Freshness,
    ) -> Verification {
        self.recall_or_ask(&self.digest(token), token, freshness)
    }

    /// The same for a token whose signature is good.
    pub(crate) fn verify_signed(
        self: &Arc<Self>,
        token: &AccessToken,
        freshness: Freshness,
    ) -> Verification {
        let digest = self.digest(token);
        self.memory.note_genuine(&digest, &self.statement(token));
        self.recall_or_ask(&digest, token, freshness)
    }

    /// What the server has to add to a token whose signature is good: asked once, and good for
    /// as long as the token lives.
    pub(crate) fn complete(self: &Arc<Self>, token: &AccessToken) -> Verification {
        match self.memory.last_active(&self.digest(token), Duration::MAX) {
            Some(facts) => Verification::now(Ok(facts)),
            None => self.verify_signed(token, Freshness::AsConfigured),
        }
    }

    /// The same as [`verify`](Self::verify) for routes that may live on older facts for so long
    /// while the server cannot be asked. A live answer is never an older one.
    pub(crate) fn verify_or_stale(
        self: &Arc<Self>,
        token: &AccessToken,
        freshness: Freshness,
        stale_within: Duration,
    ) -> Verification {
        let fresh = self.verify(token, freshness);
        if stale_within.is_zero() || freshness != Freshness::AsConfigured {
            return fresh;
        }
        if let Verification::Now(Some(Ok(_))) = &fresh {
            return fresh;
        }
        let (introspector, token) = (self.clone(), token.clone());
        Verification::later(async move {
            match fresh.await {
                Err(why) => introspector.stale_instead(why, &token, stale_within).await,
                answer => answer,
            }
        })
    }

    /// The last active answer in place of none, if it is young enough and the server is away. One
    /// that answers about others, and not about this token, is not.
    async fn stale_instead(&self, why: Rejection, token: &AccessToken, age: Duration) -> Answer {
        let may_be_away = matches!(
            why.reason(),
            Reason::IssuerUnreachable
                | Reason::IssuerTimeout
                | Reason::IssuerFailed
                | Reason::IssuerAnswerMalformed
                | Reason::CircuitOpen
        );
        let facts = self.memory.last_active(&self.digest(token), age);
        match facts.filter(|_| may_be_away) {
            Some(facts) if self.health.is_away(&self.endpoint).await => {
                let telemetry = &self.endpoint.discovery.telemetry;
                telemetry.cache(CacheOutcome::Stale);
                Ok(facts)
            }
            _ => Err(why),
        }
    }

    fn recall_or_ask(
        self: &Arc<Self>,
        digest: &TokenDigest,
        token: &AccessToken,
        freshness: Freshness,
    ) -> Verification {
        let telemetry = &self.endpoint.discovery.telemetry;
        match self.memory.recall(digest, freshness) {
            Some(Known::Active(facts)) => {
                telemetry.cache(CacheOutcome::Active);
                return Verification::now(Ok(facts));
            }
            Some(Known::Inactive) => {
                telemetry.cache(CacheOutcome::Inactive);
                return Verification::now(Err(inactive()));
            }
            None => {}
        }
        // Told before a task is made of it, so that an outage costs next to nothing.
        if let Some(rejection) = self.health.refusal(self.asked(digest), &self.endpoint) {
            telemetry.cache(CacheOutcome::Failed);
            return Verification::now(Err(rejection));
        }
        telemetry.cache(match freshness {
            Freshness::Live => CacheOutcome::Bypassed,
            Freshness::AsConfigured | Freshness::Within(_) => CacheOutcome::Miss,
        });
        let joins = match freshness {
            Freshness::AsConfigured => Joins::Any,
            Freshness::Within(age) => self.now().checked_sub(age).map_or(Joins::Any, Joins::Since),
            Freshness::Live => Joins::None,
        };
        let (clock, introspector) = (self.clock(), self.clone());
        let (token, call_digest) = (token.clone(), digest.clone());
        let ticket = self.flights.board(
            digest,
            joins,
            move || clock.monotonic(),
            move || {
                let introspector = introspector.clone();
                let (token, digest) = (token.clone(), call_digest.clone());
                async move { introspector.ask(&token, &digest).await }
            },
        );
        match ticket {
            Ok((ticket, boarding)) => {
                telemetry.boarding(boarding);
                Verification::later(ticket.redeemed())
            }
            Err(rejection) => Verification::now(Err(rejection)),
        }
    }

    /// Whether the last answer about this token was "inactive", and none came since.
    pub(crate) fn doubts(&self, token: &AccessToken) -> bool {
        self.memory.has_doubts() && self.memory.doubts(&self.statement(token))
    }

    /// One call, and what everybody learns from it. One deadline covers everything: a place in
    /// the lane, discovery, the call, and finding out whose fault a failure is.
    async fn ask(&self, token: &AccessToken, digest: &TokenDigest) -> Answer {
        let calling = OnceLock::new();
        let asking = async {
            let waiting = tokio::time::Instant::now();
            let _place = self.place(digest).await?;
            // A call that began late may end for lack of time: that says nothing of the server.
            let is_in_time = waiting.elapsed() <= self.endpoint.deadline / 3;
            calling.get_or_init(|| is_in_time);
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
                Err(error) => Err(self.explain(&error, digest).await),
            }
        };
        let answer = tokio::time::timeout(self.endpoint.deadline, asking).await;
        answer.unwrap_or_else(|_| {
            let Some(is_in_time) = calling.get() else {
                return Err(busy());
            };
            if *is_in_time {
                self.health.note_overdue(&self.endpoint);
            }
            Err(Rejection::because(
                Reason::IssuerTimeout,
                "no answer about the token within `introspection_deadline`",
            ))
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

    async fn explain(&self, error: &CallError, digest: &TokenDigest) -> Rejection {
        self.health.explain(error, digest, &self.endpoint).await
    }

    fn asked<'a>(&self, digest: &'a TokenDigest) -> Asked<'a> {
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

    fn digest(&self, token: &AccessToken) -> TokenDigest {
        self.space.digest(token.as_bytes())
    }

    /// The name of what a JWT says, whichever signature it has: an ECDSA signature can be turned
    /// into another good one by anybody.
    fn statement(&self, token: &AccessToken) -> TokenDigest {
        let text = token.as_str();
        let said = text.rsplit_once('.').map_or(text, |(said, _)| said);
        self.space.digest(said.as_bytes())
    }

    fn now(&self) -> Instant {
        self.endpoint.clock().monotonic()
    }
}

fn inactive() -> Rejection {
    Rejection::because(
        Reason::Inactive,
        "the authorization server says that the token is not active",
    )
}

impl fmt::Debug for Introspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspector")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

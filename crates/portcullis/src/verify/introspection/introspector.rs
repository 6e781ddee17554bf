use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::runtime::Handle;

use super::{
    digest::{DigestSpace, TokenDigest},
    endpoint::IntrospectionEndpoint,
    flight::{Flights, Joins},
    health::Health,
    lanes::Lanes,
    limits::IntrospectionLimits,
    memory::{Known, Memory},
};
use crate::{
    AccessToken, Answer, Cause, Clock, Freshness, Reason, Rejection, Verification,
    http_client::FetchError, telemetry::CacheOutcome,
};

/// Everything that asking about the tokens of one issuer takes; shared by all its verifiers.
pub(crate) struct Introspector {
    pub(super) endpoint: IntrospectionEndpoint,
    space: DigestSpace,
    pub(super) memory: Memory,
    flights: Arc<Flights>,
    pub(super) health: Health,
    pub(super) lanes: Lanes,
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

    /// What keeps the server from answering, by all that is known. Where it is time to find out
    /// whether it is back, that begins in the background.
    pub(crate) fn causes(self: &Arc<Self>) -> Vec<Cause> {
        if self.health.is_trial_due(&self.endpoint)
            && let Ok(runtime) = Handle::try_current()
        {
            let introspector = self.clone();
            runtime.spawn(async move {
                let nobody = introspector.space.digest(&[]);
                let asked = introspector.asked(&nobody);
                // Who waits for a token is told by the call about it.
                drop(
                    introspector
                        .health
                        .admit(asked, &introspector.endpoint)
                        .await,
                );
            });
        }
        self.health.causes()
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
        self.memory.note_genuine(&digest, || self.statement(token));
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

    fn digest(&self, token: &AccessToken) -> TokenDigest {
        self.space.digest(token.as_bytes())
    }

    /// The name of what a JWT says, whichever signature it has: an ECDSA signature can be turned
    /// into another good one by anybody.
    pub(super) fn statement(&self, token: &AccessToken) -> TokenDigest {
        let text = token.as_str();
        let said = text.rsplit_once('.').map_or(text, |(said, _)| said);
        self.space.digest(said.as_bytes())
    }

    fn now(&self) -> Instant {
        self.endpoint.clock().monotonic()
    }
}

pub(super) fn inactive() -> Rejection {
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

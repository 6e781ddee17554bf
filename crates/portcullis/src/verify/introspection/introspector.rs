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
    health::{Asked, Health},
    in_flight::InFlight,
    inquiry::Inquiry,
    lanes::Lanes,
    limits::IntrospectionLimits,
    memory::{Known, Memory},
    shared::SharedFacts,
};
use crate::{
    AccessToken, Answer, Cause, Clock, Freshness, Reason, Rejection, RevocationSet, SharedStore,
    StateKeys, TokenFacts, Verification, http_client::FetchError, shared_state::FactsSeal,
    telemetry::CacheOutcome, token_notes::Afterlife,
};

/// Everything that asking about the tokens of one issuer takes; shared by all its verifiers.
pub(crate) struct Introspector {
    pub(super) endpoint: IntrospectionEndpoint,
    space: DigestSpace,
    pub(super) memory: Memory,
    flights: Arc<Flights>,
    pub(super) health: Health,
    pub(super) lanes: Lanes,
    pub(super) revocations: RevocationSet,
    pub(super) in_flight: Arc<InFlight>,
    /// What other instances have learned.
    pub(super) shared: Option<SharedFacts>,
}

impl Introspector {
    pub(crate) fn new(
        endpoint: IntrospectionEndpoint,
        limits: &IntrospectionLimits,
        revocations: RevocationSet,
        shared: Option<(Arc<dyn SharedStore>, StateKeys)>,
    ) -> Self {
        let discovery = &endpoint.discovery;
        let named = discovery.named.introspection_endpoint.as_ref();
        let address = named.map_or(discovery.base.as_str(), |named| named.as_str());
        let client_id = endpoint.client.client_id();
        let shared = shared.map(|(store, keys)| {
            let seal = FactsSeal::new(&keys, &discovery.issuer, address, client_id);
            let clock = discovery.clock.clone();
            let leeway = endpoint.replies.expectations.leeway;
            let telemetry = revocations.telemetry().clone();
            SharedFacts::new(store, seal, clock, leeway, telemetry)
        });
        let [hint, own_hint] = endpoint.hints();
        let mut space: Vec<&str> = vec![&discovery.issuer, address, client_id, hint];
        // What is shared with others keeps its name where nothing of the kind is asked.
        space.extend(Some(own_hint).filter(|hint| !hint.is_empty()));
        Self {
            space: DigestSpace::of(&space),
            shared,
            memory: Memory::new(
                limits.cache_life,
                limits.cache_bytes,
                Afterlife::after(endpoint.replies.expectations.leeway, endpoint.deadline),
                discovery.clock.clone(),
            ),
            flights: Arc::new(Flights::new(endpoint.deadline)),
            health: Health::new(endpoint.deadline),
            lanes: Lanes::new(limits.calls),
            revocations,
            in_flight: Arc::default(),
            endpoint,
        }
    }

    pub(crate) fn client_id(&self) -> &str {
        self.endpoint.client.client_id()
    }

    /// How long a call takes at the most.
    pub(crate) fn deadline(&self) -> Duration {
        self.endpoint.deadline
    }

    /// The calls that are under way.
    pub(crate) fn in_flight(&self) -> &Arc<InFlight> {
        &self.in_flight
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.endpoint.discovery.clock.clone()
    }

    /// For how long nobody calls another endpoint of the server.
    pub(crate) fn pause(&self) -> Option<Duration> {
        self.health.pause(&self.endpoint)
    }

    /// Lets a call to another endpoint of the server through; `Err` with the time that nobody calls.
    pub(crate) async fn admit_elsewhere(&self) -> Result<(), Duration> {
        self.health.admit_elsewhere(&self.endpoint).await
    }

    /// Another endpoint of the server has not answered as it should: it may be away.
    pub(crate) fn suspect(&self) {
        self.health.suspect(&self.endpoint);
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
                let nobody = Asked {
                    digest: &introspector.space.digest(&[]),
                    is_genuine: false,
                };
                // Who waits for a token is told by the call about it.
                drop(
                    introspector
                        .health
                        .admit(nobody, &introspector.endpoint)
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
        self.recall_or_ask(self.inquiry(token), freshness)
    }

    /// The same for a token whose signature is good, and which says this.
    pub(crate) fn verify_signed(
        self: &Arc<Self>,
        token: &AccessToken,
        said: &Arc<TokenFacts>,
        freshness: Freshness,
    ) -> Verification {
        self.recall_or_ask(self.genuine_inquiry(token, said), freshness)
    }

    /// Where a token was called inactive before anybody had looked at its signature, it is known now
    /// that this was no invention.
    pub(crate) fn confirm_suspicion(&self, token: &AccessToken, said: &TokenFacts) {
        let condemn = |answer| self.revocations.condemn(said, answer);
        self.memory
            .hold_suspicion_against(said, || self.statement(token), condemn);
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
        let inquiry = self.inquiry(token);
        let facts = self.memory.last_active(&inquiry.digest, age);
        match facts.filter(|_| may_be_away) {
            Some(facts) if self.health.is_away(&self.endpoint).await => {
                let telemetry = &self.endpoint.discovery.telemetry;
                telemetry.cache(CacheOutcome::Stale);
                self.unless_ended(facts, &inquiry)
            }
            _ => Err(why),
        }
    }

    /// Whether there is no answer though the server is well, by why there was none. Whoever has chosen
    /// the token may have chosen that, so it is no outage; neither is a realm that was switched off.
    ///
    /// One call may be lost in a crowd; `again` says that this is not the first.
    pub(crate) async fn fails_at_token(&self, why: &Rejection, again: bool) -> bool {
        let says_of_token = match why.reason() {
            Reason::IssuerDisabled => return true,
            Reason::IssuerFailedAtToken => true,
            Reason::IssuerUnreachable
            | Reason::IssuerTimeout
            | Reason::IssuerFailed
            | Reason::IssuerAnswerMalformed => again,
            _ => false,
        };
        says_of_token && self.health.is_well_now(&self.endpoint).await
    }

    pub(super) fn recall_or_ask(
        self: &Arc<Self>,
        inquiry: Inquiry,
        freshness: Freshness,
    ) -> Verification {
        if let Some(said) = &inquiry.said {
            self.confirm_suspicion(&inquiry.token, said);
        }
        if let Some(answer) = self.recall(&inquiry, freshness) {
            return Verification::now(answer.and_then(|facts| self.unless_ended(facts, &inquiry)));
        }
        if self.shared.is_none() || freshness == Freshness::Live {
            return self.ask_anew(inquiry, freshness);
        }
        let introspector = self.clone();
        Verification::later(async move {
            introspector.learn_from_others(&inquiry).await;
            match introspector.recall(&inquiry, freshness) {
                Some(answer) => answer.and_then(|facts| introspector.unless_ended(facts, &inquiry)),
                None => introspector.ask_anew(inquiry, freshness).await,
            }
        })
    }

    /// What is known of a token, if it is as fresh as asked for.
    pub(super) fn recall(&self, inquiry: &Inquiry, freshness: Freshness) -> Option<Answer> {
        let telemetry = &self.endpoint.discovery.telemetry;
        let is_of_age = matches!(freshness, Freshness::Within(_));
        Some(match self.memory.recall(&inquiry.digest, freshness)? {
            Known::Active(facts) if is_of_age && self.settles_nothing(inquiry, &facts) => {
                return None;
            }
            Known::Active(facts) => {
                telemetry.cache(CacheOutcome::Active);
                Ok(facts)
            }
            Known::Inactive => {
                telemetry.cache(CacheOutcome::Inactive);
                Err(inactive())
            }
        })
    }

    pub(super) fn ask_anew(
        self: &Arc<Self>,
        inquiry: Inquiry,
        freshness: Freshness,
    ) -> Verification {
        let telemetry = &self.endpoint.discovery.telemetry;
        // Told before a task is made of it, so that an outage costs next to nothing.
        if let Some(rejection) = self.health.refusal(self.asked(&inquiry), &self.endpoint) {
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
        let (digest, inquiry) = (inquiry.digest.clone(), Arc::new(inquiry));
        let ticket = self.flights.board(
            &digest,
            joins,
            move || clock.monotonic(),
            move || {
                let (introspector, inquiry) = (introspector.clone(), inquiry.clone());
                async move { introspector.ask(&inquiry).await }
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

    fn inquiry(&self, token: &AccessToken) -> Inquiry {
        Inquiry {
            token: token.clone(),
            digest: self.digest(token),
            said: None,
        }
    }

    /// The same about a token whose signature is good, and which says this: what this issuer has verified,
    /// so that its digest is taken once and kept with that.
    pub(super) fn genuine_inquiry(&self, token: &AccessToken, said: &Arc<TokenFacts>) -> Inquiry {
        let digest = said.digest(|| self.digest(token));
        self.memory.note_genuine(&digest, said.terms().validity.exp);
        Inquiry {
            token: token.clone(),
            digest,
            said: Some(said.clone()),
        }
    }

    pub(super) fn digest(&self, token: &AccessToken) -> TokenDigest {
        self.space.digest(token.as_bytes())
    }

    /// The name of what a JWT says, for both signatures that it may have: an ECDSA signature (r, s) can
    /// be turned into (r, n - s) by anybody. They share their first half, and who does not know it
    /// brings no doubt upon the token.
    pub(super) fn statement(&self, token: &AccessToken) -> TokenDigest {
        let text = token.as_str();
        let signature = text.rsplit_once('.').map_or("", |(_, signature)| signature);
        // A letter in the middle may hold bits of both halves.
        let first_half = (signature.len() / 2).saturating_sub(1);
        let second_half = signature.len() - first_half;
        let shared = text.len().saturating_sub(second_half);
        self.space
            .digest(text.as_bytes().get(..shared).unwrap_or_default())
    }

    #[cfg(test)]
    pub(crate) fn afterlife(&self) -> Afterlife {
        self.memory.afterlife()
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

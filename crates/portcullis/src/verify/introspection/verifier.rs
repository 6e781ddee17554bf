use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    call::CallError,
    digest::{DigestSpace, TokenDigest},
    endpoint::{Answered, IntrospectionEndpoint},
    flight::{Flights, Joins},
    lanes::Lanes,
    memory::{Known, Memory},
    probe::{self, Probe},
    reply::Reply,
};
use crate::{
    AccessToken, Answer, Clock, Credentials, Freshness, LiveVerifier, Reason, Rejection,
    TokenVerifier, Verification, http_client::FetchError, verify::shape::Shape,
};

/// Asks the authorization server about every token (RFC 7662), opaque ones too. Active answers
/// are kept for a short while; what they say is judged on every request.
#[derive(Debug, Clone)]
pub struct IntrospectionVerifier {
    introspector: Arc<Introspector>,
}

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
    probe: Probe,
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
            probe: Probe::default(),
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
        let discovery = &self.endpoint.discovery;
        discovery.introspection_endpoint().await.map(drop)
    }

    /// The same as [`verify`](Self::verify) for a token whose signature is good.
    pub(crate) fn verify_signed(
        self: &Arc<Self>,
        token: &AccessToken,
        freshness: Freshness,
    ) -> Verification {
        let digest = self.space.digest(token.as_bytes());
        self.memory.note_genuine(&digest);
        self.recall_or_ask(&digest, token, freshness)
    }

    /// The answer about a token, as fresh as asked for.
    pub(crate) fn verify(
        self: &Arc<Self>,
        token: &AccessToken,
        freshness: Freshness,
    ) -> Verification {
        let digest = self.space.digest(token.as_bytes());
        self.recall_or_ask(&digest, token, freshness)
    }

    fn recall_or_ask(
        self: &Arc<Self>,
        digest: &TokenDigest,
        token: &AccessToken,
        freshness: Freshness,
    ) -> Verification {
        match self.memory.recall(digest, freshness) {
            Some(Known::Active(facts)) => return Verification::now(Ok(facts)),
            Some(Known::Inactive) => return Verification::now(Err(inactive())),
            None => {}
        }
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
            Ok(ticket) => Verification::later(ticket.redeemed()),
            Err(rejection) => Verification::now(Err(rejection)),
        }
    }

    /// Whether the last answer about this token was "inactive", and none came since.
    pub(crate) fn doubts(&self, token: &AccessToken) -> bool {
        self.memory.has_doubts() && self.memory.doubts(&self.space.digest(token.as_bytes()))
    }

    /// One call, and what everybody learns from it. One deadline covers everything: a place in
    /// the lane, discovery, the call, and finding out whose fault a refusal is.
    async fn ask(&self, token: &AccessToken, digest: &TokenDigest) -> Answer {
        let asking = async {
            let _place = if self.memory.is_genuine(digest) {
                self.lanes.enter_genuine().await?
            } else {
                self.lanes.enter_stranger().await?
            };
            // Asked with a place in hand: the calls before this one may just have found out.
            if let Some(rejection) = self.probe.standing_refusal(&self.endpoint) {
                return Err(rejection);
            }
            match self.endpoint.ask(token.as_str()).await {
                Ok(answered) => {
                    self.probe.note_success(&self.endpoint);
                    self.learn(answered, token, digest)
                }
                Err(CallError::Refused { status }) => {
                    Err(self.probe.judge(status, &self.endpoint).await)
                }
                Err(error) => Err(probe::rejection(&error)),
            }
        };
        tokio::time::timeout(self.endpoint.deadline, asking)
            .await
            .unwrap_or_else(|_| {
                Err(Rejection::because(
                    Reason::IssuerTimeout,
                    "no answer about the token within `introspection_deadline`",
                ))
            })
    }

    fn learn(&self, answered: Answered, token: &AccessToken, digest: &TokenDigest) -> Answer {
        let Answered {
            reply,
            began,
            intermediary,
        } = answered;
        if let Some(name) = intermediary {
            return self.take_from_cache(reply, &name, digest);
        }
        match reply {
            Reply::Active(facts) => {
                let facts = Arc::new(facts.with_asked_at(began));
                self.memory.learn_active(digest, &facts, began);
                Ok(facts)
            }
            Reply::Inactive => {
                let is_jwt = Shape::of(token.as_str()) == Shape::Jwt;
                self.memory.learn_inactive(digest, began, is_jwt);
                Err(inactive())
            }
        }
    }

    /// An answer that somebody else has kept. Nobody knows when it was computed: nothing is
    /// learned from it, and where the server itself has said otherwise it does not count.
    fn take_from_cache(&self, reply: Reply, name: &str, digest: &TokenDigest) -> Answer {
        tracing::warn!(
            target: "portcullis::introspection",
            intermediary = name,
            "the answer was not made for this call (`Age`, or a `Date` before it): it is not remembered and does not count as live; keep caches away from the introspection endpoint"
        );
        match reply {
            Reply::Active(facts) if !self.memory.doubts(digest) => Ok(Arc::from(facts)),
            Reply::Active(_) | Reply::Inactive => Err(Rejection::because(
                Reason::AnswerNotLive,
                "what a cache in front of the server repeats does not count here",
            )),
        }
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

impl IntrospectionVerifier {
    pub(crate) fn new(introspector: Arc<Introspector>) -> Self {
        Self { introspector }
    }
}

impl TokenVerifier for IntrospectionVerifier {
    fn verify(&self, credentials: &Credentials, freshness: Freshness) -> Verification {
        self.introspector.verify(&credentials.token, freshness)
    }

    fn can_ask(&self) -> bool {
        true
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.introspector.clock()
    }
}

impl LiveVerifier for IntrospectionVerifier {}

impl fmt::Debug for Introspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspector")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

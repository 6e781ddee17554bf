use std::{sync::Arc, time::Duration};

use metrics::{Key, SharedString};
use tracing::{Span, field::Empty};

use super::{
    keys::{Counters, counter, gauge, histogram, of_issuer},
    metric,
    outcome::{
        Boarding, BreakerState, CacheOutcome, CallOutcome, KeyFetchOutcome, PermissionOutcome,
        SignatureOutcome, TicketOutcome,
    },
};
use crate::{Readiness, Timestamp};

/// What is counted of one issuer. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Telemetry {
    keys: Arc<Keys>,
}

#[derive(Debug)]
struct Keys {
    issuer: Arc<str>,
    cache: Counters<CacheOutcome>,
    boardings: Counters<Boarding>,
    calls: Counters<CallOutcome>,
    call_seconds: Key,
    retries: Key,
    breaker_state: Key,
    breaker_openings: Key,
    permissions: Counters<PermissionOutcome>,
    tickets: Counters<TicketOutcome>,
    key_fetches: Counters<KeyFetchOutcome>,
    keys_fetched: Key,
    usable_keys: Key,
    signatures: Counters<SignatureOutcome>,
    readiness: Key,
}

impl Telemetry {
    pub(crate) fn new(issuer: &Arc<str>) -> Self {
        let label = SharedString::from_shared(issuer.clone());
        let of_issuer = |metric| of_issuer(metric, &label);
        let keys = Keys {
            issuer: issuer.clone(),
            cache: Counters::new(metric::CACHE_LOOKUPS, &label),
            boardings: Counters::new(metric::BOARDINGS, &label),
            calls: Counters::new(metric::CALLS, &label),
            call_seconds: of_issuer(metric::CALL_SECONDS),
            retries: of_issuer(metric::RETRIES),
            breaker_state: of_issuer(metric::BREAKER_STATE),
            breaker_openings: of_issuer(metric::BREAKER_OPENINGS),
            permissions: Counters::new(metric::PERMISSIONS, &label),
            tickets: Counters::new(metric::TICKETS, &label),
            key_fetches: Counters::new(metric::KEY_FETCHES, &label),
            keys_fetched: of_issuer(metric::KEYS_FETCHED),
            usable_keys: of_issuer(metric::USABLE_KEYS),
            signatures: Counters::new(metric::SIGNATURES, &label),
            readiness: of_issuer(metric::READINESS),
        };
        Self {
            keys: Arc::new(keys),
        }
    }

    /// The issuer was built with keys that it publishes, of which there are none yet.
    pub(crate) fn keys_are_fetched(&self) {
        self.keys.key_fetches.begin();
        self.usable_keys(0);
    }

    /// The issuer was built with keys that were given once and for all.
    pub(crate) fn keys_are_given(&self, usable: usize) {
        self.usable_keys(usable);
    }

    /// The issuer's tokens are verified here.
    pub(crate) fn verifies_here(&self) {
        self.keys.signatures.begin();
    }

    /// The issuer was built as one that can be asked, and never was.
    pub(crate) fn can_be_asked(&self) {
        self.keys.cache.begin();
        self.keys.boardings.begin();
        self.keys.calls.begin();
        counter(&self.keys.retries).increment(0);
        self.breaker(BreakerState::Closed);
    }

    /// The issuer is asked of permissions.
    pub(crate) fn uses_uma(&self) {
        self.keys.permissions.begin();
        self.keys.tickets.begin();
    }

    /// It was looked for what the server grants.
    pub(crate) fn permissions(&self, outcome: PermissionOutcome) {
        self.keys.permissions.increment(outcome);
    }

    /// A ticket was asked for.
    pub(crate) fn ticket(&self, outcome: TicketOutcome) {
        self.keys.tickets.increment(outcome);
    }

    /// A token was looked for among the answers that are kept.
    pub(crate) fn cache(&self, outcome: CacheOutcome) {
        self.keys.cache.increment(outcome);
    }

    /// A request waits for a call.
    pub(crate) fn boarding(&self, boarding: Boarding) {
        self.keys.boardings.increment(boarding);
    }

    /// An introspection call has ended, after `took`.
    pub(crate) fn call(&self, outcome: CallOutcome, took: Duration) {
        self.keys.calls.increment(outcome);
        histogram(&self.keys.call_seconds).record(took);
    }

    /// A call is made again.
    pub(crate) fn retry(&self) {
        counter(&self.keys.retries).increment(1);
    }

    /// The circuit breaker has come to this state.
    pub(crate) fn breaker(&self, state: BreakerState) {
        gauge(&self.keys.breaker_state).set(state.level());
        let opened = u64::from(state == BreakerState::Open);
        counter(&self.keys.breaker_openings).increment(opened);
    }

    /// What is traced while keys are fetched. Its `outcome` is recorded when they were.
    pub(crate) fn key_fetch_span(&self) -> Span {
        let issuer = &*self.keys.issuer;
        tracing::debug_span!(target: "portcullis::jwks", "jwks_fetch", issuer, outcome = Empty)
    }

    /// The same while metadata is fetched.
    pub(crate) fn discovery_span(&self) -> Span {
        let issuer = &*self.keys.issuer;
        tracing::debug_span!(target: "portcullis::discovery", "discovery", issuer, outcome = Empty)
    }

    /// A fetch of keys has ended.
    pub(crate) fn key_fetch(&self, outcome: KeyFetchOutcome) {
        self.keys.key_fetches.increment(outcome);
    }

    /// The signature of a token was looked at.
    pub(crate) fn signature(&self, outcome: SignatureOutcome) {
        self.keys.signatures.increment(outcome);
    }

    /// These keys are in use, since a fetch that began at `fetched`.
    pub(crate) fn keys_in_use(&self, usable: usize, fetched: Timestamp) {
        let since_epoch = fetched.since(Timestamp::from_seconds(0));
        gauge(&self.keys.keys_fetched).set(since_epoch);
        self.usable_keys(usable);
    }

    fn usable_keys(&self, usable: usize) {
        let usable = u32::try_from(usable).unwrap_or(u32::MAX);
        gauge(&self.keys.usable_keys).set(usable);
    }

    /// Somebody was told this.
    pub(crate) fn readiness(&self, readiness: &Readiness) {
        let level = match readiness {
            Readiness::NotReady(_) => 0,
            Readiness::Degraded(_) => 1,
            Readiness::Ready => 2,
        };
        gauge(&self.keys.readiness).set(level);
    }
}

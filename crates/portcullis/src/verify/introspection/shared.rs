//! What the instances of a service know of tokens together.

use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use super::digest::TokenDigest;
use crate::{
    Clock, SharedStore, StoreError, Timestamp, TokenFacts,
    revocation::{InactiveAnswer, Origin},
    shared_state::{FactsSeal, Purpose},
    telemetry::{RevocationTelemetry, SharedOutcome},
};

/// Facts in a store that all instances use. It is asked beside our own memory and never instead of
/// the server where a live answer is wanted; while it fails, each instance goes on alone.
pub(crate) struct SharedFacts {
    store: Arc<dyn SharedStore>,
    seal: FactsSeal,
    clock: Arc<dyn Clock>,
    /// By how much later an active answer has to be dated to count over an inactive one: the clocks of two
    /// instances may differ.
    head_start: Duration,
    telemetry: RevocationTelemetry,
    /// Until when nobody asks a store that has just failed.
    paused: Mutex<Option<Instant>>,
}

/// What an instance has learned of a token.
#[derive(Serialize, Deserialize)]
struct Entry {
    /// When the call began, by the clock of the instance that has made it.
    asked: Timestamp,
    /// What the server said of an active token; an inactive one has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<String>,
    /// Whose answer it was that called it inactive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
}

/// The same as read by another instance.
#[derive(Debug)]
pub(super) struct SharedAnswer {
    /// When the call began by the date that it has, and a second before: how old the answer is.
    pub(super) began: Instant,
    pub(super) said: Said,
}

#[derive(Debug)]
pub(super) enum Said {
    /// With these claims. Which kind of token that makes is for the reader to tell.
    Active(String),
    /// As whoever was given this answer says.
    Inactive(Option<Origin>),
}

impl SharedAnswer {
    /// Whether it is the newer of two, an inactive one with its head start.
    fn counts_before(&self, other: &Self, head_start: Duration) -> bool {
        let order = |answer: &Self| match answer.said {
            Said::Active(_) => answer.began,
            Said::Inactive(_) => answer.began.checked_add(head_start).unwrap_or(answer.began),
        };
        order(self) > order(other)
    }
}

impl SharedFacts {
    /// How much older an answer may be than its date says, where time service does its work.
    const PRECISION: Duration = Duration::from_secs(1);
    /// How much longer than a call an inactive answer stays.
    const GRACE: Duration = Duration::from_secs(10);
    /// How long it may take to put something in.
    const LONGEST_PUT: Duration = Duration::from_secs(1);
    /// How long the store is waited for.
    const PATIENCE: Duration = Duration::from_millis(100);
    /// How long nobody asks a store that has failed.
    const PAUSE: Duration = Duration::from_secs(1);
    /// How long active facts are kept at the most.
    const LONGEST: Duration = Duration::from_secs(3600);

    /// Facts in this store. The clocks of two instances may differ by the leeway.
    pub(crate) fn new(
        store: Arc<dyn SharedStore>,
        seal: FactsSeal,
        clock: Arc<dyn Clock>,
        leeway: Duration,
        telemetry: RevocationTelemetry,
    ) -> Self {
        telemetry.shares_facts();
        Self {
            store,
            seal,
            clock,
            head_start: leeway.saturating_add(Self::PRECISION),
            telemetry,
            paused: Mutex::new(None),
        }
    }

    /// What any instance has learned last of a token.
    pub(super) async fn get(&self, digest: &TokenDigest) -> Option<SharedAnswer> {
        let (answer, outcome) = self.look_up(digest).await;
        self.telemetry.shared(outcome);
        answer
    }

    async fn look_up(&self, digest: &TokenDigest) -> (Option<SharedAnswer>, SharedOutcome) {
        let mut outcome = SharedOutcome::Miss;
        let mut newest: Option<SharedAnswer> = None;
        // While keys are changed each has an entry of its own, and neither is always the newer.
        for name in self.seal.names(Purpose::Facts, digest.as_bytes()) {
            let Some(found) = self.ask(self.store.get(name.clone())).await else {
                return (None, SharedOutcome::Failed);
            };
            let Some(sealed) = found else {
                continue;
            };
            let opened = self
                .seal
                .open(Purpose::Facts, digest.as_bytes(), &name, &sealed);
            let entry = opened.and_then(|entry| serde_json::from_slice::<Entry>(&entry).ok());
            let Some(entry) = entry else {
                outcome = SharedOutcome::Unopened;
                continue;
            };
            if self.is_dated_ahead(&entry) {
                outcome = SharedOutcome::DatedAhead;
                continue;
            }
            let counts = |answer: &SharedAnswer| {
                let newest = newest.as_ref();
                newest.is_none_or(|newest| answer.counts_before(newest, self.head_start))
            };
            if let Some(answer) = self.read(entry).filter(counts) {
                newest = Some(answer);
            }
        }
        if newest.is_some() {
            outcome = SharedOutcome::Hit;
        }
        (newest, outcome)
    }

    /// Whether it says that it was asked for later than now, by more than clocks with time service differ.
    fn is_dated_ahead(&self, entry: &Entry) -> bool {
        entry.asked > self.clock.now().plus(Self::PRECISION)
    }

    /// An entry as it is here. `None` for one that is older than the count of time.
    fn read(&self, entry: Entry) -> Option<SharedAnswer> {
        let (now, wall) = (self.clock.monotonic(), self.clock.now());
        let age = wall.since(entry.asked).saturating_add(Self::PRECISION);
        Some(SharedAnswer {
            began: now.checked_sub(age)?,
            said: match entry.claims {
                Some(claims) => Said::Active(claims),
                None => Said::Inactive(entry.origin),
            },
        })
    }

    /// Tells the others what a call that began then has brought. A full token that came along stays
    /// here, and so do the facts that came with it.
    pub(super) fn put_active(&self, digest: &TokenDigest, facts: &TokenFacts, began: Instant) {
        if facts.phantom_token().is_some() {
            return;
        }
        let rest = facts
            .registered()
            .exp
            .map(|exp| exp.since(self.clock.now()));
        let lives = rest.map_or(Self::LONGEST, |rest| rest.min(Self::LONGEST));
        let entry = Entry {
            asked: self.wall_at(began),
            claims: Some(facts.json().to_owned()),
            origin: None,
        };
        self.put(digest, &entry, Duration::ZERO, lives);
    }

    /// The same of an inactive token. It stays as a tombstone for longer than any call takes, and
    /// wins against answers of about the same time, whichever clock was ahead.
    pub(super) fn put_inactive(
        &self,
        digest: &TokenDigest,
        answer: InactiveAnswer,
        deadline: Duration,
    ) {
        let entry = Entry {
            asked: self.wall_at(answer.began),
            claims: None,
            origin: answer.origin,
        };
        let lives = deadline.saturating_mul(2).saturating_add(Self::GRACE);
        self.put(digest, &entry, self.head_start, lives);
    }

    fn put(&self, digest: &TokenDigest, entry: &Entry, ahead: Duration, lives: Duration) {
        let order = entry.asked.plus(ahead).as_milliseconds();
        let sealed = serde_json::to_vec(entry)
            .ok()
            .and_then(|text| self.seal.seal(Purpose::Facts, digest.as_bytes(), text).ok());
        let (Some(sealed), Ok(runtime)) = (sealed, Handle::try_current()) else {
            return;
        };
        if lives.is_zero() || self.is_paused() {
            return;
        }
        let name = self.seal.name(Purpose::Facts, digest.as_bytes());
        let order = u64::try_from(order).unwrap_or(0);
        let putting = self.store.put(name, sealed, order, lives);
        // Nobody waits for it: what is lost is asked for again.
        runtime.spawn(async move { drop(tokio::time::timeout(Self::LONGEST_PUT, putting).await) });
    }

    /// Whether nobody else asks about the token for as long as `lives`. Where the store fails, each
    /// instance asks for itself.
    pub(super) async fn lease(&self, digest: &TokenDigest, lives: Duration) -> bool {
        let name = self.seal.name(Purpose::Lease, digest.as_bytes());
        let taken = self
            .store
            .put_if_absent(name, Bytes::from_static(b"1"), lives);
        self.ask(taken).await.unwrap_or(true)
    }

    /// What the store says, if it says anything in time.
    async fn ask<T>(&self, answer: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
        if self.is_paused() {
            return None;
        }
        let problem = match tokio::time::timeout(Self::PATIENCE, answer).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer within 100 ms".to_owned(),
        };
        let now = self.clock.monotonic();
        let until = now.checked_add(Self::PAUSE);
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = until;
        tracing::warn!(
            target: "portcullis::introspection",
            "the store that instances share does not answer, and each goes on alone for a second: {problem}"
        );
        None
    }

    fn is_paused(&self) -> bool {
        let now = self.clock.monotonic();
        let paused = *self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        paused.is_some_and(|until| now < until)
    }

    fn wall_at(&self, began: Instant) -> Timestamp {
        let ago = self.clock.monotonic().saturating_duration_since(began);
        self.clock.now().minus(ago)
    }
}

impl fmt::Debug for SharedFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedFacts")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

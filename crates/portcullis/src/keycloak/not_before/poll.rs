use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde::Deserialize;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use crate::{
    Timestamp,
    discovery::Discovery,
    http_client::{FetchError, Limits, fetch_document},
    revocation::RevocationSink,
    telemetry,
};

/// Asks the realm for its cut-off, from time to time and whenever the bell rings.
#[derive(Debug)]
pub(crate) struct CutOffPoll {
    discovery: Arc<Discovery>,
    sink: RevocationSink,
    period: Duration,
    bell: Arc<Notify>,
    /// How many polls have begun.
    begun: AtomicU64,
    /// The last that has ended: its number, and what it brought.
    ended: watch::Sender<(u64, Option<Timestamp>)>,
    /// How many have failed in a row.
    failures: AtomicU32,
}

impl CutOffPoll {
    const MAX_DOCUMENT: usize = 64 * 1024;
    /// Whatever rings, the realm is asked no more often for it.
    const LEAST_PAUSE: Duration = Duration::from_secs(1);
    /// How many polls in a row may fail before that is worth a word.
    const TOLERATED: u32 = 2;

    pub(crate) fn new(
        discovery: Arc<Discovery>,
        sink: RevocationSink,
        period: Duration,
        bell: Arc<Notify>,
    ) -> Self {
        Self {
            discovery,
            sink,
            period,
            bell,
            begun: AtomicU64::new(0),
            ended: watch::Sender::new((0, None)),
            failures: AtomicU32::new(0),
        }
    }

    /// Polls for as long as somebody wants to know.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut answered_bell: Option<Instant> = None;
        while self.sink.is_wanted() {
            self.poll().await;
            let pause = jittered(self.period);
            if tokio::time::timeout(pause, self.bell.notified())
                .await
                .is_ok()
            {
                if let Some(last) = answered_bell {
                    tokio::time::sleep_until(last + Self::LEAST_PAUSE).await;
                }
                answered_bell = Some(Instant::now());
            }
        }
    }

    /// Waits for the first poll.
    pub(crate) async fn first(&self, patience: Duration) {
        let mut ended = self.ended.subscribe();
        let first = ended.wait_for(|(number, _)| *number > 0);
        // Later ones come by themselves.
        let _ = tokio::time::timeout(patience, first).await;
    }

    /// Rings, and returns the cut-off that a poll brings which begins after that; `None` when it
    /// brings none in time.
    pub(super) async fn ring(&self, patience: Duration) -> Option<Option<Timestamp>> {
        let before = self.begun.load(Ordering::SeqCst);
        let mut ended = self.ended.subscribe();
        self.bell.notify_one();
        let later = ended.wait_for(|(number, _)| *number > before);
        let ended = tokio::time::timeout(patience, later).await.ok()?.ok()?;
        let (_, cut_off) = *ended;
        (self.failures.load(Ordering::SeqCst) == 0).then_some(cut_off)
    }

    /// Whether the cut-off could not be had for a while.
    pub(crate) fn is_failing(&self) -> bool {
        self.failures.load(Ordering::SeqCst) > Self::TOLERATED
    }

    async fn poll(&self) {
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let fetched = self.fetch().await;
        let Some(set) = self.sink.set() else {
            return;
        };
        let outcome = match fetched {
            Ok(cut_off) => {
                self.failures.store(0, Ordering::SeqCst);
                let has_moved = set.learn_cut_off(cut_off);
                self.ended.send_replace((number, cut_off));
                if has_moved {
                    telemetry::CutOffPoll::Moved
                } else {
                    telemetry::CutOffPoll::Unmoved
                }
            }
            Err(error) => {
                let failures = self.failures.fetch_add(1, Ordering::SeqCst) + 1;
                self.ended.send_modify(|(ended, _)| *ended = number);
                if failures == Self::TOLERATED + 1 {
                    let issuer = &self.discovery.issuer;
                    tracing::warn!(target: "portcullis::revocation", %issuer, "the realm's not-before cannot be had, and the last one is used for now: {error}");
                }
                telemetry::CutOffPoll::Failed
            }
        };
        set.telemetry().cut_off_poll(outcome);
    }

    async fn fetch(&self) -> Result<Option<Timestamp>, FetchError> {
        /// What Keycloak publishes of a realm, as far as it matters.
        #[derive(Deserialize)]
        struct Realm {
            #[serde(rename = "tokens-not-before")]
            not_before: u32,
        }

        let discovery = &*self.discovery;
        let limits = Limits::new(discovery.deadline, Self::MAX_DOCUMENT);
        let url = &discovery.base;
        let document = fetch_document(&*discovery.http, url, "application/json", limits).await?;
        let realm: Realm =
            serde_json::from_slice(&document).map_err(|error| FetchError::Malformed {
                url: url.to_string(),
                problem: format!(
                    "not what Keycloak says of a realm: no `tokens-not-before` (line {}, column {})",
                    error.line(),
                    error.column()
                ),
            })?;
        let not_before = i64::from(realm.not_before);
        Ok((not_before > 0).then(|| Timestamp::from_seconds(not_before)))
    }
}

/// A tenth more or less, drawn each time, so that the instances of a service do not all ask at the
/// same moment.
fn jittered(period: Duration) -> Duration {
    let drawn = RandomState::new().hash_one(()) % 201;
    let thousandths = u32::try_from(drawn).map_or(1000, |drawn| 900 + drawn);
    (period / 1000).saturating_mul(thousandths)
}

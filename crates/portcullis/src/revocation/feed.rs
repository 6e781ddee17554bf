use std::{fmt, future::Future, pin::Pin, sync::Weak, time::Duration};

use super::{RevocationNotice, RevocationSet, completeness::Source, set::Inner};
use crate::{Timestamp, telemetry::FeedEvent};

/// What a feed does, and how it may end.
pub type FeedFuture = Pin<Box<dyn Future<Output = Result<(), FeedError>> + Send>>;

/// Why a feed cannot carry news. Nothing secret may be in it: it is logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FeedError(String);

impl FeedError {
    /// An error of this description.
    pub fn new(description: impl Into<String>) -> Self {
        Self(description.into())
    }
}

/// Carries news from one instance of a service to the others, so that a notice which reaches one of
/// them reaches all: a stream in Redis, a topic, a gossip of your own.
///
/// A feed may say everything twice, late and in any order. What it must not do is lose something in
/// silence: where it cannot exclude that, it says so by [`RevocationSink::doubt`].
pub trait RevocationFeed: fmt::Debug + Send + Sync + 'static {
    /// Brings what the other instances publish about the issuer of `sink`, for as long as the
    /// future is polled. It is begun again, after a pause, when it ends or is cut off with its runtime.
    fn run(&self, sink: RevocationSink) -> FeedFuture;

    /// Tells the other instances. The future ends once the notice is where they will find it; it is
    /// polled to its end, by a task of its own if need be.
    fn publish(&self, issuer: &str, notice: RevocationNotice) -> FeedFuture;
}

/// Where a feed puts what it brings: the set of one issuer at this instance. It keeps nobody alive;
/// once the issuer is gone, it takes everything and does nothing.
#[derive(Clone)]
pub struct RevocationSink {
    inner: Weak<Inner>,
    issuer: std::sync::Arc<str>,
}

impl RevocationSink {
    pub(super) fn new(inner: Weak<Inner>, issuer: std::sync::Arc<str>) -> Self {
        Self { inner, issuer }
    }

    /// The issuer that the news is about.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whether there is anybody left to tell.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.inner.strong_count() > 0
    }

    /// How long news has to be kept for instances that come later: as long as a token can live that
    /// it is about.
    #[must_use]
    pub fn retention(&self) -> Duration {
        self.set().map_or(Duration::ZERO, |set| set.retention())
    }

    /// How far the clocks of two instances may differ.
    #[must_use]
    pub fn leeway(&self) -> Duration {
        self.set().map_or(Duration::ZERO, |set| set.leeway())
    }

    /// Wall time, by the clock of the issuer's verifiers.
    #[must_use]
    pub fn now(&self) -> Option<Timestamp> {
        self.set().map(|set| set.now())
    }

    /// Takes over what another instance has published, or this one: it does no harm.
    pub fn take(&self, notice: &RevocationNotice) {
        if let Some(set) = self.set() {
            set.take(notice);
        }
    }

    /// From when on this instance is known to have missed nothing, for feeds that tell it to others.
    #[must_use]
    pub fn complete_since(&self) -> Option<Timestamp> {
        self.set()?.complete_since()
    }

    /// From now on the feed is read. What was published before may have been missed, until
    /// [`reach_back`](Self::reach_back) says otherwise: for feeds that begin to read long after the
    /// first request.
    pub fn listen(&self) {
        if let Some(set) = self.set() {
            set.listen();
        }
    }

    /// Everything that was published since then has been taken over, without a gap.
    pub fn reach_back(&self, since: Timestamp) {
        if let Some(set) = self.set() {
            set.reach_back(since);
        }
    }

    /// Something may have been missed until now. Tokens that were issued before are asked about.
    pub fn doubt(&self) {
        if let Some(set) = self.set() {
            set.doubt();
        }
    }

    /// The feed is cut off, until [`hear`](Self::hear).
    pub fn lose(&self) {
        if let Some(set) = self.set() {
            set.lose(Source::Feed);
        }
    }

    /// The feed works, and what it could not say in the meantime has been taken over.
    pub fn hear(&self) {
        if let Some(set) = self.set() {
            set.hear(Source::Feed);
        }
    }

    /// Counts an entry that changed nothing: it could not be opened, or it is dated ahead.
    pub fn count_ignored(&self, is_dated_ahead: bool) {
        if let Some(set) = self.set() {
            set.telemetry().feed(if is_dated_ahead {
                FeedEvent::DatedAhead
            } else {
                FeedEvent::Unopened
            });
        }
    }

    pub(crate) fn set(&self) -> Option<RevocationSet> {
        self.inner.upgrade().map(RevocationSet::from)
    }
}

impl fmt::Debug for RevocationSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationSink")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

use std::{sync::Arc, time::Duration};

use portcullis::{FeedError, RevocationSink, Timestamp};
use tokio::{
    sync::OwnedMutexGuard,
    time::{Instant, sleep},
};

use super::{
    Channel, inheritance::Inheritance, ranges::Ranges, stream::StreamId, writers::Writers,
};
use crate::{
    address::Address,
    connection::{Connection, Failure},
};

/// Brings what is written into the stream of one issuer, by this process and the others, for as long
/// as somebody wants it.
pub(crate) async fn follow(
    channel: Arc<Channel>,
    address: Arc<Address>,
    sink: RevocationSink,
) -> Result<(), FeedError> {
    const FIRST_PAUSE: Duration = Duration::from_millis(100);
    const LONGEST_PAUSE: Duration = Duration::from_secs(1);
    let mut reader = Reader::new(channel, sink);
    let mut pause = FIRST_PAUSE;
    while reader.sink.is_wanted() {
        let began = Instant::now();
        let Err(failure) = reader.session(&address).await else {
            break;
        };
        if began.elapsed() > LONGEST_PAUSE * 5 {
            pause = FIRST_PAUSE;
        }
        reader.note_failure(&failure);
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Ok(())
}

/// Who reads one stream into one set.
pub(super) struct Reader {
    pub(super) channel: Arc<Channel>,
    pub(super) sink: RevocationSink,
    /// Everything up to here was read.
    pub(super) position: StreamId,
    /// Everything up to here had been read when the stream was last looked at.
    pub(super) inspected: StreamId,
    /// The highest id that had been given out when the stream was last looked at.
    pub(super) end: StreamId,
    /// How many entries the stream has had at least.
    pub(super) added: u64,
    pub(super) writers: Writers,
    /// Which entries of this process are in the stream, as far as it was read since its beginning.
    pub(super) own_present: Ranges,
    /// What may still be taken over; `None` until the stream was read for the first time.
    pub(super) inheritance: Option<Inheritance>,
    /// Whether the stream has to be read again from its beginning: what was there may have changed
    /// while nobody looked.
    pub(super) must_reload: bool,
    pub(super) next_inspection: Instant,
    pub(super) next_renewal: Instant,
    pub(super) next_clearing: Instant,
    /// When the whole stream may be read again for something that is missing.
    pub(super) next_reload: Instant,
    /// When the connection was opened.
    pub(super) connected: Instant,
    /// How long news matters.
    pub(super) retention: Duration,
    /// When something was last read.
    pub(super) last_read: Instant,
    is_lost: bool,
    /// Held by the one of several readers in this process who speaks for it.
    pub(super) pen: Option<OwnedMutexGuard<()>>,
}

impl Reader {
    /// How often writers and stream are looked at, and the own record renewed.
    pub(super) const PERIOD: Duration = Duration::from_secs(1);
    /// How soon again once something seems to be missing.
    const HURRY: Duration = Duration::from_millis(100);
    /// For how long nothing may be read before the feed counts as cut off.
    const PATIENCE: Duration = Duration::from_secs(10);

    fn new(channel: Arc<Channel>, sink: RevocationSink) -> Self {
        let now = Instant::now();
        Self {
            writers: Writers::new(channel.writer),
            channel,
            sink,
            position: StreamId::START,
            inspected: StreamId::START,
            end: StreamId::START,
            added: 0,
            own_present: Ranges::default(),
            inheritance: None,
            must_reload: true,
            next_inspection: now,
            next_renewal: now,
            next_clearing: now,
            next_reload: now,
            connected: now,
            retention: Duration::ZERO,
            last_read: now,
            is_lost: false,
            pen: None,
        }
    }

    /// Reads over one connection, until it fails or nobody wants anything any more.
    async fn session(&mut self, address: &Address) -> Result<(), Failure> {
        let mut connection = Connection::open(address).await?;
        // The time since then counts as cut off, and no part of it twice.
        let cut_since = self.last_read.max(self.connected);
        self.connected = Instant::now();
        self.writers.forgive(self.connected - cut_since);
        self.must_reload = true;
        self.next_inspection = self.connected;
        while self.sink.is_wanted() {
            let now = Instant::now();
            if now >= self.next_inspection {
                self.inspect(&mut connection).await?;
                self.note_success();
            } else {
                let wait = self.next_inspection - now;
                self.read(&mut connection, Some(wait)).await?;
                self.last_read = Instant::now();
            }
        }
        Ok(())
    }

    /// Looks soon: something seems to be missing.
    pub(super) fn hurry(&mut self) {
        let soon = Instant::now() + Self::HURRY;
        self.next_inspection = self.next_inspection.min(soon);
    }

    /// Before this moment nothing matters any more.
    pub(super) fn horizon(&self, now: Timestamp) -> Timestamp {
        now.minus(self.retention)
    }

    fn note_success(&mut self) {
        self.last_read = Instant::now();
        self.sink.hear();
        if std::mem::take(&mut self.is_lost) {
            let issuer = self.sink.issuer();
            tracing::info!(target: "portcullis::revocation", issuer, "news from the other instances arrives again");
        }
    }

    fn note_failure(&mut self, failure: &Failure) {
        let issuer = self.sink.issuer();
        if self.is_lost || self.last_read.elapsed() < Self::PATIENCE {
            tracing::debug!(target: "portcullis::revocation", issuer, "news from the other instances cannot be read: {failure}");
            return;
        }
        self.is_lost = true;
        self.sink.lose();
        tracing::warn!(target: "portcullis::revocation", issuer, "news from the other instances has not arrived for ten seconds, and tokens in use are asked about meanwhile: {failure}");
    }
}

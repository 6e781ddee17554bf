use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use portcullis::{EntrySeal, FeedError, FeedFuture, RevocationNotice, StateKeys};

use super::{WriterId, entry::Entry, outbox::Outbox, record::Record, upkeep::Standing};
use crate::link::Link;

/// The news of one issuer, as this process writes and reads it.
pub(crate) struct Channel {
    pub(super) issuer: Arc<str>,
    /// The name of the stream.
    pub(super) stream: String,
    /// The name of the hash with the records of the writers.
    pub(super) writers: String,
    entries: EntrySeal,
    records: EntrySeal,
    pub(super) writer: WriterId,
    pub(super) link: Link,
    outbox: Mutex<Outbox>,
    /// What this writer last said of itself. Held while it is said, so that what is older never
    /// comes later.
    pub(super) standing: tokio::sync::Mutex<Standing>,
    /// Who holds it looks after the record of this writer; others only read.
    pub(super) pen: Arc<tokio::sync::Mutex<()>>,
    has_closed: Arc<AtomicBool>,
}

impl Channel {
    pub(crate) fn new(
        issuer: &str,
        keys: &StateKeys,
        writer: WriterId,
        link: &Link,
        has_closed: &Arc<AtomicBool>,
    ) -> Self {
        let stream = format!("portcullis:1:feed:{}", EntrySeal::issuer_name(issuer));
        let writers = format!("{stream}:writers");
        Self {
            issuer: issuer.into(),
            entries: EntrySeal::new(keys, issuer, &stream),
            records: EntrySeal::new(keys, issuer, &writers),
            stream,
            writers,
            writer,
            link: link.clone(),
            outbox: Mutex::default(),
            standing: tokio::sync::Mutex::default(),
            pen: Arc::default(),
            has_closed: has_closed.clone(),
        }
    }

    /// Puts a notice into the outbox. The future ends once it is in the stream; it is brought there
    /// whether anybody waits or not.
    pub(crate) fn publish(self: &Arc<Self>, notice: &RevocationNotice) -> FeedFuture {
        let added = self.add(notice);
        let channel = self.clone();
        channel.attend();
        Box::pin(async move {
            channel.attend();
            added?.await.map_err(|_| {
                FeedError::new("redis was away for so long that the entry had to be given up")
            })
        })
    }

    fn add(
        &self,
        notice: &RevocationNotice,
    ) -> Result<tokio::sync::oneshot::Receiver<()>, FeedError> {
        let mut outbox = self.outbox();
        // It is published as soon as it was received, by the clock of the issuer's verifiers.
        let time = notice.received();
        let entry = Entry {
            writer: self.writer,
            number: outbox.next_number(),
            time,
            notice: notice.clone(),
        };
        let sealed = self.entries.seal(Entry::KIND, entry.encode());
        let sealed = sealed.map_err(|error| FeedError::new(error.to_string()))?;
        Ok(outbox.add(time, sealed))
    }

    /// `None` for what cannot be opened, or is no entry.
    pub(super) fn open_entry(&self, sealed: &[u8]) -> Option<Entry> {
        Entry::decode(&self.entries.open(Entry::KIND, sealed)?)
    }

    pub(super) fn seal_record(&self, record: &Record) -> Option<Bytes> {
        self.records.seal(Record::KIND, record.encode()).ok()
    }

    /// `None` for what cannot be opened, or is none.
    pub(super) fn open_record(&self, sealed: &[u8]) -> Option<Record> {
        Record::decode(&self.records.open(Record::KIND, sealed)?)
    }

    pub(super) fn has_closed(&self) -> bool {
        self.has_closed.load(Ordering::SeqCst)
    }

    pub(super) fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

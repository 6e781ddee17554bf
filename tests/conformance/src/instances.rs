//! What the instances of a service share, in memory: a store and a feed that do as they are told.

use std::{
    collections::HashMap,
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use portcullis::{
    Clock, FeedError, FeedFuture, ManualClock, RevocationFeed, RevocationNotice, RevocationSink,
    SharedStore, StateKeys, StoreError, StoreFuture, StoreKey, Timestamp,
};
use tokio::sync::broadcast;

/// The key that all instances of the tests have.
pub fn state_keys() -> StateKeys {
    let key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    StateKeys::from_hex(key).unwrap()
}

/// A store in memory, by a manual clock. Clones are the same store.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    clock: ManualClock,
    entries: Arc<Mutex<HashMap<String, Kept>>>,
    is_down: Arc<AtomicBool>,
    is_stuck: Arc<AtomicBool>,
    is_taken: Arc<AtomicBool>,
    reads: Arc<AtomicUsize>,
}

#[derive(Debug, Clone)]
struct Kept {
    entry: Bytes,
    order: u64,
    until: Timestamp,
}

impl MemoryStore {
    /// An empty store.
    pub fn new(clock: &ManualClock) -> Self {
        Self {
            clock: clock.clone(),
            entries: Arc::default(),
            is_down: Arc::default(),
            is_stuck: Arc::default(),
            is_taken: Arc::default(),
            reads: Arc::default(),
        }
    }

    /// Makes it refuse everything, or no longer.
    pub fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    /// Makes it answer nothing at all, or no longer.
    pub fn set_stuck(&self, is_stuck: bool) {
        self.is_stuck.store(is_stuck, Ordering::SeqCst);
    }

    /// Has somebody else take every name before anybody can, and keep it, or no longer.
    pub fn set_taken(&self, is_taken: bool) {
        self.is_taken.store(is_taken, Ordering::SeqCst);
    }

    /// How often something was read.
    pub fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    /// Every entry that is kept, with its name.
    pub fn entries(&self) -> Vec<(String, Bytes)> {
        let entries = self.entries.lock().unwrap();
        let kept = entries.iter().filter(|(_, kept)| self.lives(kept));
        kept.map(|(name, kept)| (name.clone(), kept.entry.clone()))
            .collect()
    }

    /// Puts these bytes in the place of each entry that is kept.
    pub fn overwrite(&self, change: impl Fn(&str, &Bytes) -> Bytes) {
        for (name, kept) in self.entries.lock().unwrap().iter_mut() {
            kept.entry = change(name, &kept.entry);
        }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.entries.lock().unwrap().clear();
    }

    fn lives(&self, kept: &Kept) -> bool {
        kept.until > self.clock.now()
    }

    fn answer<T: Send + 'static>(&self, answer: impl FnOnce() -> T) -> StoreFuture<T> {
        if self.is_stuck.load(Ordering::SeqCst) {
            return Box::pin(pending());
        }
        let answer = if self.is_down.load(Ordering::SeqCst) {
            Err(StoreError::new("the store is down"))
        } else {
            Ok(answer())
        };
        Box::pin(async move { answer })
    }

    fn keep(&self, key: &StoreKey, entry: Bytes, order: u64, lives: Duration) {
        let until = self.clock.now().plus(lives);
        let kept = Kept {
            entry,
            order,
            until,
        };
        let name = key.as_str().to_owned();
        self.entries.lock().unwrap().insert(name, kept);
    }

    fn kept(&self, key: &StoreKey) -> Option<Kept> {
        let kept = self.entries.lock().unwrap().get(key.as_str()).cloned();
        kept.filter(|kept| self.lives(kept))
    }
}

impl SharedStore for MemoryStore {
    fn get(&self, key: StoreKey) -> StoreFuture<Option<Bytes>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.answer(|| self.kept(&key).map(|kept| kept.entry))
    }

    fn put(&self, key: StoreKey, entry: Bytes, order: u64, lives: Duration) -> StoreFuture<()> {
        self.answer(|| {
            if self.kept(&key).is_none_or(|kept| kept.order <= order) {
                self.keep(&key, entry, order, lives);
            }
        })
    }

    fn put_if_absent(&self, key: StoreKey, entry: Bytes, lives: Duration) -> StoreFuture<bool> {
        self.answer(|| {
            let is_taken = self.is_taken.load(Ordering::SeqCst);
            let is_absent = !is_taken && self.kept(&key).is_none();
            if is_absent {
                self.keep(&key, entry, 0, lives);
            }
            is_absent
        })
    }

    fn remove(&self, key: StoreKey) -> StoreFuture<()> {
        self.answer(|| {
            self.entries.lock().unwrap().remove(key.as_str());
        })
    }
}

/// A feed in memory. Clones are the same feed.
#[derive(Debug, Clone)]
pub struct MemoryFeed {
    news: broadcast::Sender<(String, RevocationNotice)>,
    published: Arc<Mutex<Vec<RevocationNotice>>>,
    is_stuck: Arc<AtomicBool>,
    sinks: Arc<Mutex<Vec<RevocationSink>>>,
}

impl Default for MemoryFeed {
    fn default() -> Self {
        Self {
            news: broadcast::Sender::new(65_536),
            published: Arc::default(),
            is_stuck: Arc::default(),
            sinks: Arc::default(),
        }
    }
}

impl MemoryFeed {
    /// A feed that nothing was published to.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets what is published arrive nowhere, or no longer.
    pub fn set_stuck(&self, is_stuck: bool) {
        self.is_stuck.store(is_stuck, Ordering::SeqCst);
    }

    /// What was published, oldest first.
    pub fn published(&self) -> Vec<RevocationNotice> {
        self.published.lock().unwrap().clone()
    }

    /// Where the instances listen that have begun to.
    pub fn sinks(&self) -> Vec<RevocationSink> {
        self.sinks.lock().unwrap().clone()
    }
}

impl RevocationFeed for MemoryFeed {
    fn run(&self, sink: RevocationSink) -> FeedFuture {
        self.sinks.lock().unwrap().push(sink.clone());
        sink.hear();
        let mut news = self.news.subscribe();
        Box::pin(async move {
            loop {
                let (issuer, notice) = news
                    .recv()
                    .await
                    .map_err(|error| FeedError::new(error.to_string()))?;
                if issuer == sink.issuer() {
                    sink.take(&notice);
                }
            }
        })
    }

    fn publish(&self, issuer: &str, notice: RevocationNotice) -> FeedFuture {
        self.published.lock().unwrap().push(notice.clone());
        if self.is_stuck.load(Ordering::SeqCst) {
            return Box::pin(pending());
        }
        // Without anybody who listens it is told to nobody.
        let _ = self.news.send((issuer.to_owned(), notice));
        Box::pin(async { Ok(()) })
    }
}

use std::{fmt, future::Future, pin::Pin, time::Duration};

use bytes::Bytes;

/// What a store answers.
pub type StoreFuture<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// Why a store does not answer. Nothing secret may be in it: it is logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(String);

impl StoreError {
    /// An error of this description.
    pub fn new(description: impl Into<String>) -> Self {
        Self(description.into())
    }
}

/// The name of an entry: ASCII letters, digits and colons, which tell nothing without the key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoreKey(String);

impl StoreKey {
    /// A name of your own, to try a store with. What is kept is named by the library.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A store that the instances of a service share, such as Redis: `portcullis-redis` is one. What is
/// put there is sealed, and judged by its age when it is read: a store may forget whatever it likes,
/// and answer late or never.
pub trait SharedStore: fmt::Debug + Send + Sync + 'static {
    /// The entry of a name.
    fn get(&self, key: StoreKey) -> StoreFuture<Option<Bytes>>;

    /// Keeps an entry for as long as `lives`, unless one of a higher order is kept under that name:
    /// what was asked later must not give way to what was asked before. The comparison and the
    /// change have to be one step for all instances.
    fn put(&self, key: StoreKey, entry: Bytes, order: u64, lives: Duration) -> StoreFuture<()>;

    /// Keeps an entry for as long as `lives`, unless one is kept under that name; whether it was.
    fn put_if_absent(&self, key: StoreKey, entry: Bytes, lives: Duration) -> StoreFuture<bool>;

    /// Forgets an entry.
    fn remove(&self, key: StoreKey) -> StoreFuture<()>;
}

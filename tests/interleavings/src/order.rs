//! In which order things happen. It is looked at from outside, so it adds no order of its own: these are
//! the standard library's atomics, which shuttle knows nothing of.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

#[derive(Debug, Clone, Default)]
pub(crate) struct Order(Arc<AtomicU64>);

impl Order {
    /// The number of something that happens now.
    pub(crate) fn event(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

/// Counts something; from outside, too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Count(Arc<AtomicU64>);

impl Count {
    /// One more, and how many there were.
    pub(crate) fn up(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }

    pub(crate) fn down(&self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

//! What threads and tasks meet by. The files that take it from here are those whose interleavings are
//! explored: `tests/interleavings` compiles them with a module of its own in the place of this one.

pub(crate) use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use tokio::{runtime::Handle, time::timeout};

pub(crate) mod atomic {
    pub(crate) use std::sync::atomic::{AtomicU8, AtomicU64, Ordering, fence};
}

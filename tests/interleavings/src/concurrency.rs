//! Shuttle's, in the place of the library's module of this name.

use std::{cell::RefCell, convert::Infallible, future::Future, time::Duration};

use shuttle::future::{AbortHandle, spawn};
pub(crate) use shuttle::sync::{Mutex, MutexGuard};
pub(crate) use std::sync::PoisonError;

pub(crate) mod atomic {
    pub(crate) use shuttle::sync::atomic::{AtomicU8, AtomicU64, Ordering, fence};
}

thread_local! {
    /// Tasks of the runtime, which may cut them off.
    static TASKS: RefCell<Vec<AbortHandle>> = const { RefCell::new(Vec::new()) };
}

/// The one runtime that there is.
#[derive(Debug, Clone)]
pub(crate) struct Handle;

impl Handle {
    pub(crate) fn try_current() -> Result<Self, Infallible> {
        Ok(Self)
    }

    #[expect(clippy::unused_self, reason = "it is called on a handle")]
    pub(crate) fn spawn<F>(&self, task: F)
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let task = spawn(task).abort_handle();
        TASKS.with(|tasks| tasks.borrow_mut().push(task));
    }

    /// Cuts the task off that began last, if it still runs.
    pub(crate) fn cut_off_last() {
        let task = TASKS.with(|tasks| tasks.borrow_mut().pop());
        if let Some(task) = task {
            task.abort();
        }
    }

    /// Forgets the tasks of the exploration before.
    pub(crate) fn forget_all() {
        TASKS.with(|tasks| tasks.borrow_mut().clear());
    }
}

/// No time passes here.
pub(crate) async fn timeout<F: Future>(_: Duration, future: F) -> Result<F::Output, Infallible> {
    Ok(future.await)
}

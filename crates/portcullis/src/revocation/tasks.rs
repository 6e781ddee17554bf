use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{runtime::Handle, task::AbortHandle};

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What goes on in the background for as long as the set is wanted: it begins with the first use
/// on a tokio runtime, and ends with the last who uses the set.
#[derive(Default)]
pub(super) struct Tasks {
    state: Mutex<State>,
    /// Whether there is any that has not begun: what every request asks.
    is_due: AtomicBool,
}

#[derive(Default)]
struct State {
    waiting: Vec<Task>,
    running: Vec<AbortHandle>,
}

impl Tasks {
    /// One more task. It must not keep the set alive.
    pub(super) fn add(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.state().waiting.push(Box::pin(task));
        self.is_due.store(true, Ordering::Release);
    }

    /// Begins what has not begun yet, if there is a runtime to run it on.
    pub(super) fn begin(&self) {
        if !self.is_due.load(Ordering::Acquire) {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let mut state = self.state();
        let waiting = std::mem::take(&mut state.waiting);
        self.is_due.store(false, Ordering::Release);
        drop(state);
        // A runtime that shuts down drops a task at once, so no lock is held meanwhile.
        let running: Vec<_> = waiting
            .into_iter()
            .map(|task| runtime.spawn(task).abort_handle())
            .collect();
        self.state().running.extend(running);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        for task in &self.state().running {
            task.abort();
        }
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").finish_non_exhaustive()
    }
}

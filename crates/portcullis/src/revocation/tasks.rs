use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{runtime::Handle, task::AbortHandle};

/// What goes on in the background for as long as the set is wanted: it begins with the first use
/// on a tokio runtime, and ends with the last who uses the set. What is cut off before, because its
/// runtime is shut down or it panics, begins anew with the next use.
#[derive(Default)]
pub(super) struct Tasks {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Whether there is any that has not begun: what every request asks.
    is_due: AtomicBool,
}

#[derive(Default)]
struct State {
    waiting: Vec<Task>,
    running: Vec<AbortHandle>,
}

/// How a task is begun, as often as need be.
#[derive(Clone)]
struct Task {
    begin: Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>,
    was_cut_off: bool,
}

impl Tasks {
    /// One more task. It must not keep the set alive.
    pub(super) fn add<F>(&self, begin: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.shared.add(Task {
            begin: Arc::new(move || Box::pin(begin())),
            was_cut_off: false,
        });
    }

    /// Begins what has not begun yet, if there is a runtime to run it on.
    pub(super) fn begin(&self) {
        if !self.shared.is_due.load(Ordering::Acquire) {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let mut state = self.shared.state();
        let waiting = std::mem::take(&mut state.waiting);
        self.shared.is_due.store(false, Ordering::Release);
        drop(state);
        // A runtime that shuts down drops a task at once, so no lock is held meanwhile.
        let running: Vec<_> = waiting
            .into_iter()
            .map(|task| runtime.spawn(task.run(&self.shared)).abort_handle())
            .collect();
        let mut state = self.shared.state();
        state.running.retain(|task| !task.is_finished());
        state.running.extend(running);
    }
}

impl Task {
    /// How long one that was cut off is left alone: it may have panicked, and do so again.
    const PAUSE: Duration = Duration::from_secs(1);

    fn run(self, shared: &Arc<Shared>) -> impl Future<Output = ()> + Send + use<> {
        // Made here: one that is dropped before it is polled was cut off as well.
        let unfinished = Unfinished {
            shared: Arc::downgrade(shared),
            task: Some(self.clone()),
        };
        async move {
            if self.was_cut_off {
                tokio::time::sleep(Self::PAUSE).await;
            }
            (self.begin)().await;
            unfinished.end();
        }
    }
}

impl Shared {
    fn add(&self, task: Task) {
        self.state().waiting.push(task);
        self.is_due.store(true, Ordering::Release);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A task that runs. Cut off, it waits to be begun again.
struct Unfinished {
    shared: Weak<Shared>,
    task: Option<Task>,
}

impl Unfinished {
    fn end(mut self) {
        self.task = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let task = self.task.take();
        if let (Some(shared), Some(task)) = (self.shared.upgrade(), task) {
            shared.add(Task {
                was_cut_off: true,
                ..task
            });
        }
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        let running = std::mem::take(&mut self.shared.state().running);
        for task in running {
            task.abort();
        }
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").finish_non_exhaustive()
    }
}

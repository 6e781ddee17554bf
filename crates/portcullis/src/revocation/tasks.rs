use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{runtime::Handle, task::AbortHandle};

/// A task that can be begun again.
type Task = Box<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// What goes on in the background for as long as the set is wanted: it begins with the first use
/// on a tokio runtime, and ends with the last who uses the set. Where the runtime ends before, the
/// next use begins it again.
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

impl Tasks {
    /// One more task. It must not keep the set alive.
    pub(super) fn add<F>(&self, task: impl Fn() -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.shared.add(Box::new(move || Box::pin(task())));
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
        let begun: Vec<_> = waiting
            .into_iter()
            .map(|task| {
                let begun = Begun {
                    task: Some(task),
                    shared: Arc::downgrade(&self.shared),
                };
                runtime.spawn(begun.run()).abort_handle()
            })
            .collect();
        let running = &mut self.shared.state().running;
        running.retain(|task| !task.is_finished());
        running.extend(begun);
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

/// A task that goes on. Cut off by the end of its runtime, it waits to be begun again.
struct Begun {
    task: Option<Task>,
    shared: Weak<Shared>,
}

impl Begun {
    async fn run(mut self) {
        if let Some(task) = &self.task {
            task().await;
        }
        self.task = None;
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        // One that panics would do so again, with each request.
        if let Some(task) = self.task.take()
            && let Some(shared) = self.shared.upgrade()
            && !std::thread::panicking()
        {
            shared.add(task);
        }
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        for task in &self.shared.state().running {
            task.abort();
        }
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").finish_non_exhaustive()
    }
}

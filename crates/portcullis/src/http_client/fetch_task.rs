//! The task that fetches: who waits for it may go away and harms nobody.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::sync::watch;
use tracing::{Instrument, Span};

use super::{
    FetchError,
    single_flight::{Began, Departure, Flight, Outcome},
};
use crate::concurrency::{Handle, timeout};

/// Who fetches documents and keeps them.
pub(crate) trait Fetcher: Send + Sync + 'static {
    type Document: Clone + Send + Sync + 'static;

    /// Fetches the document. The deadline of everything is the task's to keep.
    fn fetch(&self, began: Began) -> impl Future<Output = Outcome<Self::Document>> + Send;

    /// What is traced of a fetch; its `outcome` is recorded when it has ended.
    fn span(&self) -> Span;

    /// Keeps what a fetch has brought; `None` when it was cut off.
    fn landed(&self, began: Began, outcome: Option<&Outcome<Self::Document>>);
}

/// What a fetch needs to take off.
pub(super) struct FetchTask<T> {
    pub(super) began: Began,
    pub(super) deadline: Duration,
    pub(super) runtime: Handle,
    pub(super) sender: watch::Sender<Option<Outcome<T>>>,
}

impl<T: Clone + Send + Sync + 'static> Departure<T> {
    /// Lets the fetch take off, if it is new. Never to be called with the fetcher's lock in hand:
    /// a runtime that shuts down drops the task at once, and that takes the lock.
    pub(crate) fn launch<F: Fetcher<Document = T>>(self, fetcher: &Arc<F>) -> Flight<T> {
        if let Some(fetch_task) = self.fetch_task {
            let runtime = fetch_task.runtime.clone();
            let flying = Flying {
                fetcher: fetcher.clone(),
                fetch_task,
                has_landed: false,
            };
            runtime.spawn(flying.fly());
        }
        self.flight
    }
}

struct Flying<F: Fetcher> {
    fetcher: Arc<F>,
    /// Its sender goes after the fetch was noted as ended, so that whoever hears of a crash may
    /// begin anew at once.
    fetch_task: FetchTask<F::Document>,
    /// Whether the fetch has ended in good order.
    has_landed: bool,
}

impl<F: Fetcher> Flying<F> {
    async fn fly(mut self) {
        let span = self.fetcher.span();
        let fetch = self.fetcher.fetch(self.fetch_task.began);
        let fetch = fetch.instrument(span.clone());
        let outcome = timeout(self.fetch_task.deadline, fetch)
            .await
            .unwrap_or(Err(FetchError::Overdue));
        let word = if outcome.is_ok() { "fetched" } else { "failed" };
        span.record("outcome", word);
        self.has_landed = true;
        self.fetcher.landed(self.fetch_task.began, Some(&outcome));
        self.fetch_task.sender.send_replace(Some(outcome));
    }
}

impl<F: Fetcher> Drop for Flying<F> {
    /// After a fetch that was cut off the next one may begin.
    fn drop(&mut self) {
        if !self.has_landed {
            self.fetcher.landed(self.fetch_task.began, None);
        }
    }
}

//! The task that fetches: who waits for it may go away and harms nobody.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::{runtime::Handle, sync::watch};

use super::{
    FetchError,
    flight::{Began, Boarding, Flight, Outcome},
};

/// Who fetches documents and keeps them.
pub(crate) trait Fetcher: Send + Sync + 'static {
    type Document: Clone + Send + Sync + 'static;

    /// Fetches the document. The deadline of everything is the pilot's to keep.
    fn fetch(&self, began: Began) -> impl Future<Output = Outcome<Self::Document>> + Send;

    /// Keeps what a fetch has brought; `None` when it was cut off.
    fn landed(&self, began: Began, outcome: Option<&Outcome<Self::Document>>);
}

/// What a fetch needs to take off.
pub(super) struct Pilot<T> {
    pub(super) began: Began,
    pub(super) deadline: Duration,
    pub(super) runtime: Handle,
    pub(super) sender: watch::Sender<Option<Outcome<T>>>,
}

impl<T: Clone + Send + Sync + 'static> Boarding<T> {
    /// Lets the fetch take off, if it is new. Never to be called with the fetcher's lock in hand:
    /// a runtime that shuts down drops the task at once, and that takes the lock.
    pub(crate) fn take_off<F: Fetcher<Document = T>>(self, fetcher: &Arc<F>) -> Flight<T> {
        if let Some(pilot) = self.pilot {
            let runtime = pilot.runtime.clone();
            let flying = Flying {
                fetcher: fetcher.clone(),
                pilot,
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
    pilot: Pilot<F::Document>,
    /// Whether the fetch has ended in good order.
    has_landed: bool,
}

impl<F: Fetcher> Flying<F> {
    async fn fly(mut self) {
        let fetch = self.fetcher.fetch(self.pilot.began);
        let outcome = tokio::time::timeout(self.pilot.deadline, fetch)
            .await
            .unwrap_or(Err(FetchError::Overdue));
        self.has_landed = true;
        self.fetcher.landed(self.pilot.began, Some(&outcome));
        self.pilot.sender.send_replace(Some(outcome));
    }
}

impl<F: Fetcher> Drop for Flying<F> {
    /// After a fetch that was cut off the next one may begin.
    fn drop(&mut self) {
        if !self.has_landed {
            self.fetcher.landed(self.pilot.began, None);
        }
    }
}

//! The documents that an issuer has published, and who fetches the next one.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{Discovery, Metadata};
use crate::http_client::{Began, FetchError, Fetcher, Outcome, Runway};

/// An issuer's metadata, and when the fetch that brought it began.
#[derive(Debug)]
pub(crate) struct Edition {
    pub(super) metadata: Metadata,
    pub(super) began: Began,
}

/// The last good document. Nothing holds the lock while it waits.
#[derive(Debug)]
pub(crate) struct Library {
    shelf: Mutex<Shelf>,
}

#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) runway: Runway<Arc<Edition>>,
    pub(super) last_good: Option<Arc<Edition>>,
}

impl Library {
    /// For fetches that end by themselves within `deadline`.
    pub(crate) fn new(deadline: Duration) -> Self {
        let (runway, last_good) = (Runway::new(deadline), None);
        Self {
            shelf: Mutex::new(Shelf { runway, last_good }),
        }
    }

    pub(super) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fetcher for Discovery {
    type Document = Arc<Edition>;

    async fn fetch(&self, began: Began) -> Outcome<Arc<Edition>> {
        let metadata = self.discover().await?;
        Ok(Arc::new(Edition { metadata, began }))
    }

    /// A document never takes the place of one whose fetch began later. A failure leaves the last
    /// good one where it is, unless somebody else's document stands there now.
    fn landed(&self, began: Began, outcome: Option<&Outcome<Arc<Edition>>>) {
        let now = self.clock.monotonic();
        let mut shelf = self.library.shelf();
        let last = shelf.last_good.as_ref();
        if last.is_none_or(|last| last.began.number < began.number) {
            match outcome {
                Some(Ok(edition)) => shelf.last_good = Some(edition.clone()),
                Some(Err(FetchError::OtherIssuer { .. })) => shelf.last_good = None,
                Some(Err(_)) | None => {}
            }
        }
        shelf.runway.land(began, outcome, now);
        let goes_on = shelf.last_good.is_some();
        drop(shelf);
        if let Some(Err(error)) = outcome {
            self.report(error, goes_on);
        }
    }
}

impl Discovery {
    fn report(&self, error: &FetchError, goes_on: bool) {
        let issuer = &self.issuer;
        if goes_on {
            tracing::warn!(
                target: "portcullis::discovery",
                %issuer,
                "the last good document is used for now: {error}"
            );
        } else {
            tracing::error!(target: "portcullis::discovery", %issuer, "{error}");
        }
    }
}

//! Who may fetch, and who waits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{KeySet, bucket::Bucket};
use crate::http_client::{Began, Flight, SingleFlight};

/// A key set, and when the fetch that brought it began.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(super) set: Arc<KeySet>,
    pub(super) began: Began,
}

/// A fetch of keys.
pub(super) type KeyFlight = Flight<Arc<Fetched>>;

#[derive(Debug)]
pub(super) struct Control {
    state: Mutex<State>,
    places: Arc<Semaphore>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) single_flight: SingleFlight<Arc<Fetched>>,
    /// What unknown key ids may still cause.
    pub(super) bucket: Bucket,
}

/// A place among those whose key is not known and who wait for a fetch.
pub(super) type Place = OwnedSemaphorePermit;

impl Control {
    pub(super) fn new(
        single_flight: SingleFlight<Arc<Fetched>>,
        bucket: Bucket,
        places: usize,
    ) -> Self {
        Self {
            state: Mutex::new(State {
                single_flight,
                bucket,
            }),
            places: Arc::new(Semaphore::new(places)),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place; `None` when all are taken.
    pub(super) fn place(&self) -> Option<Place> {
        self.places.clone().try_acquire_owned().ok()
    }
}

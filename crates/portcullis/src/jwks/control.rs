//! Who may fetch, and who waits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{KeyLimits, KeyQuery, fetched::Fetched};
use crate::{
    Clock,
    http_client::{Flight, SingleFlight},
    pacing::Bucket,
};

/// A fetch of keys.
pub(super) type KeyFlight = Flight<Arc<Fetched>>;

#[derive(Debug)]
pub(super) struct Control {
    state: Mutex<State>,
    /// For those who wait for a fetch that is yet to begin: nobody knows when.
    places: Arc<Semaphore>,
    /// For those who wait for a fetch under way. At a rotation that is everybody who has a new
    /// token, so there are many more of them than places.
    seats: Arc<Semaphore>,
    /// The same for notices: anybody may have sent them, and nobody waits for their verdict.
    notice_seats: Arc<Semaphore>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) single_flight: SingleFlight<Arc<Fetched>>,
    /// What unknown key ids may still cause.
    pub(super) bucket: Bucket,
    /// What unknown key ids of notices may still cause, whatever tokens have caused.
    notice_bucket: Bucket,
    /// The same of status lists.
    #[cfg(feature = "status-list")]
    list_bucket: Bucket,
}

/// What an issuer signs beside tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignedText {
    /// Whoever likes can send one.
    Notice,
    /// Fetched by us, from places that the operator allows.
    #[cfg(feature = "status-list")]
    StatusList,
}

/// A place or a seat, for as long as somebody waits there.
pub(super) type Waiting = OwnedSemaphorePermit;

impl Control {
    pub(super) fn new(limits: &KeyLimits, clock: &dyn Clock) -> Self {
        let bucket = Bucket::full(
            limits.unknown_kid_burst,
            limits.unknown_kid_period,
            clock.monotonic(),
        );
        Self {
            state: Mutex::new(State {
                single_flight: SingleFlight::new(limits.deadline),
                notice_bucket: bucket.clone(),
                #[cfg(feature = "status-list")]
                list_bucket: bucket.clone(),
                bucket,
            }),
            places: Arc::new(Semaphore::new(limits.places)),
            seats: Arc::new(Semaphore::new(limits.seats)),
            notice_seats: Arc::new(Semaphore::new(limits.notice_seats)),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place among those who wait for a fetch that is yet to begin; `None` when all are taken.
    pub(super) fn place(&self) -> Option<Waiting> {
        self.places.clone().try_acquire_owned().ok()
    }

    /// A seat on a fetch that is under way; `None` when too few are left. What waits is the whole
    /// token, so a long one takes more than one.
    pub(super) fn seat(&self, query: &KeyQuery) -> Option<Waiting> {
        seat_among(&self.seats, query.length)
    }

    /// The same for a text of this length that asks for no key in particular.
    pub(super) fn seat_of(&self, length: usize) -> Option<Waiting> {
        seat_among(&self.seats, length)
    }

    /// The same for a notice.
    pub(super) fn notice_seat(&self, query: &KeyQuery) -> Option<Waiting> {
        seat_among(&self.notice_seats, query.length)
    }
}

impl State {
    /// What unknown key ids of such texts may still cause.
    pub(super) fn bucket_of(&mut self, text: SignedText) -> &mut Bucket {
        match text {
            SignedText::Notice => &mut self.notice_bucket,
            #[cfg(feature = "status-list")]
            SignedText::StatusList => &mut self.list_bucket,
        }
    }
}

fn seat_among(seats: &Arc<Semaphore>, length: usize) -> Option<Waiting> {
    const LEAST: u32 = 2;
    const MOST: u32 = 1 << 20;
    let kibibytes = u32::try_from(length.div_ceil(1024)).unwrap_or(MOST);
    let seats = seats.clone();
    seats
        .try_acquire_many_owned(kibibytes.clamp(LEAST, MOST))
        .ok()
}
